"""What operators ask of the pool and of open sessions, on a real database: with its audit line or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.accounts.audit import Action, AuditLine
from shared.errors import Problem, Refused
from shared.gcp.operation_counts import counted
from shared.gcp.store import levers, operators
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim, read_standing
from shared.gcp.store.limits import read_limits
from shared.gcp.store.sessions import commit_session, end_session, overdue, read_session
from shared.gcp.store.slots import candidates, commit_slot, read_levers, read_slot
from shared.record import Versioned
from shared.sessions.session import EndReason, Session, SessionState
from shared.slots.levers import PoolLevers, PoolSize, policy_of, policy_text
from shared.slots.slot import Slot, SlotState
from shared.slots.warm_policies import Adaptive, Announcement, ByHour, Varying
from tests.support.records.factories import a_slot

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime.now(UTC)
SETTINGS = PoolSize(warm=2, max=10)
Lever = Callable[[AuditLine, str, datetime], AuditLine]


def a_line(action: Action, request: str = "request-1", **asked: Any) -> AuditLine:
    return AuditLine(
        request=request, at=NOW, by="u-op", email="op@example.com", action=action, target=None, asked=asked, note="why"
    )


def an_open_session() -> Session:
    account = ensure_account("u-1", email=None, name=None, now=NOW)
    commit_slot(None, a_slot())
    standing = read_standing(account)
    billing, [slot] = read_billing(account.bid).record, candidates()
    return commit_claim(account, billing, standing.workspace, slot, opening=60, issued=None, now=NOW)


def slot_of(name: str = "ws-1") -> Slot:
    found = read_slot(name)
    assert found
    return found.record


def session_of(session: Session) -> Versioned[Session]:
    found = read_session(session.sid)
    assert found
    return found


@pytest.mark.parametrize(
    ("lever", "action", "left"),
    [
        (levers.recycle_slot, Action.RECYCLE, SlotState.RECYCLING),
        (levers.quarantine_slot, Action.QUARANTINE, SlotState.QUARANTINED),
    ],
)
def test_a_slot_under_a_working_member_ends_their_session_in_the_commit_of_the_line(
    lever: Lever, action: Action, left: SlotState
) -> None:
    session = an_open_session()
    with counted() as cost:
        line = lever(a_line(action, slot="ws-1"), "ws-1", NOW)
    assert (cost.reads, cost.writes) == (3, 3), "the line, the slot, the session"
    draining = session_of(session).record
    assert (draining.state, draining.reason) == (SessionState.DRAINING, EndReason.OPERATOR)
    assert line.after["session"] == session.sid
    assert [each.sid for each in overdue(NOW + timedelta(minutes=5), timedelta())] == [session.sid]
    assert slot_of().state == SlotState.CLAIMED, "until the last checkpoint is made"
    end_session(session.sid, NOW)
    slot = slot_of()
    assert slot.state == left
    assert [event.verb for event in slot.history] == ["claim", f"{action} later", f"{action}"]
    assert "operator" in slot.history[-1].reason
    assert "why" not in str(slot.history), "the operator's words are in the audit log only"


@pytest.mark.parametrize("lever", [levers.recycle_slot, levers.quarantine_slot])
def test_a_free_slot_is_nobodys_at_once_and_the_same_request_again_changes_nothing(lever: Lever) -> None:
    commit_slot(None, a_slot())
    first = lever(a_line(Action.RECYCLE, slot="ws-1"), "ws-1", NOW)
    slot = slot_of()
    assert (slot.state in (SlotState.RECYCLING, SlotState.QUARANTINED), candidates()) == (True, [])
    assert lever(a_line(Action.RECYCLE, slot="ws-1"), "ws-1", NOW) == first
    assert slot_of() == slot
    with pytest.raises(Problem):
        lever(a_line(Action.RECYCLE, "request-2", slot="ws-9"), "ws-9", NOW)
    assert operators.read_audit("request-2") is None


def test_a_session_that_ends_already_keeps_its_reason() -> None:
    session = an_open_session()
    found = session_of(session)
    commit_session(found, found.record.drain(EndReason.MEMBER, NOW))
    levers.recycle_slot(a_line(Action.RECYCLE, slot="ws-1"), "ws-1", NOW)
    assert session_of(session).record.reason == EndReason.MEMBER


def test_a_members_session_is_ended_once() -> None:
    session = an_open_session()
    line = levers.end_session_of(a_line(Action.END), "u-1", NOW)
    assert (line.before["state"], line.after) == ("opening", {"session": session.sid, "state": "draining"})
    end_session(session.sid, NOW)
    assert session_of(session).record.reason == EndReason.OPERATOR
    with pytest.raises(Refused):
        levers.end_session_of(a_line(Action.END, "request-2"), "u-1", NOW)


def test_numbers_of_slots_are_set_one_by_one_and_must_agree() -> None:
    levers.set_pool(a_line(Action.POOL, warm=5), SETTINGS)
    line = levers.set_pool(a_line(Action.POOL, "request-2", max=6), SETTINGS)
    assert (line.before, line.after) == (
        {"warm": 5, "max": None, "policy": None},
        {"warm": 5, "max": 6, "policy": None},
    )
    with pytest.raises(Refused):
        levers.set_pool(a_line(Action.POOL, "request-3", max=4), SETTINGS)
    levers.set_pool(a_line(Action.POOL, "request-4", warm=None), SETTINGS)
    found = read_levers()
    assert found and found.record == PoolLevers(max=6)
    assert operators.read_audit("request-3") is None


@pytest.mark.parametrize(
    "policy", [ByHour(zone="Asia/Seoul", warm=(0, 3) * 84), Adaptive(least=1, most=9, weeks=8, miss_cents=25)]
)
def test_a_policy_is_kept_and_written_down_as_it_was_asked_for(policy: Varying) -> None:
    line = levers.set_pool(a_line(Action.POOL, policy=policy_text(policy)), SETTINGS)
    found = read_levers()
    assert found and found.record == PoolLevers(policy=policy)
    written = operators.read_audit("request-1")
    assert written == line
    assert policy_of(line.after["policy"]) == policy
    assert levers.set_pool(a_line(Action.POOL, policy=policy_text(policy)), SETTINGS) == line, "the same request again"


def test_a_class_is_announced_once_and_taken_back_with_a_line_for_each() -> None:
    starts = NOW.replace(microsecond=0) + timedelta(hours=1)
    line = levers.announce(a_line(Action.ANNOUNCE, members=10), starts, 10, SETTINGS, NOW)
    assert levers.announce(a_line(Action.ANNOUNCE, members=10), starts, 10, SETTINGS, NOW) == line
    found = read_levers()
    assert found and found.record.announced == (Announcement(id="request-1", starts=starts, members=10),)
    taken = levers.take_back_announcement(a_line(Action.TAKE_BACK, "request-2"), "request-1")
    assert (taken.before, taken.after) == (line.after, {})
    found = read_levers()
    assert found and found.record == PoolLevers()
    with pytest.raises(Refused):
        levers.take_back_announcement(a_line(Action.TAKE_BACK, "request-3"), "request-1")


@pytest.mark.parametrize("close", [True, False])
def test_draining_all_is_one_commit_with_the_switch_of_new_sessions(close: bool) -> None:
    line = levers.drain_all(a_line(Action.DRAIN, close=close), NOW, close=close)
    found, limits = read_levers(), read_limits()
    assert found and found.record.drained == NOW
    assert (limits.record.new_sessions if limits else True) is not close
    assert line.after == {"new_sessions": not close}
