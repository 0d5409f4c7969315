"""The record of a workspace: what one member owns, who may serve it now, and where its state is."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.record import IllegalTransition
from shared.snapshots import Head

ERASE_AGAIN = timedelta(days=1)
"""ID tokens outlive accounts by an hour, signed URLs and events may come late: a day is past all of them."""


class Workspace(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}`. `epoch` rises with each claim and never repeats."""

    wid: str
    owner: str
    created: datetime
    epoch: int = 0
    session: str | None = None
    head: Head | None = None
    """As of the last session's end; while one is open, the session has the newer one."""
    last_slot: str | None = None
    last_session: str | None = None
    lost: bool = False
    """What was done after `head` was lost with a container, and the member has not been told in an editor yet."""
    closed: bool = False
    """Its account is deleted: no session will ever be opened again."""
    erase_due: datetime | None = None
    """When its state is to be erased next; None when there is nothing left to erase."""
    erased_once: bool = False

    def claim(self, sid: str, slot: str) -> "Workspace":
        if self.session is not None or self.closed:
            raise IllegalTransition(
                f"workspace {self.wid} can't be claimed: session={self.session} closed={self.closed}"
            )
        return replace(self, session=sid, epoch=self.epoch + 1, last_slot=slot)

    def free(self, sid: str, head: Head | None, *, lost: bool) -> "Workspace":
        """The session `sid` ended, and left `head`; `lost` when that is not all that was done in it."""
        if self.session != sid:
            raise IllegalTransition(f"workspace {self.wid} is not {sid}'s but {self.session}'s")
        return replace(self, session=None, head=head, last_session=sid, lost=lost)

    def close(self, now: datetime) -> "Workspace":
        return replace(self, closed=True, erase_due=now)

    def erased(self, now: datetime) -> "Workspace":
        """Its state was erased: once more after a day, for what a container still wrote, and then never again."""
        again = None if self.erased_once else now + ERASE_AGAIN
        return replace(self, head=None, erased_once=True, erase_due=again)
