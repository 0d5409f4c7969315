"""What an accepted heartbeat makes of a session, and which are not accepted."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared.charging import LATE_SECONDS
from shared.heartbeats import (
    FORGOTTEN_AT_ONCE,
    SPACING,
    Declared,
    Hello,
    Signals,
    Stale,
    accept_beat,
    accept_hello,
    comes_too_soon,
    directive,
    settle,
)
from shared.idle import KINDS, decide_reclaim
from shared.metering import LedgerLine, close
from shared.quota import LeftOut, LeftOutEntry, LeftOutKind, StorageUse
from shared.session import STOPPING_SECONDS, EndReason, Hold, Session, SessionState, Verdict
from shared.snapshots import ChangedPath, Changes, head_of, summed
from tests.factories import (
    BOOT,
    LEASE,
    NOW,
    POLICY,
    SID,
    a_beat,
    a_billing,
    a_head,
    a_layer,
    a_manifest,
    a_session,
    after,
    metered,
    signals,
)

CHECKPOINT = Declared(seq=1, manifest="m", sha256="00", bytes=100, files=1)


def beat_at(session: Session, seconds: float, **fields: Any) -> Session | None:
    head, kept = fields.pop("head", None), {name: fields.pop(name, None) for name in ("storage", "apart")}
    fields["session"] = fields.pop("sid", SID)
    payer = fields.pop("billing", a_billing())
    accepted = accept_beat(session, a_beat(**fields), head, **kept, billing=payer, policy=POLICY, now=after(seconds))
    return accepted.session if accepted else None


def test_the_first_hello_wins_and_may_be_repeated() -> None:
    hello = Hello(session=SID, epoch=7, boot=BOOT)
    greeted = accept_hello(a_session(SessionState.OPENING), hello, lease=LEASE, now=after(2))
    assert greeted is not None
    assert (greeted.boot, greeted.lease) == (BOOT, after(2 + LEASE))
    assert accept_hello(greeted, hello, lease=LEASE, now=after(3)) is None
    with pytest.raises(Stale):
        accept_hello(greeted, Hello(session=SID, epoch=7, boot="boot00000000000b"), lease=LEASE, now=after(3))


@pytest.mark.parametrize("state", [SessionState.DRAINING, SessionState.ENDED])
def test_no_container_joins_a_session_that_is_ending(state: SessionState) -> None:
    with pytest.raises(Stale):
        accept_hello(a_session(state, boot=None), Hello(session=SID, epoch=7, boot=BOOT), lease=LEASE, now=NOW)


@pytest.mark.parametrize(
    ("session", "fields"),
    [
        (a_session(), {"boot": "boot00000000000b"}),
        (a_session(), {"epoch": 6}),
        (a_session(), {"epoch": 8}),
        (a_session(), {"sid": "s-00000000000000000002"}),
        (a_session(SessionState.ENDED), {}),
        (a_session(SessionState.DRAINING, final=True, seq=4), {"seq": 5}),
    ],
    ids=["other boot", "older epoch", "newer epoch", "other session", "ended", "after the last word"],
)
def test_a_beat_of_anybody_else_is_stale(session: Session, fields: dict[str, Any]) -> None:
    with pytest.raises(Stale):
        beat_at(session, 30, **{"seq": 9, **fields})


def test_a_session_remembers_as_many_of_its_snapshots_as_are_kept_and_forgets_each_other_once() -> None:
    session, there = a_session(connected=True), list[str]()
    for seq in range(1, 600):
        head = a_head(seq, at=after(20 * seq))
        accepted = accept_beat(
            session, a_beat(seq), head, billing=a_billing("free"), policy=POLICY, kept=5, now=after(20 * seq)
        )
        assert accepted is not None
        there.append(head.snapshot)
        for snapshot in accepted.forgotten:
            there.remove(snapshot)
        session = accepted.session
        assert [save.snapshot for save in session.saves] == there
        assert len(there) <= 5 + 1, "one more while a line of the ledger was written"
        assert head.snapshot in there
        assert len(accepted.forgotten) + len(accepted.lines) <= FORGOTTEN_AT_ONCE
    assert (after(20 * 599) - session.saves[0].at).total_seconds() > 3 * 3600, "they reach back for hours"
    assert session.drain(EndReason.MEMBER, NOW).end(after(20 * 600)).saves == []


def changes(count: int, *, path: str = "p") -> Changes:
    return Changes(added=count, changed=0, removed=0, paths=[ChangedPath(f"{path}{count}", "added")])


def declared(seq: int, told: Changes | None) -> Declared:
    return Declared(seq=seq, manifest="m", sha256="00", bytes=1, files=1, changes=told)


def test_what_changed_is_told_with_the_newest_and_what_is_forgotten_at_once_goes_with_it() -> None:
    session, told = a_session(connected=True), list[Changes | None]()
    for seq in range(1, 8):
        now = after(20 * seq)
        beat = a_beat(seq, checkpoint=declared(seq, changes(seq)))
        accepted = accept_beat(session, beat, a_head(seq, at=now), billing=a_billing(), policy=POLICY, kept=3, now=now)
        assert accepted is not None
        is_alone = bool(session.saves) and session.saves[-1].snapshot in accepted.forgotten
        before, session = session.changes, accepted.session
        assert session.changes == (summed(before, changes(seq)) if is_alone else changes(seq))
        told.append(session.changes)
    assert any(each is not None and len(each.paths) > 1 for each in told)
    unknown = accept_beat(
        session, a_beat(9, checkpoint=declared(9, None)), a_head(9), billing=a_billing(), policy=POLICY, now=after(300)
    )
    assert unknown is not None and unknown.session.changes is None
    assert accept_beat(session, a_beat(9), None, billing=a_billing(), policy=POLICY, now=after(300)) is not None


@pytest.mark.parametrize(
    "odd",
    [
        {"paths": [{"path": "p", "how": "added"}] * 6},
        {"paths": [{"path": "p" * 257, "how": "added"}]},
        {"paths": [{"path": "p", "how": "<b>"}]},
        {"paths": [{"path": 5, "how": "added"}]},
        {"added": -1},
        {"added": 2**60},
        {"more": 1},
    ],
)
def test_what_a_container_tells_of_changes_is_bounded(odd: dict[str, Any]) -> None:
    fine = {"added": 1, "changed": 0, "removed": 0, "paths": [{"path": "p" * 256, "how": "added"}] * 5}
    assert msgspec.convert(fine, Changes)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fine | odd, Changes)


def test_the_snapshot_that_a_session_ends_with_is_a_clean_stop() -> None:
    saved = beat_at(a_session(), 20, seq=1, head=a_head(1))
    assert saved is not None and [save.final for save in saved.saves] == [False]
    acknowledged = beat_at(saved, 30, seq=2, final=True)
    assert acknowledged is not None and [save.final for save in acknowledged.saves] == [True]
    brought = beat_at(saved, 30, seq=2, final=True, head=a_head(2))
    assert brought is not None and [save.final for save in brought.saves] == [False, True]


def test_an_old_beat_changes_nothing() -> None:
    session = a_session(seq=5)
    assert beat_at(session, 30, seq=5) is None
    assert beat_at(session, 30, seq=4) is None


def test_two_functions_whose_clocks_differ_charge_no_moment_twice() -> None:
    first = beat_at(a_session(connected=True), 30, seq=1)
    assert first is not None
    behind = beat_at(first, 29, seq=2)
    assert behind is not None
    last = beat_at(behind, 60, seq=3)
    assert last is not None
    assert last.meter.ms == 60_000


def test_a_beat_extends_the_lease_moves_the_head_and_sets_when_to_look() -> None:
    after_beat = beat_at(a_session(), 30, head=a_head(), signals=signals(editor=25, process=-100))
    assert after_beat is not None
    assert (after_beat.seq, after_beat.seen, after_beat.lease) == (1, after(30), after(30 + LEASE))
    assert after_beat.head == a_head()
    assert after_beat.due == after(25 + 900 - 120)


def test_opening_becomes_active_when_the_workspace_is_restored() -> None:
    opening = a_session(SessionState.OPENING, boot=BOOT)
    still, served = beat_at(opening, 5, restored=False), beat_at(opening, 5, restored=True)
    assert still is not None and still.state == SessionState.OPENING
    assert served is not None and served.state == SessionState.ACTIVE


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
    held = Hold(after(hold[0]), after(hold[1]))
    result = beat_at(a_session(hold=held), seconds, connected=connected)
    assert result is not None
    assert (result.meter.ms, result.meter.background_ms) == (1000 * charged, 1000 * charged)
    assert result.hold == (None if connected else held)


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


def test_what_is_overdue_stays_due_since_then() -> None:
    """Its task was lost, and the sweep leaves alone what has been due for a moment only."""
    seen = signals(editor=0, terminal=0, process=0)
    idle = beat_at(a_session(), 880, connected=False, signals=seen)
    assert idle is not None and idle.due == after(900)
    for seq, at in ((2, 905), (3, 935), (4, 965)):
        beaten = beat_at(idle, at, seq=seq, connected=False, signals=seen)
        assert beaten is not None and beaten.due == after(900)
        idle = beaten
    active = beat_at(idle, 970, seq=5, signals=signals(editor=969))
    assert active is not None and active.due == after(969 + 900 - 120)


def test_a_session_is_due_as_soon_as_nothing_is_left() -> None:
    nearly = a_billing("free", used={"2026-11-23": 1_800_000 - 10_000})
    after_it = beat_at(a_session(connected=True), 30, connected=True, billing=nearly)
    assert after_it is not None
    assert (after_it.meter.ms, after_it.due, after_it.deadline) == (10_000, after(30), after(30))


def test_a_final_beat_of_a_container_that_nobody_asked_begins_the_end() -> None:
    stopped = beat_at(a_session(), 30, final=True)
    assert stopped is not None
    assert (stopped.state, stopped.reason, stopped.final) == (SessionState.DRAINING, EndReason.STOPPED, True)


def test_a_container_that_is_being_stopped_says_so_before_it_saves() -> None:
    stopping = beat_at(a_session(), 30, seq=1, stopping=True)
    assert stopping is not None
    assert (stopping.state, stopping.reason, stopping.final) == (SessionState.DRAINING, EndReason.STOPPED, False)
    last = beat_at(stopping, 35, seq=2, final=True, head=a_head())
    assert last is not None
    assert (last.final, last.head, last.reason) == (True, a_head(), EndReason.STOPPED)


@pytest.mark.parametrize(
    ("stopping", "gone", "at", "waited_for"),
    [
        (False, False, 59, True),
        (False, False, 61, False),
        (False, True, 1, False),  # killed
        (True, True, STOPPING_SECONDS - 1, True),
        (True, True, STOPPING_SECONDS + 1, False),
        (True, False, 59, True),
    ],
)
def test_a_last_checkpoint_is_waited_for_while_it_may_come(
    stopping: bool, gone: bool, at: float, waited_for: bool
) -> None:
    session = a_session().drain(EndReason.MEMBER, NOW)
    if stopping:
        session = beat_at(session, 0, stopping=True) or session
    assert session.may_still_save(gone=gone, patience=60, now=after(at)) == waited_for


def test_a_final_beat_keeps_the_reason_of_draining() -> None:
    draining = a_session().drain(EndReason.IDLE, NOW)
    final = beat_at(draining, 30, final=True)
    assert final is not None
    assert (final.reason, final.final, final.due) == (EndReason.IDLE, True, after(60))


@pytest.mark.parametrize("stamp", [-1e300, -1.0, 1e300])
def test_stamps_beyond_any_calendar_do_no_harm(stamp: float) -> None:
    odd = Signals(editor=stamp, terminal=stamp, process=stamp, preview=stamp)
    result = beat_at(a_session(), 30, signals=odd)
    assert result is not None
    assert all(seen <= after(30) for seen in result.signals.values())


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
        settled = settle(visited, a_billing("free"), POLICY, after(at))
        assert settled.session.meter.ms == sum(settled.added.values()) == ms
        assert sum(settled.billing.forgiven.values()) == forgiven
    assert settle(replace(visited, final=True), a_billing("free"), POLICY, after(1000)).added == {}


@pytest.mark.parametrize(
    ("later", "news", "soon"),
    [
        (4.9, {}, True),
        (5.0, {}, False),
        (-1.0, {}, False),  # by another function's clock
        (0.9, {"connected": True}, True),  # the visit before began at 100
        (1.1, {"connected": True}, False),
        (0.1, {"final": True}, False),
        (0.1, {"stopping": True}, False),
        (0.1, {"checkpoint": CHECKPOINT}, False),
    ],
)
def test_a_beat_that_comes_too_soon_and_says_nothing_new(later: float, news: dict[str, Any], soon: bool) -> None:
    session = a_session(seq=3, seen=after(100), least=after(130), paid=after(100))
    beat = a_beat(4, **{"connected": False, **news})
    assert comes_too_soon(session, beat, POLICY, after(100 + later)) is soon
    assert not comes_too_soon(replace(session, state=SessionState.OPENING), beat, POLICY, after(100 + later)), (
        "it serves now"
    )


@pytest.mark.parametrize(
    ("seen", "editor", "fields", "soon"),
    [
        (800, 801, {}, False),  # warned, and the member answers
        (899, 899.5, {}, False),
        (905, 903, {}, False),  # it is to be reclaimed, and its container is asked for fresh signals
        (800, 0, {}, True),  # the same signal once more
        (800, 4, {}, True),  # a signal that creeps on is no answer
        (800, 6, {}, False),
        (700, 701, {}, True),  # nobody is warned yet
        (800, 801, {"connected": False}, True),  # nobody is there to be warned
        (905, 906, {"connected": False, "paid": NOW}, True),  # nobody is charged
        (800, 801, {"deadline": after(790)}, True),  # nothing averts the end of the plan's time
    ],
)
def test_what_averts_a_reclaim_is_news_however_soon_it_comes(
    seen: float, editor: float, fields: dict[str, Any], soon: bool
) -> None:
    session = a_session(**{"seq": 3, "seen": after(seen), "connected": True, "signals": {"editor": NOW}, **fields})
    beat = a_beat(4, connected=session.connected, signals=signals(editor=editor))
    assert comes_too_soon(session, beat, POLICY, after(seen + 2)) is soon


def test_a_container_that_flaps_with_its_signals_while_it_is_warned_is_committed_once_in_a_while() -> None:
    """Each of its heartbeats, 20 a second, has a signal that is a little newer, and would be warned again at once."""
    session = a_session(seq=1, seen=after(800), connected=True, signals={"editor": NOW}, paid=NOW)
    commits = 0
    for beat in range(20 * 60):
        at = after(800 + beat / 20)
        said = a_beat(beat + 2, signals=signals(editor=beat / 20 + 0.1))
        if not comes_too_soon(session, said, POLICY, at):
            accepted = accept_beat(session, said, None, billing=a_billing(), policy=POLICY, now=at)
            assert accepted is not None
            session, commits = accepted.session, commits + 1
    assert commits <= 60 / (POLICY.interval * SPACING) + 1


def test_a_checkpoint_that_is_committed_is_nothing_new() -> None:
    head = head_of(CHECKPOINT, a_manifest(a_layer()), epoch=7, boot=BOOT, now=NOW)
    beat = a_beat(4, connected=False, checkpoint=CHECKPOINT)
    assert comes_too_soon(a_session(seq=3, seen=NOW, head=head), beat, POLICY, after(1))
    assert not comes_too_soon(a_session(seq=3, seen=NOW, head=head, final=True), beat, POLICY, after(1)), "it is stale"


def test_what_is_charged_is_exact_though_no_beat_comes_at_a_whole_millisecond() -> None:
    session, billing, lines = a_session(connected=True), a_billing("free"), list[LedgerLine]()
    for beat in range(1, 41):
        accepted = accept_beat(
            session, a_beat(beat), None, billing=billing, policy=POLICY, now=after(beat * 30.0007003)
        )
        assert accepted is not None
        session, billing = accepted.session, accepted.billing
        lines += accepted.lines
    _, last = close(session.meter, session.spender, after(2000))
    assert sum(line.ms for line in (*lines, *last)) == session.meter.ms == sum(billing.used.values()) == 1_200_028


def test_a_warning_is_kept_once_with_its_reason() -> None:
    quiet = {"signals": signals(editor=0), "connected": True}
    warned = beat_at(a_session(connected=True), 800, seq=1, **quiet)
    assert warned is not None
    assert [(d.verdict, d.idle_at) for d in warned.decisions] == [(Verdict.WARN, after(900))]
    again = beat_at(warned, 830, seq=2, **quiet)
    assert again is not None
    assert (len(again.decisions), again.due) == (1, after(900))


def test_the_directive_follows_the_session() -> None:
    session = a_session(connected=True, signals={"editor": NOW})
    assert directive(session, POLICY, after(10)) == ("continue", after(900))
    assert directive(session, POLICY, after(800)) == ("warn", after(900))
    assert directive(session.drain(EndReason.MEMBER, NOW), POLICY, after(10))[0] == "drain"
    used_up = replace(session, connected=True, deadline=after(10))
    assert directive(used_up, POLICY, after(9))[0] == "continue"
    assert directive(used_up, POLICY, after(10)) == ("drain", after(10)), "going on working averts nothing"


def test_what_a_checkpoint_takes_and_what_is_left_out_is_remembered() -> None:
    use = StorageUse(used=500, limit=100)
    left_out = LeftOut(1, 9000, 0, [LeftOutEntry("proj/clip.mp4", 9000, LeftOutKind.FILE, True)])
    saved = beat_at(a_session(head=a_head(1)), 30, head=a_head(2), storage=use, left_out=left_out)
    assert saved is not None
    assert (saved.head, saved.storage, saved.left_out) == (a_head(2), use, left_out)
    quiet = beat_at(saved, 60, seq=2)
    assert quiet is not None
    assert (quiet.head, quiet.storage, quiet.left_out) == (a_head(2), use, None), "each beat says what is left out"


def test_a_first_visit_and_every_leave_are_told_at_once() -> None:
    opened = a_session(seq=1, seen=NOW, least=after(30))
    assert not comes_too_soon(opened, a_beat(2, connected=True), POLICY, after(0.1))
    visited = replace(opened, connected=True, paid=NOW)
    assert not comes_too_soon(visited, a_beat(2, connected=False), POLICY, after(0.1))
