"""Keep, warn, reclaim, and whether a job is held at work."""

from typing import Any

import pytest
from msgspec.structs import replace

from shared.sessions.reclaim_decision import (
    IdleAhead,
    decide_background_hold,
    decide_reclaim,
    idle_ahead,
    merge_signals,
    wants_background_hold,
)
from shared.sessions.session import BackgroundHold, EndReason, SessionState, Verdict
from tests.support.records.factories import NOW, POLICY, a_session, after


@pytest.mark.parametrize(
    ("idle_for", "connected", "verdict", "look"),
    [
        (0, True, Verdict.KEEP, 780),
        (779, True, Verdict.KEEP, 780),
        (780, True, Verdict.WARN, 900),
        (899, True, Verdict.WARN, 900),
        (900, True, Verdict.RECLAIM, 900),
        (780, False, Verdict.KEEP, 900),
        (899, False, Verdict.KEEP, 900),
        (900, False, Verdict.RECLAIM, 900),
    ],
)
def test_an_idle_session_is_warned_and_then_reclaimed(
    idle_for: float, connected: bool, verdict: Verdict, look: float
) -> None:
    session = a_session(connected=connected, signals={"editor": NOW})
    decision = decide_reclaim(session, POLICY, after(idle_for))
    assert (decision.verdict, decision.look, decision.idle_at) == (verdict, after(look), after(900))
    assert decision.rule
    assert decision.reason == (EndReason.IDLE if verdict == Verdict.RECLAIM else None)


@pytest.mark.parametrize(
    ("fields", "ahead"),
    [
        ({"connected": True}, (780, 900)),
        ({"connected": True, "signals": {"editor": after(100)}}, (880, 1000)),
        ({"connected": False}, None),  # nobody is there to be warned
        ({"connected": True, "state": SessionState.OPENING}, None),
        ({"connected": True, "state": SessionState.DRAINING}, None),
    ],
)
def test_the_page_is_told_when_a_member_is_warned(fields: dict[str, Any], ahead: tuple[float, float] | None) -> None:
    told = idle_ahead(a_session(**fields), POLICY)
    assert told == (ahead and IdleAhead(after(ahead[0]), after(ahead[1])))


@pytest.mark.parametrize(("idle_for", "said"), [(900, "15 min"), (929, "15 min"), (1860, "31 min")])
def test_a_reclaimed_session_says_for_how_long_nothing_happened(idle_for: float, said: str) -> None:
    rule = decide_reclaim(a_session(signals={"editor": NOW}), POLICY, after(idle_for)).rule
    assert rule == f"idle for {said}: no typing, no terminal input, no preview, no busy process"


@pytest.mark.parametrize(
    ("connected", "at", "verdict", "reason", "look"),
    [
        (True, 299, Verdict.KEEP, None, 300),
        (True, 300, Verdict.RECLAIM, EndReason.ALLOWANCE, 300),
        (True, 1000, Verdict.RECLAIM, EndReason.ALLOWANCE, 1000),
        # nobody uses it
        (False, 300, Verdict.KEEP, None, 900),
        (False, 900, Verdict.RECLAIM, EndReason.IDLE, 900),
    ],
)
def test_a_session_ends_with_the_allowance_while_it_is_used(
    connected: bool, at: float, verdict: Verdict, reason: EndReason | None, look: float
) -> None:
    session = a_session(connected=connected, signals={"editor": NOW}, deadline=after(300))
    decision = decide_reclaim(session, POLICY, after(at))
    assert (decision.verdict, decision.reason, decision.look) == (verdict, reason, after(look))


@pytest.mark.parametrize("kind", ["editor", "terminal", "preview", "process"])
def test_any_kind_of_activity_keeps_the_session(kind: str) -> None:
    session = a_session(connected=True, signals={"editor": NOW, kind: after(600)})
    decision = decide_reclaim(session, POLICY, after(1000))
    assert (decision.verdict, decision.active) == (Verdict.KEEP, after(600))
    assert kind in decision.rule


def test_a_silent_but_busy_process_keeps_the_session_up_to_the_cap() -> None:
    session = a_session(signals={"editor": NOW, "process": after(9000)}, paid=after(9000))
    assert decide_reclaim(session, POLICY, after(3600 + 899)).verdict == Verdict.KEEP
    assert decide_reclaim(session, POLICY, after(3600 + 900)).verdict == Verdict.RECLAIM
    unlimited = replace(POLICY, background_limit=None)
    assert decide_reclaim(session, unlimited, after(9000)).verdict == Verdict.KEEP


def test_what_a_container_says_counts_no_longer_than_what_was_charged() -> None:
    signals = dict.fromkeys(["editor", "terminal", "process"], after(800))
    unpaid = a_session(signals=signals)
    assert decide_reclaim(unpaid, POLICY, after(899)).verdict == Verdict.KEEP
    assert decide_reclaim(unpaid, POLICY, after(900)).verdict == Verdict.RECLAIM
    paid = replace(unpaid, paid=after(300))
    assert decide_reclaim(paid, POLICY, after(1199)).verdict == Verdict.KEEP
    assert decide_reclaim(paid, POLICY, after(1200)).verdict == Verdict.RECLAIM
    assert decide_reclaim(replace(unpaid, connected=True), POLICY, after(1200)).verdict == Verdict.KEEP


@pytest.mark.parametrize(("busy", "at", "said"), [(3600, 4500, "75 min"), (0, 900, "15 min")])
def test_a_busy_process_that_may_keep_the_session_no_longer_is_not_denied(busy: float, at: float, said: str) -> None:
    session = a_session(signals={"editor": NOW, "process": after(at - 1)})
    rule = decide_reclaim(session, replace(POLICY, background_limit=busy), after(at)).rule
    assert rule == f"no typing, no terminal input, no preview for {said}, longer than a busy process may keep a session"


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({}, 1500),
        ({"signals": {"editor": NOW, "process": after(-60)}}, 1500),
        ({"signals": {"editor": after(-3000), "process": NOW}}, 600),
        ({"signals": {"editor": NOW, "process": NOW}, "deadline": after(200)}, 200),
        ({"signals": {"editor": NOW, "process": after(-61)}}, None),
        ({"signals": {"editor": NOW}}, None),
        ({"signals": {"editor": after(-3600), "process": NOW}, "opened": after(-3600)}, None),
        ({"deadline": NOW}, None),
        ({"connected": True}, None),
        ({"final": True}, None),
        ({"state": SessionState.DRAINING}, None),
        ({"state": SessionState.OPENING}, None),
    ],
)
def test_a_busy_process_is_held_at_work_within_cap_and_allowance(fields: dict[str, Any], until: float | None) -> None:
    # what is done by hand is never older than the opening
    session = a_session(**{"signals": {"editor": NOW, "process": NOW}, "opened": after(-4000), **fields})
    held = decide_background_hold(session, POLICY, longest=1500, now=NOW)
    assert held == (None if until is None else BackgroundHold(NOW, after(until)))


@pytest.mark.parametrize(
    ("before", "after_it", "wanted"),
    [
        ({"connected": True}, {}, True),
        ({"connected": True}, {"signals": {"editor": NOW}}, False),
        ({"signals": {"editor": NOW, "process": after(-61)}}, {}, True),  # begun when nobody was there any more
        ({"signals": {"editor": NOW}}, {}, True),
        ({}, {}, False),  # asked for before
        ({"signals": {"editor": NOW}}, {"background_hold": BackgroundHold(after(-60), after(1440))}, False),
        ({"signals": {"editor": NOW}}, {"background_hold": BackgroundHold(after(-1560), after(-60))}, True),
        ({"signals": {"editor": NOW}}, {"connected": True}, False),
    ],
)
def test_a_hold_is_asked_for_when_the_browser_leaves_or_a_process_begins_to_work_without_one(
    before: dict[str, Any], after_it: dict[str, Any], wanted: bool
) -> None:
    first, then = (a_session(**{"signals": {"editor": NOW, "process": NOW}, **each}) for each in (before, after_it))
    assert wants_background_hold(first, then, POLICY, longest=1500, now=NOW) == wanted


def test_a_plan_may_let_nothing_go_on_without_a_browser_or_everything() -> None:
    session = a_session(signals={"editor": after(-9000), "process": NOW}, opened=after(-9000))
    assert decide_background_hold(session, replace(POLICY, background_limit=0), longest=1500, now=NOW) is None
    assert decide_background_hold(
        session, replace(POLICY, background_limit=None), longest=1500, now=NOW
    ) == BackgroundHold(NOW, after(1500))


def test_a_container_that_falls_silent_at_work_is_looked_at_as_soon_as_its_lease_is_over() -> None:
    at_work = a_session(connected=True, signals={"editor": NOW, "process": NOW})
    assert decide_reclaim(at_work, POLICY, NOW).look == after(POLICY.lease)
    assert decide_reclaim(at_work, replace(POLICY, background_limit=0), NOW).look == after(780)
    alone = replace(at_work, connected=False)
    assert decide_reclaim(alone, POLICY, NOW).look == after(POLICY.lease), "its hold may never come"
    held = replace(alone, background_hold=BackgroundHold(NOW, after(1500)))
    assert decide_reclaim(held, POLICY, NOW).look == after(900)
    over = replace(at_work, signals={"editor": NOW, "process": after(3600)}, seen=after(3600))
    assert decide_reclaim(over, POLICY, after(3600)).look == after(3600 + 780), "no hold would follow"


def test_a_job_that_is_held_at_work_ends_with_the_allowance() -> None:
    held = a_session(
        background_hold=BackgroundHold(NOW, after(1500)),
        deadline=after(300),
        signals={"editor": NOW, "process": after(300)},
    )
    assert decide_reclaim(held, POLICY, after(300)).reason == EndReason.ALLOWANCE


def test_a_session_that_does_not_come_to_serve_is_given_up() -> None:
    session = a_session(SessionState.OPENING)
    assert decide_reclaim(session, POLICY, after(179)).verdict == Verdict.KEEP
    given_up = decide_reclaim(session, POLICY, after(180))
    assert (given_up.verdict, given_up.reason) == (Verdict.RECLAIM, EndReason.NEVER_OPENED)


def test_unknown_is_never_idle_while_a_browser_is_connected() -> None:
    unknown = {"editor": None, "terminal": NOW, "preview": NOW, "process": NOW}
    assert merge_signals({}, unknown, connected=True, now=after(60))["editor"] == after(60)


def test_without_a_browser_only_an_unknown_process_counts_as_activity() -> None:
    unknown = {"editor": None, "terminal": None, "preview": None, "process": None}
    merged = merge_signals({"editor": NOW}, unknown, connected=False, now=after(60))
    assert merged == {"editor": NOW, "process": after(60)}


def test_a_signal_neither_goes_back_nor_comes_from_the_future() -> None:
    merged = merge_signals(
        {"editor": after(50), "terminal": NOW},
        {"editor": after(10), "terminal": after(9999), "preview": NOW, "process": NOW},
        connected=True,
        now=after(60),
    )
    assert (merged["editor"], merged["terminal"]) == (after(50), after(60))
