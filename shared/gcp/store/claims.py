"""The claim: one commit of three guarded writes. No slot is given to two members, and no member gets two sessions. And
who found no slot to claim."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from google.cloud.firestore import DocumentReference
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct

from shared.accounts.account import Account
from shared.accounts.operator_limits import Limits
from shared.accounts.team import Team
from shared.billing.account import Billing
from shared.billing.time_allowance import deadline
from shared.gcp.store.accounts import workspace_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit, LostRace, database, read_all, run_count
from shared.gcp.store.ids import new_id
from shared.gcp.store.limits import limits_ref
from shared.gcp.store.sessions import session_ref
from shared.gcp.store.slots import slot_ref
from shared.gcp.store.teams import team_ref
from shared.record import Versioned
from shared.sessions.session import Session, open_session
from shared.sessions.workspace import Workspace
from shared.slots.slot import Slot, SlotState


class ClaimContext(Struct, frozen=True):
    """What decides whether an account may have a session, beside the account itself."""

    workspace: Versioned[Workspace]
    billing: Billing
    """The billing account that pays."""
    limits: Limits
    team: Team | None = None
    """The team that pays; None if the account pays for itself."""


def read_standing(account: Account) -> ClaimContext:
    """Reads the context in one round trip. Raises LookupError if the workspace or the billing account is missing."""
    wanted: list[tuple[DocumentReference, type[Any]]] = [
        (workspace_ref(account.wid), Workspace),
        (billing_ref(account.bid), Billing),
        (limits_ref(), Limits),
    ]
    bid = account.works_in
    if bid is not None:
        wanted += [(billing_ref(bid), Billing), (team_ref(bid), Team)]
    workspace, own, limits, *of_team = read_all(wanted)
    if workspace is None or own is None:
        raise LookupError(f"account {account.uid} lacks its workspace or its billing account")
    limited = limits.record if limits else Limits()
    billing, team = of_team or (None, None)
    if billing is not None and team is not None and team.record.pays_for(account.uid, billing.record.plan):
        return ClaimContext(workspace, billing.record, limited, team.record)
    return ClaimContext(workspace, own.record, limited)


def commit_claim(
    account: Account,
    billing: Billing,
    workspace: Versioned[Workspace],
    slot: Versioned[Slot],
    *,
    opening: float,
    issued: datetime | None,
    stored_by_others: int = 0,
    now: datetime,
) -> Session:
    """Claims `slot` for `workspace`, and `billing` pays. `issued` is when the caller's ID token was issued; None if the
    token does not say.

    Raises LostRace. Read the workspace again first: the claim may be this request's own.
    """
    sid = new_id("s-")
    claimed = workspace.record.claim(sid, slot.record.name, now)
    session = open_session(
        sid=sid,
        uid=account.uid,
        wid=account.wid,
        bid=billing.bid,
        plan=billing.plan,
        deadline=deadline(billing, now),
        slot=slot.record.name,
        url=slot.record.url or "",
        epoch=claimed.epoch,
        saved=claimed.saved,
        apart_before=claimed.apart,
        stored_in=account.works_in,
        stored_by_others=stored_by_others,
        cold=slot.record.state == SlotState.COLD,
        now=now,
        opening=opening,
    ).enter(issued)
    commit = Commit().create(session_ref(sid), session)
    commit.change(workspace_ref(account.wid), workspace, claimed)
    commit.change(slot_ref(slot.record.name), slot, slot.record.claim(sid, now).note("claim", f"session {sid}", now))
    commit.run()
    return session


def note_refused(workspace: Versioned[Workspace], now: datetime) -> None:
    """Notes that the member found every slot in use: one write of the member's own record, once within REFUSED_AGAIN,
    so that neither a crowd nor one who asks again and again makes many."""
    refused = workspace.record.refuse(now)
    if refused is workspace.record:
        return
    with suppress(LostRace):  # another request of this member wrote, and asked for a slot too
        Commit().change(workspace_ref(refused.wid), workspace, refused).run()


def count_refused(since: datetime) -> int:
    """How many members found every slot in use since then. A read for each thousand."""
    return run_count(database().collection("workspaces").where(filter=FieldFilter("refused", ">=", since)))
