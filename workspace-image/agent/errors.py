"""The agent's errors: refusals for a caller, and failures of the parts that it depends on."""

import errno
import os

_REASONS = {os.strerror(number) for number in errno.errorcode}


class Refused(Exception):
    """An answer to a caller: an HTTP status, a stable problem name, and what to do next."""

    def __init__(self, status: int, name: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail


class Unreachable(Exception):
    """The control plane or the storage did not answer, or asked for a later try."""


class BeatRefused(Unreachable):
    """The control plane refuses this message for good: a new message must be made."""


class Stale(Exception):
    """The control plane has given this session to another container, or ended it. This container must never serve
    again."""


class CheckpointRefused(Exception):
    """The control plane could not verify the checkpoint of a heartbeat."""


class HomeFailed(Exception):
    """The home could not be packed, or files could not be moved into it. The bucket's content is whole."""


class CorruptState(Exception):
    """The bucket's content is not what the manifest or the head declares."""


def reason_of(complaint: str) -> str:
    """The operating system's reason at the end of a program's message. Any other text may hold a member's file name."""
    reason = complaint.rpartition(": ")[2]
    return reason if reason in _REASONS else "for a reason of its own"
