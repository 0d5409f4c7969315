"""What an operator's limits allow, and what they say when they do not."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.accounts.operator_limits import MOST_OPENS, Limits, check_email, check_new_session, check_room, recent
from shared.billing.plans import PLANS
from shared.errors import Problem
from shared.sessions.workspace import Workspace
from tests.support.records.factories import NOW, after


def refusal(limits: Limits, *ago: float) -> Problem | None:
    """What a member hears who opened so many seconds ago each."""
    try:
        check_new_session(limits, [NOW - timedelta(seconds=seconds) for seconds in ago], NOW)
    except Problem as problem:
        return problem
    return None


def test_without_a_word_of_the_operators_thirty_an_hour_are_allowed() -> None:
    assert Limits() == Limits(new_sessions=True, open_sessions=None, opens_an_hour=30)
    assert refusal(Limits(), *range(29)) is None
    assert refusal(Limits(), *range(30)) is not None


@pytest.mark.parametrize(
    ("ago", "wait"),
    [
        ((1800, 60), None),
        ((3600, 1800, 60), None),
        ((3599, 1800, 60), 1),
        ((3599.5, 1800, 60), 1),
        ((3000, 1800, 60), 600),
        ((60, 3000, 1800), 600),
        ((3000, 2400, 1800, 60), 1200),  # the limit was lowered: two have to pass
        ((0, 0, 0), 3600),
    ],
)
def test_too_many_opens_are_refused_until_one_of_them_is_an_hour_old(ago: tuple[float, ...], wait: int | None) -> None:
    found = refusal(Limits(opens_an_hour=3), *ago)
    if wait is None:
        assert found is None
        return
    assert found is not None
    assert (found.name, found.answer_status, found.retry_after) == ("too-many-opens", 429, wait)
    assert f"{after(wait):%H:%M}" in found.detail or wait == 1


def test_after_the_wait_that_was_told_the_next_one_opens() -> None:
    limits, opens = Limits(opens_an_hour=2), [after(-3000), after(-10)]
    with pytest.raises(Problem) as refused:
        check_new_session(limits, opens, NOW)
    check_new_session(limits, opens, after(refused.value.retry_after or 0))


def test_the_kill_switch_closes_new_sessions_for_everybody() -> None:
    found = refusal(Limits(new_sessions=False))
    assert found is not None
    assert (found.name, found.answer_status) == ("sessions-closed", 503)
    assert found.retry_after and "Open sessions continue" in found.detail


@pytest.mark.parametrize(
    ("cap", "open_now", "is_full"), [(None, 10**6, False), (2, 1, False), (2, 2, True), (0, 0, True)]
)
def test_the_cap_is_on_sessions_open_at_once(cap: int | None, open_now: int, is_full: bool) -> None:
    limits = Limits(open_sessions=cap)
    if not is_full:
        check_room(limits, open_now)
        return
    with pytest.raises(Problem) as refused:
        check_room(limits, open_now)
    assert (refused.value.name, refused.value.answer_status) == ("sessions-full", 503)
    assert refused.value.retry_after


@pytest.mark.parametrize("plan", PLANS)
def test_only_the_plan_that_costs_nothing_needs_a_verified_address(plan: str) -> None:
    check_email(plan, verified=True)
    if PLANS[plan].price != 0:
        check_email(plan, verified=False)
        return
    with pytest.raises(Problem) as refused:
        check_email(plan, verified=False)
    assert (refused.value.name, refused.value.answer_status) == ("email-unverified", 403)
    assert "Free" in refused.value.detail and "sign in again" in refused.value.detail


def test_a_workspace_remembers_its_opens_for_an_hour_and_never_more_than_a_limit_can_ask_for() -> None:
    workspace = Workspace(wid="w-1", owner="u-1", created=NOW)
    for number in range(3 * MOST_OPENS):
        now = after(number)
        workspace = replace(workspace, session=None).claim("s-1", "ws-1", now)
        assert workspace.opens[-1] == now
        assert len(workspace.opens) <= MOST_OPENS
    later = after(3 * MOST_OPENS + 3600)
    assert recent(workspace.opens, later) == []
    assert replace(workspace, session=None).claim("s-2", "ws-1", later).opens == [later]
