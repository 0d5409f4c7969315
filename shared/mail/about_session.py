"""What a member is told of an ended session: that no snapshot has something of their own."""

from datetime import datetime, timedelta

from shared.mail.mail import Mail, MailKind, Reader
from shared.snapshots.checkpoint import Head
from shared.snapshots.left_out import KEPT
from shared.snapshots.storage_quota import LeftOut

AGAIN = timedelta(days=1)
"""A member is told at most once in this time: whose storage is full may open and close all day."""


def is_due(left_out: LeftOut | None, told: datetime | None, now: datetime) -> bool:
    """`left_out` is what the session had left out when it ended, `told` when the member was told last. Dependencies
    alone are no loss: a tool makes them again."""
    return left_out is not None and left_out.own.count > 0 and (told is None or now >= told + AGAIN)


def mail_about_left_out(sid: str, left_out: LeftOut, apart: Head | None, reader: Reader, now: datetime) -> Mail:
    """Counts and sizes only: nothing encrypts a mail on its way, so it names no file. `apart` is what the session has
    kept of it."""
    own = left_out.own
    kept = max(0, own.bytes - own.lost_bytes) if apart else 0
    facts = {
        "count": str(own.count),
        "bytes": str(own.bytes),
        "kept": str(kept),
        "until": (apart.at + KEPT).isoformat() if apart and kept else "",
    }
    return Mail.new(sid, MailKind.LEFT_OUT, reader, facts, now)
