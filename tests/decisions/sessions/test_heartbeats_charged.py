"""What a heartbeat charges, and to whom."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from shared.billing.metering import LedgerLine, close
from shared.sessions.charging import LATE_SECONDS
from shared.sessions.heartbeats import Signals, accept_beat, charge_at_end, without_background_hold
from shared.sessions.reclaim_decision import KINDS, decide_reclaim
from shared.sessions.session import BackgroundHold, EndReason, SessionState, Verdict
from tests.decisions.sessions.heartbeats import beat_at
from tests.support.records.factories import BOOT, LEASE, POLICY, a_beat, a_billing, a_session, after, metered


def test_two_functions_whose_clocks_differ_charge_no_moment_twice() -> None:
    first = beat_at(a_session(connected=True), 30, seq=1)
    assert first is not None
    behind = beat_at(first, 29, seq=2)
    assert behind is not None
    last = beat_at(behind, 60, seq=3)
    assert last is not None
    assert last.meter.ms == 60_000


@pytest.mark.parametrize(
    ("was", "connected", "seconds", "charged"),
    [
        (True, True, 30, 30),
        (True, False, 30, 30),  # told at once
        (True, False, 30 + LATE_SECONDS, 30 + LATE_SECONDS),
        (True, False, 31 + LATE_SECONDS, 0),  # told when it was thawed
        (False, True, 30, 0),
        (False, False, 30, 0),
        (True, True, LEASE, LEASE),
        (True, True, LEASE + 1, 0),
        (True, True, -5, 0),
    ],
)
def test_time_is_charged_from_a_beat_with_a_browser_to_the_next_or_until_it_is_told_that_it_left(
    was: bool, connected: bool, seconds: float, charged: float
) -> None:
    result = beat_at(a_session(connected=was, meter=metered(100)), seconds, connected=connected)
    assert result is not None
    assert result.meter.ms == 1000 * (100 + charged)


@pytest.mark.parametrize(
    ("hold", "connected", "seconds", "charged"),
    [
        ((0, 1500), False, 30, 30),
        ((10, 1500), False, 30, 20),
        ((0, 20), False, 30, 20),
        ((40, 1500), False, 30, 0),
        ((0, 1500), True, 30, 30),  # the member has come back
        ((0, 1500), False, LEASE + 1, 0),
    ],
)
def test_time_in_which_a_request_is_held_for_a_job_is_charged_as_background(
    hold: tuple[float, float], connected: bool, seconds: float, charged: float
) -> None:
    held = BackgroundHold(after(hold[0]), after(hold[1]))
    result = beat_at(a_session(background_hold=held), seconds, connected=connected)
    assert result is not None
    assert (result.meter.ms, result.meter.background_ms) == (1000 * charged, 1000 * charged)
    assert result.background_hold == (None if connected else held)


@pytest.mark.parametrize(
    ("hold", "seconds", "answered", "charged"),
    [
        ((0, 1500), 20, True, 20),
        ((10, 1500), 20, True, 10),
        ((0, 15), 20, True, 15),
        ((0, 1500), LEASE + 1, True, 0),
        ((0, 1500), 20, False, 20),
        ((0, 1500), 80, False, POLICY.interval + LATE_SECONDS),  # its next heartbeat never came
    ],
)
def test_what_a_job_used_since_the_last_beat_is_charged_when_its_request_is_over_and_once(
    hold: tuple[float, float], seconds: float, answered: bool, charged: float
) -> None:
    held = a_session(background_hold=BackgroundHold(after(hold[0]), after(hold[1])), seq=0, least=after(30))
    nothing_forgiven = a_billing("starter", forgiven={"2026-11": 10**12}, used={"2026-11": 0})
    done = without_background_hold(held, nothing_forgiven, POLICY, after(seconds), answered=answered)
    assert (done.session.background_hold, done.session.seen, done.session.meter.ms) == (None, held.seen, 1000 * charged)
    assert done.session.meter.background_ms == sum(done.added.values()) == 1000 * charged
    result = beat_at(done.session, seconds + 5, connected=False)
    assert result is not None
    intervals = [*result.meter.open]
    assert all(first.until <= then.since for first, then in pairwise(intervals)), "no moment is charged twice"


@pytest.mark.parametrize(
    ("drained", "seconds", "served", "charged"),
    [
        (20, 21, True, 20),
        (20, 80, True, 20),  # its last checkpoint takes long
        (20, LEASE + 1, True, 20),
        (31 + LATE_SECONDS, 32 + LATE_SECONDS, True, 0),  # it was frozen when the member was gone
        (20, 21, False, 0),  # it never came to serve
        (0, 21, True, 0),
        (-5, 21, True, 0),  # that was charged before
    ],
)
def test_the_last_stretch_is_charged_up_to_where_the_end_began_and_once(
    drained: float, seconds: float, served: bool, charged: float
) -> None:
    ending = a_session(connected=True, served=served).drain(EndReason.MEMBER, after(drained))
    result = beat_at(ending, seconds, connected=False)
    assert result is not None and result.meter.ms == 1000 * charged
    again = beat_at(result, seconds + 5, seq=result.seq + 1, connected=False, final=True)
    assert again is not None and again.meter.ms == result.meter.ms


def test_another_plan_and_what_others_used_count_from_the_next_beat_on() -> None:
    today, session = "2026-11-23", a_session(connected=True)
    deadlines = []
    for seq, payer in enumerate(
        (a_billing(), a_billing("free"), a_billing("free", used={today: 1_500_000}), a_billing("pro")), start=1
    ):
        session = beat_at(session, 10 * seq, seq=seq, connected=True, billing=payer) or session
        deadlines.append(session.deadline)
    # each is after ten seconds more that are charged to the plan of that moment
    assert deadlines == [None, after(20 + 1_800 - 10), after(30 + 300 - 10), after(40 + 72_000 - 10)]
    assert (session.plan, session.meter.ms) == ("pro", 40_000)


def test_a_session_is_due_as_soon_as_nothing_is_left() -> None:
    nearly = a_billing("free", used={"2026-11-23": 1_800_000 - 10_000})
    after_it = beat_at(a_session(connected=True), 30, connected=True, billing=nearly)
    assert after_it is not None
    assert (after_it.meter.ms, after_it.due, after_it.deadline) == (10_000, after(30), after(30))


@pytest.mark.parametrize("claimed", [0, 1e9], ids=["now", "in the future"])
def test_nothing_that_is_claimed_without_a_browser_keeps_a_session(claimed: float) -> None:
    session, at, limit = a_session(), 0.0, POLICY.idle
    while decide_reclaim(session, POLICY, after(at)).verdict != Verdict.RECLAIM:
        assert at < limit, "it is kept by what the container says alone"
        at += 30
        kinds = {kind: after(at + claimed).timestamp() for kind in KINDS}
        session = beat_at(session, at, seq=session.seq + 1, connected=False, signals=Signals(**kinds)) or session
    assert (at, session.meter.ms) == (limit, 0)


def test_whoever_claims_a_browser_is_charged_for_all_the_time_and_no_more() -> None:
    session = a_session()
    for at in range(0, 36_000, 30):
        session = beat_at(session, at, seq=session.seq + 1, connected=True) or session
    assert session.meter.ms == 36_000_000 - 30_000
    for _ in range(100):
        session = beat_at(session, 36_000, seq=session.seq + 1, connected=True) or session
    assert session.meter.ms == 36_000_000, "many beats are no more time"


def test_a_browser_that_leaves_and_comes_back_all_the_time_is_charged_while_it_is_there() -> None:
    session, at, there = a_session(connected=True), 0.0, 0.0
    for _ in range(100):
        session = beat_at(session, at + 25, seq=session.seq + 1, connected=False) or session
        session = beat_at(session, at + 26, seq=session.seq + 1, connected=True) or session
        at, there = at + 26, there + 25
    # a visit is charged for an interval at least: the second in which nobody was there too, but for the first visit's
    assert session.meter.ms == 1000 * (there + 99)


def test_a_visit_of_a_second_is_charged_for_an_interval() -> None:
    session = beat_at(a_session(), 100, connected=True) or a_session()
    session = beat_at(session, 101, seq=2, connected=False) or session
    assert session.meter.ms == 1_000
    session = beat_at(session, 400, seq=3, connected=False) or session
    assert session.meter.ms == 30_000
    session = beat_at(session, 500, seq=4, connected=False) or session
    assert session.meter.ms == 30_000, "once"


def test_a_session_that_served_is_charged_for_an_interval_though_nobody_came() -> None:
    session = beat_at(a_session(SessionState.OPENING, boot=BOOT), 10, connected=False, restored=True) or a_session()
    session = beat_at(session, 40, seq=2, connected=False) or session
    assert session.meter.ms == 30_000


def test_who_is_frozen_before_they_can_say_that_nobody_is_there_is_forgiven_within_a_budget() -> None:
    """The connection is cut every 36 s, which no beat tells in time."""
    session, billing, at = a_session(), a_billing("free"), 0.0
    for n in range(100):
        for connected, later in ((True, 0.0), (False, 36.0)):
            at += later
            beat = a_beat(2 * n + 1 + (not connected), connected=connected)
            accepted = accept_beat(session, beat, None, billing=billing, policy=POLICY, now=after(at))
            assert accepted
            session, billing = accepted.session, accepted.billing
    [forgiven], [used] = billing.forgiven.values(), billing.used.values()
    granted = 1_800_000
    assert granted / 10 - 5_000 < forgiven <= granted / 10
    assert used == granted, "an hour at the page is not had for half of one"
    unlimited = accept_beat(
        replace(session, connected=True, seq=0),
        a_beat(1, connected=False),
        None,
        billing=a_billing("enterprise"),
        policy=POLICY,
        now=after(at + 36),
    )
    assert unlimited
    assert unlimited.billing.forgiven == {}


def test_a_session_that_is_lost_is_charged_for_the_visit_that_it_ended_in() -> None:
    visited = beat_at(a_session(), 100, connected=True) or a_session()
    for at, ms, forgiven in ((105, 5_000, 0), (130, 30_000, 0), (1000, 30_000, 5_000)):
        settled = charge_at_end(visited, a_billing("free"), POLICY, after(at))
        assert settled.session.meter.ms == sum(settled.added.values()) == ms
        assert sum(settled.billing.forgiven.values()) == forgiven
    assert charge_at_end(replace(visited, final=True), a_billing("free"), POLICY, after(1000)).added == {}


def test_what_is_charged_is_exact_though_no_beat_comes_at_a_whole_millisecond() -> None:
    session, billing, lines = a_session(connected=True), a_billing("free"), list[LedgerLine]()
    for beat in range(1, 41):
        accepted = accept_beat(
            session, a_beat(beat), None, billing=billing, policy=POLICY, now=after(beat * 30.0007003)
        )
        assert accepted is not None
        session, billing = accepted.session, accepted.billing
        lines += accepted.lines
    _, last = close(session.meter, session.ledger_owner, after(2000))
    assert sum(line.ms for line in (*lines, *last)) == session.meter.ms == sum(billing.used.values()) == 1_200_028
