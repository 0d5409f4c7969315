"""What the program tells the agent while it brings a project in, and at its end. Each is one line of JSON."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`step` is receiving, resolving, checking-out or unpacking. `percent` is None where it is not known."""

    step: str
    percent: int | None = None


@dataclass(frozen=True)
class Ready:
    """The project is in `folder`, an absolute path in the home."""

    folder: str


@dataclass(frozen=True)
class Failed:
    """`problem` is a stable name; `detail` is what the failing program said last, in English."""

    problem: str
    detail: str


Coming = Iterator[Step | Ready | Failed]

NO_ROOM = "no-room"


def failed_with(error: OSError, otherwise: str) -> Failed:
    """The problem is that the home is full, or `otherwise`."""
    problem = NO_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else otherwise
    return Failed(problem, error.strerror or str(error))
