"""The record of a workspace: its owner, the session that may serve it, and where its saved state is."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.operator_limits import MOST_OPENS, recent
from shared.record import IllegalTransition
from shared.sessions.session import Session
from shared.snapshots.checkpoint import Head
from shared.snapshots.saved_state import SavedState
from shared.snapshots.storage_quota import StorageUse

WorkspaceId = Annotated[str, Meta(pattern=r"^w-[a-z0-9]{20}\Z")]
"""A workspace's id in a message from outside."""

ERASE_AGAIN = timedelta(days=1)
"""Erasing is repeated after a day: ID tokens are valid for an hour after an account is deleted, and events may come
late."""
ERASE_PAUSES = (60, 300, 1800, 7200, 21600)
"""Seconds until the next attempt to erase a workspace if the previous one failed or died; the last value repeats. The
first is longer than an attempt may take, so that two attempts never run at once."""
REFUSED_AGAIN = timedelta(minutes=10)
"""How long a member's refused Opens are one write: the page asks again every ten seconds."""
SESSION_SECONDS = 10
"""Seconds between two checks whether the session of a workspace to be erased has ended."""


class Workspace(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}`. `epoch` rises with each claim and never repeats."""

    wid: str
    owner: str
    created: datetime
    epoch: int = 0
    session: str | None = None
    head: Head | None = None
    """The current snapshot as of the last session's end. An open session has the newer one."""
    storage: StorageUse | None = None
    """What the newest checkpoint takes of the plan."""
    apart: int = 0
    """Bytes of left-out files that sessions have kept."""
    told_left_out: datetime | None = None
    """When the member was last written a mail that a session had left something out."""
    last_slot: str | None = None
    last_session: str | None = None
    lost: bool = False
    """Work after `head` was lost with a container, and the member has not been told in an editor yet."""
    opened: datetime | None = None
    """When it was claimed last; operators sort members by it."""
    opens: list[datetime] = []
    """When the workspace was claimed, within the hour before the newest claim and including it."""
    refused: datetime | None = None
    """When an Open last found every slot in use, at most REFUSED_AGAIN before the newest such Open."""
    suspended: bool = False
    """The account is suspended: no session can be opened. Saved files are kept."""
    signed_out: datetime | None = None
    """When all sign-ins of the member were ended. Writing this makes a concurrent claim lose its race and read
    again."""
    works_in: str | None = None
    """The team in whose storage the workspace counts, as the account's `works_in`. A claim with an account that was
    read before the member joined or left sees that they differ, and reads it again."""
    closed: bool = False
    """The account is deleted: no session will ever be opened again."""
    erase_due: datetime | None = None
    """When to erase next; None when nothing is left to erase."""
    erased_once: bool = False
    erase_attempts: int = 0
    """Attempts to erase since the last one that made progress."""
    closed_at: datetime | None = None
    """Since when the workspace is closed; None if it was closed before this field existed."""
    alias: str | None = None
    """The random id that replaces the member's ids in bookkeeping; None before erasing begins."""
    tidy_due: datetime | None = None
    """When `meter` will thin snapshots and delete unreferenced objects next; None when there is nothing to do."""

    @property
    def saved(self) -> SavedState:
        """What is saved of the workspace, as of the last session's end."""
        return SavedState(head=self.head, storage=self.storage, after_loss=self.lost)

    def claim(self, sid: str, slot: str, now: datetime) -> "Workspace":
        if self.session is not None or self.closed or self.suspended:
            state = f"session={self.session} closed={self.closed} suspended={self.suspended}"
            raise IllegalTransition(f"workspace {self.wid} can't be claimed: {state}")
        opens = [*recent(self.opens, now), now]
        return replace(self, session=sid, epoch=self.epoch + 1, last_slot=slot, opened=now, opens=opens[-MOST_OPENS:])

    def refuse(self, now: datetime) -> "Workspace":
        """The workspace after an Open that found every slot in use: itself while the last such note is young."""
        if self.refused is not None and now < self.refused + REFUSED_AGAIN:
            return self
        return replace(self, refused=now)

    def free(self, session: Session, now: datetime) -> "Workspace":
        """The workspace after its session has ended: with the session's head and kept left-out files, and due for
        thinning."""
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
        """The workspace with another snapshot as its head. The previous head stays among the snapshots."""
        if self.session is not None or self.closed:
            raise IllegalTransition(f"workspace {self.wid} can't go back: session={self.session} closed={self.closed}")
        return replace(self, head=head, tidy_due=now)

    def tidied(self, due: datetime | None) -> "Workspace":
        """`due` is when to tidy next."""
        return replace(self, tidy_due=due)

    def forget_apart(self, bytes: int, due: datetime) -> "Workspace":
        """The workspace without so many bytes of kept left-out files. `due` is when to tidy next."""
        return replace(self, apart=max(0, self.apart - bytes), tidy_due=due)

    def suspend(self) -> "Workspace":
        return replace(self, suspended=True)

    def resume(self) -> "Workspace":
        return replace(self, suspended=False)

    def close(self, now: datetime) -> "Workspace":
        return replace(self, closed=True, closed_at=now, erase_due=now)

    def begin_erasing(self, now: datetime) -> "Workspace":
        """The workspace with an attempt begun. `erase_due` becomes the time of the next attempt, also if this one dies.

        Raises IllegalTransition if erasing is not due: another attempt may have begun.
        """
        if self.erase_due is None or now < self.erase_due:
            raise IllegalTransition(f"workspace {self.wid} is to be erased at {self.erase_due}, not at {now}")
        pause = ERASE_PAUSES[min(self.erase_attempts, len(ERASE_PAUSES) - 1)]
        return replace(self, erase_due=now + timedelta(seconds=pause), erase_attempts=self.erase_attempts + 1)

    def named(self, alias: str) -> "Workspace":
        """The workspace with this alias, unless it has one."""
        return self if self.alias else replace(self, alias=alias)

    def erase_after_session(self, now: datetime) -> "Workspace":
        """The workspace with erasing postponed, because its session is open and may still write."""
        return replace(self, erase_due=now + timedelta(seconds=SESSION_SECONDS))

    def erased_in_part(self, now: datetime) -> "Workspace":
        """The workspace after an attempt that made progress and left more to erase."""
        return replace(self, erase_due=now, erase_attempts=0)

    def erased(self, now: datetime) -> "Workspace":
        """The workspace after its state was erased. Erasing is repeated once after a day, for anything a container
        still wrote."""
        again = None if self.erased_once else now + ERASE_AGAIN
        gone = replace(self, head=None, storage=None, apart=0, tidy_due=None)
        return replace(gone, erased_once=True, erase_due=again, erase_attempts=0)
