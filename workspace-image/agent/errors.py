"""What the agent answers when it cannot do what was asked, and what made it so."""

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
    """The control plane or the storage did not answer, or asked to be called again later."""


class BeatRefused(Unreachable):
    """The control plane takes this message neither now nor later: say what is so in a new one."""


class Stale(Exception):
    """The control plane has given this session to another container, or ended it: never serve again."""


class CheckpointRefused(Exception):
    """The control plane could not verify the checkpoint of a beat."""


class HomeFailed(Exception):
    """The home could not be packed, or brought into place. What is in the bucket is whole."""


class BadLayer(Exception):
    """A layer is not what the manifest declares, or holds what no packer of ours writes. The text names no file."""


class CorruptState(Exception):
    """What is in the bucket is not what the manifest or the head says."""


def reason_of(complaint: str) -> str:
    """The system's reason at the end of a program's complaint; anything else there may be a member's file name."""
    reason = complaint.rpartition(": ")[2]
    return reason if reason in _REASONS else "for a reason of its own"
