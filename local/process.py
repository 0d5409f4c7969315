"""One process of the stack: started on a leash in a group of its own, its output in a log, stopped with all its kin."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LEASH = Path(__file__).parent / "leash.py"


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
                *leashed(argv),
                env=dict(env),
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is ours to pass on, in a good order
            )
        return cls(process)

    async def ended(self) -> int:
        """Waits for the end. The exit code; negative is the signal that ended it."""
        return await self._process.wait()

    async def stop(self, grace: float) -> None:
        """SIGTERM, `grace` seconds, SIGKILL; then SIGKILL to what is left of its group. No grace is SIGKILL at once."""
        if self._process.returncode is None and grace:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), grace)
            except TimeoutError:
                print(f"process {self.pid} did not end within {grace:.0f} s and was killed", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):  # nobody is left
            os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()


def leashed(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` and ends it when this process ends."""
    return [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *argv]
