"""A container seen from the machine that runs it: its processes, and scripts that run in it."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 60.0
AWAKE = """
import glob, json, socket, time
line = socket.socket(socket.AF_UNIX)
line.connect(glob.glob("/run/member/extension-*.sock")[0])
while True:
    line.send(json.dumps(dict(event="activity")).encode() + b"\\n")
    time.sleep(2)
"""


@dataclass
class Inside:
    """`pid` is the container's process 1, seen from outside."""

    pid: int

    def run(self, script: str) -> str:
        """Runs a shell script as the member, inside; its output."""
        return self._enter(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "bash", "-euc", script])

    def stay_awake(self) -> None:
        """The editor reports activity from now on: a test's short idle time ends no session that a member looks at."""
        self.run(f"nohup python3 -c '{AWAKE}' >/dev/null 2>&1 &")

    def run_as_root(self, script: str) -> str:
        return self._enter(["bash", "-euc", script])

    def processes(self) -> list[int]:
        """Parents first."""
        assert _is_alive(self.pid), self._gone()
        inside = _namespace(self.pid)
        pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [pid for pid in pids if _namespace(pid) == inside]

    def _enter(self, command: list[str]) -> str:
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--ipc", "--uts", "--wdns=/home/member"]
        if os.geteuid() != 0:
            enter.append("--user")
        environment = {"PATH": "/usr/bin:/bin"}
        with (
            subprocess.Popen(
                [*enter, *command],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
                start_new_session=True,
            ) as running,
            _going_on(running.pid),
        ):
            output, errors = running.communicate(timeout=PATIENCE)
        assert running.returncode == 0, errors if _is_alive(self.pid) else f"{self._gone()}\n{errors}"
        return output

    def last_words(self) -> str:
        """The end of its log, where that is known. Of a container of a stack, the failed test's report has it
        (tests/support/stack/failure_logs.py)."""
        return ""

    def _gone(self) -> str:
        return f"the container has ended: its process {self.pid} is gone. {self.last_words()}".rstrip()


@contextmanager
def _going_on(group: int) -> Iterator[None]:
    """What a test does itself goes on, also where nobody is there and the member's programs stand still."""
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(0.2):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                if _state(group) == "T":
                    os.killpg(group, signal.SIGCONT)

    watching = threading.Thread(target=go_on)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]


def _is_alive(pid: int) -> bool:
    try:
        return _state(pid) not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _namespace(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except (FileNotFoundError, PermissionError):
        return None


def threads_of_members() -> int:
    """As the kernel counts them: containers that root started share the numbers of their users, and so the bound."""
    running = psutil.process_iter(["uids", "num_threads"])
    return sum(process.info["num_threads"] or 0 for process in running if process.info["uids"].real == 1000)
