"""What operators change, on a real database: with its audit line or not at all, and once for each request."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.accounts.audit import Action, AuditLine
from shared.accounts.operator_limits import Limits
from shared.accounts.roles import Role
from shared.errors import Conflict, Problem
from shared.gcp.store import operators
from shared.gcp.store.accounts import account_ref, close_account, ensure_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import Commit, LostRace
from shared.gcp.store.limits import read_limits
from shared.gcp.store.sessions import begin_end, end_session, overdue, read_session
from shared.gcp.store.slots import all_slots, candidates, commit_slot
from shared.sessions.session import EndReason, Session, SessionState
from tests.support.records.factories import a_slot

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime.now(UTC)


def a_member(uid: str = "u-1") -> Account:
    return ensure_account(uid, email=None, name=None, now=NOW)


def a_line(request: str = "request-1", action: Action = Action.SUSPEND, **fields: Any) -> AuditLine:
    defaults: dict[str, Any] = {"target": "u-1", "asked": {}, "note": "why", "by": "u-op", "email": "op@example.com"}
    return AuditLine(request=request, at=NOW, action=action, **{**defaults, **fields})


def an_open_session(account: Account) -> Session:
    commit_slot(None, a_slot())
    return claiming(account)()


def claiming(account: Account) -> Callable[[], Session]:
    """The claim of what was read by now."""
    billing, workspace, [slot] = read_billing(account.bid).record, read_workspace(account.wid), candidates()
    return lambda: commit_claim(account, billing, workspace, slot, opening=60, issued=None, now=NOW)


def session_of(session: Session) -> Session:
    found = read_session(session.sid)
    assert found
    return found.record


def test_a_suspension_marks_account_and_workspace_and_begins_the_end_in_one_commit() -> None:
    account = a_member()
    session = an_open_session(account)
    line = operators.suspend_account(a_line(), "u-1", NOW)
    assert operators.read_account("u-1").record.state == AccountState.SUSPENDED
    assert read_workspace(account.wid).record.suspended
    draining = session_of(session)
    assert (draining.state, draining.reason) == (SessionState.DRAINING, EndReason.SUSPENDED)
    assert line.after == {"state": "suspended", "session": session.sid}
    assert operators.read_audit("request-1") == line
    [due] = overdue(NOW + timedelta(minutes=5), timedelta())
    assert due.sid == session.sid, "the sweep finds it, whoever dies now"


def test_a_claim_that_races_with_a_suspension_loses_or_is_ended() -> None:
    account = a_member()
    commit_slot(None, a_slot())
    slower = claiming(account)
    operators.suspend_account(a_line(), "u-1", NOW)
    with pytest.raises(LostRace):
        slower()
    assert (read_workspace(account.wid).record.session, all_slots()[0].record.session) == (None, None)


@pytest.mark.parametrize("round_", range(4))
def test_at_once_a_claim_and_a_suspension_leave_no_session_that_goes_on(round_: int) -> None:
    account = a_member()
    commit_slot(None, a_slot())
    claim = claiming(account)
    with ThreadPoolExecutor(max_workers=2) as both:
        suspended = both.submit(operators.suspend_account, a_line(), "u-1", NOW)
        claimed = both.submit(claim)
        suspended.result()
        lost = claimed.exception() is not None
    sid = read_workspace(account.wid).record.session
    assert lost == (sid is None)
    found = read_session(sid) if sid else None
    assert found is None or found.record.state == SessionState.DRAINING


def test_a_session_that_ends_already_keeps_its_reason() -> None:
    account = a_member()
    session = an_open_session(account)
    begin_end(session.sid, EndReason.MEMBER, NOW)
    operators.suspend_account(a_line(), "u-1", NOW)
    assert session_of(session).reason == EndReason.MEMBER
    end_session(session.sid, NOW)
    assert operators.suspend_account(a_line("request-2"), "u-1", NOW).after["session"] is None


def test_resuming_undoes_it_and_is_undone_by_no_repetition() -> None:
    account = a_member()
    operators.suspend_account(a_line(), "u-1", NOW)
    operators.resume_account(a_line("request-2", Action.RESUME), "u-1", NOW)
    assert operators.suspend_account(a_line(), "u-1", NOW).after["state"] == "suspended"
    assert operators.read_account("u-1").record == account
    assert not read_workspace(account.wid).record.suspended
    an_open_session(account)


def test_the_same_request_at_once_is_made_once() -> None:
    account = a_member()
    line = a_line(action=Action.GRANT, asked={"seconds": 60})
    with ThreadPoolExecutor(max_workers=6) as pool:
        told = [pool.submit(operators.grant_time, line, "u-1", 60, NOW) for _ in range(6)]
    first, *others = [one.result() for one in told]
    assert others == [first] * 5
    assert [*read_billing(account.bid).record.granted.values()] == [60_000]


def test_different_requests_at_once_are_all_made() -> None:
    account = a_member()
    with ThreadPoolExecutor(max_workers=4) as pool:
        told = [
            pool.submit(operators.grant_time, a_line(f"request-{n}", Action.GRANT), "u-1", 60, NOW) for n in range(4)
        ]
    assert [*read_billing(account.bid).record.granted.values()] == [240_000]
    assert sorted(int(one.result().after["granted"] or 0) for one in told) == [60, 120, 180, 240]


def test_a_plan_is_set_with_its_line() -> None:
    account = a_member()
    line = operators.set_plan(a_line(action=Action.PLAN), "u-1", "pro")
    whose = {"billing": account.bid}
    assert (line.before, line.after) == ({**whose, "plan": "free"}, {**whose, "plan": "pro"})
    assert operators.read_audit("request-1") == line
    assert read_billing(account.bid).record.plan == "pro"


def test_of_a_shared_billing_account_each_line_says_which_one_it_is() -> None:
    account, other = a_member(), a_member("u-2")
    changed = replace(other, bid=account.bid)
    Commit().change(account_ref("u-2"), operators.read_account("u-2"), changed).run()
    first = operators.set_plan(a_line(action=Action.PLAN), "u-1", "team")
    second = operators.set_plan(a_line("request-2", Action.PLAN, target="u-2"), "u-2", "pro")
    granted = operators.grant_time(a_line("request-3", Action.GRANT), "u-1", 60, NOW)
    assert second.before == first.after == {"billing": account.bid, "plan": "team"}
    assert granted.before["billing"] == granted.after["billing"] == account.bid


def test_who_becomes_an_operator_is_a_line_among_the_others() -> None:
    made = operators.record_role_change(a_line(action=Action.OPERATOR), before=None, after=Role.OPERATOR)
    assert (made.before, made.after) == ({"role": None}, {"role": "operator"})
    again = operators.record_role_change(a_line(action=Action.OPERATOR), before=Role.OPERATOR, after=Role.OPERATOR)
    assert again == made, "lines are only ever created"
    assert operators.audit_lines(None, 10) == [made]


def test_limits_are_made_and_then_changed_and_two_operators_lose_nothing() -> None:
    assert read_limits() is None
    wanted: list[dict[str, Any]] = [{"open_sessions": 5}, {"opens_an_hour": 7}, {"new_sessions": False}]
    with ThreadPoolExecutor(max_workers=3) as pool:
        for n, asked in enumerate(wanted):
            pool.submit(operators.set_limits, a_line(f"request-{n}", Action.LIMITS, target=None), asked)
    found = read_limits()
    assert found and found.record == Limits(new_sessions=False, open_sessions=5, opens_an_hour=7)


def test_another_request_under_a_used_id_changes_nothing() -> None:
    account = a_member()
    first = operators.set_plan(a_line(action=Action.PLAN, asked={"plan": "pro"}), "u-1", "pro")
    with pytest.raises(Conflict):
        operators.set_plan(a_line(action=Action.PLAN, asked={"plan": "team"}), "u-1", "team")
    assert read_billing(account.bid).record.plan == "pro"
    assert operators.read_audit("request-1") == first


def test_nothing_is_done_to_accounts_that_are_not_there_or_deleted() -> None:
    a_member()
    close_account("u-1", NOW)
    acts: list[Callable[[str], AuditLine]] = [
        lambda uid: operators.set_plan(a_line(), uid, "pro"),
        lambda uid: operators.grant_time(a_line(), uid, 60, NOW),
        lambda uid: operators.suspend_account(a_line(), uid, NOW),
        lambda uid: operators.resume_account(a_line(), uid, NOW),
    ]
    for uid, status in (("u-1", 409), ("u-2", 404)):
        for act in acts:
            with pytest.raises(Problem) as refused:
                act(uid)
            assert refused.value.answer_status == status
    assert operators.read_audit("request-1") is None


def test_lines_of_one_moment_are_all_found_page_by_page() -> None:
    a_member()
    times = [NOW, NOW, NOW, NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)]
    for n, at in enumerate(times):
        operators.set_plan(replace(a_line(f"request-{n}", Action.PLAN), at=at), "u-1", "pro")
    seen: list[AuditLine] = []
    while page := operators.audit_lines(seen[-1] if seen else None, 2):
        seen += page
    assert [line.request for line in seen] == [f"request-{n}" for n in (3, 2, 1, 0, 4)]
