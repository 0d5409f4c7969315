"""Runs the programs of one set-up step. A program ends with the set-up and writes to the step's log; its failure is one
line.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.problem import Problem
from local.process import ending_with_this_process


class Shell:
    """Where one step runs its programs."""

    def __init__(self, root: Path, name: str, log: Path, detail: Callable[[str, str], None], turn: int) -> None:
        """`detail(name, line)` is called with each line of output. `turn` is the lock file, which every program holds
        open.
        """
        self.root = root
        self._turn = turn
        self._name = name
        self._log = log
        self._detail = detail
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")

    async def run(self, argv: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        """Runs `argv` with `env` added to this process's environment. Raises Problem when it fails."""
        process = await asyncio.create_subprocess_exec(
            *ending_with_this_process(argv),
            cwd=cwd or self.root,
            env={**os.environ, **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=[self._turn],
        )
        last = ""
        try:
            assert process.stdout is not None  # noqa: S101  # asked for above
            with self._log.open("ab") as log:
                async for line in process.stdout:
                    log.write(line)
                    last = line.decode(errors="replace").strip() or last
                    self._detail(self._name, last)
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if code != 0:
            raise Problem(f"the set-up of {self._name} failed: {last or argv[0]} (exit code {code}; log: {self._log})")
