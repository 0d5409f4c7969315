"""What a member is told of an ended session: that no snapshot has something of their own."""

from datetime import datetime, timedelta

from shared.mail.mail import Mail, MailKind, Reader
from shared.snapshots.checkpoint import Head
from shared.snapshots.left_out import KEPT
from shared.snapshots.storage_quota import LeftOut, LeftOutKind

AGAIN = timedelta(days=1)
"""A member is told at most once in this time: whose storage is full may open and close all day."""


def is_due(left_out: LeftOut | None, told: datetime | None, now: datetime) -> bool:
    """`left_out` is what the session had left out when it ended, `told` when the member was told last. Dependencies
    alone are no loss: a tool makes them again."""
    return left_out is not None and _own(left_out)[0] > 0 and (told is None or now >= told + AGAIN)


def mail_about_left_out(sid: str, left_out: LeftOut, apart: Head | None, reader: Reader, now: datetime) -> Mail:
    """Counts and sizes only: nothing encrypts a mail on its way, so it names no file. `apart` is what the session has
    kept of it."""
    count, total = _own(left_out)
    until = (apart.at + KEPT).isoformat() if apart else ""
    return Mail.new(sid, MailKind.LEFT_OUT, reader, {"count": str(count), "bytes": str(total), "until": until}, now)


def _own(left_out: LeftOut) -> tuple[int, int]:
    """Number and bytes of what was left out, without the listed dependencies. The largest things are listed."""
    again = [entry.bytes for entry in left_out.entries if entry.kind == LeftOutKind.DEPENDENCIES]
    return max(0, left_out.count - len(again)), max(0, left_out.bytes - sum(again))
