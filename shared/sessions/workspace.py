"""The record of a workspace: what one member owns, who may serve it now, and where its state is."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.operator_limits import MOST_OPENS, recent
from shared.record import IllegalTransition
from shared.sessions.session import Session
from shared.snapshots.checkpoint import Head
from shared.snapshots.storage_quota import StorageUse

WorkspaceId = Annotated[str, Meta(pattern=r"^w-[a-z0-9]{20}\Z")]
"""A workspace's id as it comes from outside."""

ERASE_AGAIN = timedelta(days=1)
"""ID tokens outlive accounts by an hour, signed URLs and events may come late: a day is past all of them."""
ERASE_PAUSES = (60, 300, 1800, 7200, 21600)
"""Seconds between two attempts to erase a workspace when the one before failed or never ended; the last goes on. The
first is longer than an attempt may take, so that no two work at once."""
SESSION_SECONDS = 10
"""Time between two looks whether the session of a workspace that is to be erased has ended."""


class Workspace(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}`. `epoch` rises with each claim and never repeats."""

    wid: str
    owner: str
    created: datetime
    epoch: int = 0
    session: str | None = None
    head: Head | None = None
    """As of the last session's end; while one is open, the session has the newer one."""
    storage: StorageUse | None = None
    """As the newest checkpoint was found."""
    apart: int = 0
    """Bytes that sessions have kept apart, of what they left out."""
    last_slot: str | None = None
    last_session: str | None = None
    lost: bool = False
    """What was done after `head` was lost with a container, and the member has not been told in an editor yet."""
    opens: list[datetime] = []
    """When it was claimed within the hour before the newest claim, and that one."""
    suspended: bool = False
    """Its account is: no session is opened. What is saved stays."""
    signed_out: datetime | None = None
    """When all of its member's sign-ins were ended: a claim that was under way then finds the workspace changed."""
    closed: bool = False
    """Its account is deleted: no session will ever be opened again."""
    erase_due: datetime | None = None
    """When its state is to be erased next; None when there is nothing left to erase."""
    erased_once: bool = False
    erase_attempts: int = 0
    """Attempts to erase the workspace that were begun since one last got on."""
    closed_at: datetime | None = None
    """Since when the workspace is closed; None for one that was closed before this was written down."""
    alias: str | None = None
    """The random id that stands in place of its member's ids in what bookkeeping keeps; None before it is closed."""
    tidy_due: datetime | None = None
    """When `meter` is to thin its snapshots and sweep its objects next; None when there is nothing to tidy."""

    def claim(self, sid: str, slot: str, now: datetime) -> "Workspace":
        if self.session is not None or self.closed or self.suspended:
            state = f"session={self.session} closed={self.closed} suspended={self.suspended}"
            raise IllegalTransition(f"workspace {self.wid} can't be claimed: {state}")
        opens = [*recent(self.opens, now), now]
        return replace(self, session=sid, epoch=self.epoch + 1, last_slot=slot, opens=opens[-MOST_OPENS:])

    def free(self, session: Session, now: datetime) -> "Workspace":
        """The session has ended, and leaves its head, what it kept apart, and snapshots to be thinned."""
        if self.session != session.sid:
            raise IllegalTransition(f"workspace {self.wid} is not {session.sid}'s but {self.session}'s")
        return replace(
            self,
            session=None,
            head=session.head,
            storage=session.storage,
            apart=self.apart + (session.apart.bytes if session.apart else 0),
            last_session=session.sid,
            lost=session.leaves_a_loss,
            tidy_due=now,
        )

    def go_back(self, head: Head, now: datetime) -> "Workspace":
        """Another snapshot becomes the head. The one that was stays among the snapshots."""
        if self.session is not None or self.closed:
            raise IllegalTransition(f"workspace {self.wid} can't go back: session={self.session} closed={self.closed}")
        return replace(self, head=head, tidy_due=now)

    def tidied(self, due: datetime | None) -> "Workspace":
        """`due` is when to look again."""
        return replace(self, tidy_due=due)

    def forget_apart(self, bytes: int, due: datetime) -> "Workspace":
        """So much of what was kept apart is forgotten; `due` is when to look again."""
        return replace(self, apart=max(0, self.apart - bytes), tidy_due=due)

    def suspend(self) -> "Workspace":
        return replace(self, suspended=True)

    def resume(self) -> "Workspace":
        return replace(self, suspended=False)

    def close(self, now: datetime) -> "Workspace":
        return replace(self, closed=True, closed_at=now, erase_due=now)

    def begin_erasing(self, now: datetime) -> "Workspace":
        """An attempt begins. The next one is due when this one has failed, whether or not it can still say so.

        Raises IllegalTransition if it is not due: another attempt may have begun.
        """
        if self.erase_due is None or now < self.erase_due:
            raise IllegalTransition(f"workspace {self.wid} is to be erased at {self.erase_due}, not at {now}")
        pause = ERASE_PAUSES[min(self.erase_attempts, len(ERASE_PAUSES) - 1)]
        return replace(self, erase_due=now + timedelta(seconds=pause), erase_attempts=self.erase_attempts + 1)

    def named(self, alias: str) -> "Workspace":
        """What bookkeeping keeps of its member says this, unless it says something else already."""
        return self if self.alias else replace(self, alias=alias)

    def erase_after_session(self, now: datetime) -> "Workspace":
        """Its session is open and may still write."""
        return replace(self, erase_due=now + timedelta(seconds=SESSION_SECONDS))

    def erased_in_part(self, now: datetime) -> "Workspace":
        """The attempt got on, and there is more."""
        return replace(self, erase_due=now, erase_attempts=0)

    def erased(self, now: datetime) -> "Workspace":
        """Its state was erased: once more after a day, for what a container still wrote, and then never again."""
        again = None if self.erased_once else now + ERASE_AGAIN
        gone = replace(self, head=None, storage=None, apart=0, tidy_due=None)
        return replace(gone, erased_once=True, erase_due=again, erase_attempts=0)
