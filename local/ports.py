"""Every port of the local stack, in one table of offsets from a base port; and who listens on a port.

All of the stack's ports are on 127.0.0.1 only.
"""

import os
import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OFFSETS = {
    "front": 0,
    "firestore": 1,
    "auth": 2,
    "storage": 3,
    "tasks": 4,
    "run_admin": 5,
    "run_ingress": 6,
    "scheduler": 7,
    "gateway": 8,
    "stripe": 9,
    "smtp": 10,
    "mailbox": 11,
}
FUNCTIONS_OFFSET = 12
SPAN = 40
"""Ports that a stack may take from its base on."""
LISTEN = "0A"
"""The state of a listening socket in /proc/net/tcp."""


@dataclass(frozen=True)
class Ports:
    """The ports of one stack. Functions follow in the order of their table."""

    base: int
    functions: tuple[str, ...]

    @classmethod
    def of(cls, base: int, functions: Sequence[str]) -> "Ports":
        """The table from `base` on. Raises ValueError when it would not fit."""
        if not 1024 <= base <= 65536 - SPAN or FUNCTIONS_OFFSET + len(functions) > SPAN:
            raise ValueError(
                f"a stack takes {SPAN} ports from its base on, above 1023 and below 65536; not from {base}"
            )
        return cls(base, tuple(functions))

    def __getitem__(self, name: str) -> int:
        """The port of a part (`front`, `run_admin`, ...) or of a function (`login`, ...)."""
        if name in OFFSETS:
            return self.base + OFFSETS[name]
        return self.base + FUNCTIONS_OFFSET + self.functions.index(name)

    def all(self) -> dict[str, int]:
        """Every name with its port."""
        return {name: self[name] for name in (*OFFSETS, *self.functions)}

    def url(self, name: str) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self[name]}"


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_base() -> int:
    """A base from which all ports are free. It is below 20000, where the ports of the Cloud Run stand-in's containers
    begin.
    """
    bases = list(range(10240, 20000 - SPAN, SPAN))
    random.shuffle(bases)
    for base in bases:
        if all(is_free(base + offset) for offset in range(SPAN)):
            return base
    raise OSError(f"no {SPAN} free ports in a row between 10240 and 20000")


def answers(port: int) -> bool:
    """Whether a server accepts connections on `port` of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def listening_process(port: int) -> str | None:
    """The process that listens on `port`, as `name (process id)`. None if it is another user's or was not found."""
    sockets = {f"socket:[{inode}]" for inode in _listeners(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [os.readlink(descriptor) for descriptor in (process / "fd").iterdir()]  # noqa: PTH115  # not a path
            if sockets.intersection(links):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # the process has ended, or belongs to another user
    return None


def _listeners(port: int) -> list[str]:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port]
