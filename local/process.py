"""One process of the stack: it ends with this process, has its own process group, and writes to a log."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PARENT_DEATH = Path(__file__).parent / "parent_death.py"


class Process:
    """A running program. Make one with `start`, and always `stop` it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def start(cls, argv: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path) -> "Process":
        """Starts `argv` with exactly `env`, and its output at the end of `log`."""
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *ending_with_this_process(argv),
                env=dict(env),
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches this process alone, which stops the parts in order
            )
        return cls(process)

    async def ended(self) -> int:
        """Waits until the process has ended. Returns the exit code, or the negative number of the signal that ended the
        process.
        """
        return await self._process.wait()

    async def stop(self, grace: float) -> None:
        """Sends SIGTERM, and SIGKILL after `grace` seconds; then SIGKILL to the rest of the process group. A grace of 0
        sends SIGKILL at once.
        """
        if self._process.returncode is None and grace:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), grace)
            except TimeoutError:
                print(f"process {self.pid} did not end within {grace:.0f} s and was killed", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):  # the group is empty
            os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()


def ending_with_this_process(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` and ends it when this process ends."""
    return [sys.executable, "-I", "-S", str(PARENT_DEATH), str(os.getpid()), *argv]
