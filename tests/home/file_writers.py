"""Programs that keep changing files while these are saved, and checks of the restored files."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.activity.pausing import Reason

from tests.home.programs.databases import check
from tests.home.tree_contents import MEMBER, all_rights
from tests.support.stack.observe import until

PROGRAMS = Path(__file__).parent / "programs"
KINDS = ("WAL", "DELETE", "TRUNCATE", "lmdb", "git")


# only root may read what root has installed, so the rights are dropped afterwards
START = f"""
import os, sys
sys.path.insert(0, sys.argv.pop(1))
import databases
if os.getuid() == 0:
    os.setgroups([])
    os.setresgid({MEMBER}, {MEMBER}, {MEMBER})
    os.setresuid({MEMBER}, {MEMBER}, {MEMBER})
databases.change(*sys.argv[1:])
"""


class FileWriters:
    """The programs are one process group, which a test stops as the agent stops the member's programs. The agent stops
    every process of the member; here that would include processes of other tests."""

    def __init__(self) -> None:
        self._first: subprocess.Popen[bytes] | None = None
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, kind: str, folder: Path) -> None:
        folder.mkdir()
        command = [sys.executable, "-c", START, str(PROGRAMS), kind, str(folder)]
        if kind == "git":
            command = ["/bin/bash", "-c", (PROGRAMS / "commits").read_text(), "commits", str(folder)]
            if os.getuid() == 0:
                command = ["setpriv", f"--reuid={MEMBER}", f"--regid={MEMBER}", "--clear-groups", "--", *command]
        with all_rights():
            program = subprocess.Popen(
                command,
                process_group=self._first.pid if self._first else 0,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._first = self._first or program
        self._all.append(program)

    async def pause(self, reason: Reason) -> bool:
        assert reason == Reason.COPYING
        if self._first is not None:
            os.killpg(self._first.pid, signal.SIGSTOP)
            await asyncio.to_thread(self._stand_still)
        return True

    async def resume(self, reason: Reason) -> None:
        if self._first is not None:
            os.killpg(self._first.pid, signal.SIGCONT)

    def run_on(self) -> bool:
        return all(program.poll() is None for program in self._all)

    def end(self) -> None:
        if self._first is not None:
            os.killpg(self._first.pid, signal.SIGKILL)
        for program in self._all:
            program.wait()

    def _stand_still(self) -> None:
        assert self._first is not None
        deadline = time.monotonic() + 20
        while any(state not in "TZX" for state in _states(self._first.pid)):
            assert time.monotonic() < deadline, "they do not stop"
            time.sleep(0.0005)


def _states(group: int) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == group:
                yield fields[0]


@contextmanager
def file_writers() -> Iterator[FileWriters]:
    running = FileWriters()
    try:
        yield running
    finally:
        running.end()


def begun(kind: str, folder: Path) -> None:
    """Returns when each program has written something."""
    looked_for = {"lmdb": "data.mdb", "git": ".git/refs/heads/kept0"}.get(kind, "data.db")
    until(lambda: (folder / looked_for).exists(), f"{kind} has begun")


def wrong(kind: str, folder: Path) -> str | None:
    """The faults of the restored files."""
    if kind != "git":
        return check(kind, folder)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    for command in ("fsck --full --strict --no-dangling", "log --all --oneline"):
        done = subprocess.run(
            ["git", "-c", f"safe.directory={folder}", *command.split()],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            return done.stderr + done.stdout
    return None
