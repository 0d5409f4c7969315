"""Sessions of people in teams, in this process: opened, saving, ended."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from shared.accounts.account import Account
from shared.billing.plans import PLANS
from shared.gcp.identity import Member
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import read_standing
from shared.gcp.store.sessions import commit_beat, commit_session, end_session, read_session
from shared.gcp.store.slots import commit_slot, new_slot_name
from shared.policies import reclaim_policy
from shared.sessions.heartbeats import accept_beat
from shared.sessions.session import Session
from shared.snapshots.storage_quota import StorageUse
from tests.adapters.team_calls import Caller
from tests.support.records.factories import BOOT, a_beat, a_head, a_slot, becoming
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.allocate import main as allocate

BEAT = timedelta(seconds=30)


def member_of(account: Account) -> Member:
    return Member(account.uid, account.email, None, email_verified=True)


def opened(caller: Caller) -> Session:
    """The caller's session, in use in a browser."""
    commit_slot(None, a_slot(new_slot_name()))
    account = caller.account
    return in_browser(allocate.claim(member_of(account), account, read_standing(account), first=True).sid)


def in_browser(sid: str) -> Session:
    """The session is in use in a browser from now on."""
    found = read_session(sid)
    assert found is not None
    now = datetime.now(UTC)
    active = replace(found.record.activate(now), boot=BOOT, connected=True, seen=now, signals={"editor": now})
    commit_session(found, active)
    return active


def ended(session: Session) -> Session:
    return end_session(session.sid, datetime.now(UTC))


def stored(session: Session, used: int) -> None:
    """The session saves a checkpoint that takes so many bytes."""
    read, billing = read_session(session.sid), read_billing(session.bid)
    assert read is not None
    accepted = accept_beat(
        read.record,
        a_beat(session=session.sid, epoch=session.epoch),
        becoming(a_head(), StorageUse(used=used, limit=PLANS[session.plan].bytes)),
        billing=billing.record,
        policy=reclaim_policy(session.plan),
        now=session.seen + BEAT,
    )
    assert accepted is not None
    commit_beat(read, billing, accepted)


def now_of(session: Session) -> Session:
    found = read_session(session.sid)
    assert found is not None
    return found.record
