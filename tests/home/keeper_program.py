"""The keeper as a program of its own, on a home that a test chose."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.home.tree_contents import all_rights
from tests.support.checkout import ROOT

START = """
import os, socket, sys
from agent.home.__main__ import Program, become_keeper
from agent.home.keeper import Keeper
os.close(os.open(sys.argv[2], os.O_RDONLY))
if os.getuid() == 0:
    become_keeper()
Program(Keeper(sys.argv[2]), socket.socket(fileno=int(sys.argv[1]))).run()
"""


class Ended(Exception):
    """The program has ended."""


class Running:
    def __init__(self, line: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        self.line = line
        self.process = process

    def tell(self, what: str, pipe: int | None = None, **fields: object) -> None:
        """Raises Ended. `pipe` stays open here."""
        try:
            packet = json.dumps({"id": 1, "do": what, **fields}).encode()
            socket.send_fds(self.line, [packet], [] if pipe is None else [pipe])
        except OSError as error:
            raise Ended from error

    def hear(self) -> dict[str, Any]:
        """Raises Ended."""
        try:
            packet = self.line.recv(1 << 17)
        except OSError as error:
            raise Ended from error
        if not packet:
            raise Ended
        answer: dict[str, Any] = json.loads(packet)
        return answer

    def order(self, what: str, pipe: int | None = None, **fields: object) -> dict[str, Any]:
        self.tell(what, pipe, **fields)
        return self.hear()


@contextmanager
def running(home: Path) -> Iterator[Running]:
    """If root runs the tests, the keeper has the user ids that it has in a container."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with all_rights():
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(theirs.fileno()), str(home)],
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'workspace-image'}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    theirs.close()
    try:
        yield Running(ours, process)
    finally:
        ours.close()
        with all_rights():
            try:
                process.wait(20)
            finally:
                process.kill()
                process.wait()


def children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    with all_rights():
        return [int(child) for child in children.read_text().split()]


def exists(pid: int) -> bool:
    """Whether the process runs. A process that has ended and was not waited for does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
