"""Archives of whole homes: made once by a task, and handed out by a signed URL."""

from datetime import datetime

from shared.errors import Refused
from shared.gcp import exports, tasks
from shared.snapshots.checkpoint import Head
from shared.views.archive import Ready

POLL_SECONDS = 2
"""Seconds after which to ask again for an archive that is being made."""


def archive_of(wid: str, snapshot: str, head: Head | None, now: datetime) -> Ready | None:
    """The archive of an existing snapshot, with its files that may be damaged as its `head` names them; None while the
    archive is being made. Raises Refused if it can't be."""
    archive = exports.find(wid, snapshot, now)
    if isinstance(archive, exports.ExportFailed):
        raise Refused("state-broken", archive.detail, status=422)
    if archive is None:
        tasks.export_home(wid, snapshot, now)
        return None
    named = (head.inconsistent, head.inconsistent_unnamed) if head else ([], 0)
    return Ready(snapshot, archive.url, archive.expires.timestamp(), *named)
