"""Whatever beats arrive, in whatever order: what must hold of the session they make."""

from hypothesis import given
from hypothesis import strategies as st

from shared.sessions.heartbeats import Beat, Signals, Stale, accept_beat
from shared.sessions.reclaim_decision import BY_HAND
from tests.support.records.factories import POLICY, a_beat, a_billing, a_head, a_session, after, becoming

rarely = st.sampled_from([False] * 9 + [True])
stamps = st.none() | st.floats(allow_nan=False, allow_infinity=False)
beats = st.builds(
    a_beat,
    seq=st.integers(0, 12),
    connected=st.booleans(),
    restored=st.booleans(),
    final=rarely,
    stopping=rarely,
    epoch=st.sampled_from([6, 7, 7, 7, 8]),
    signals=st.builds(Signals, editor=stamps, terminal=stamps, process=stamps, preview=stamps),
)
arrivals = st.lists(st.tuples(beats, st.floats(-5, 200)), max_size=25)


@given(arrivals)
def test_a_session_is_charged_no_more_than_has_passed_and_never_goes_back(arrivals: list[tuple[Beat, float]]) -> None:
    session, at = a_session(), 0.0
    for beat, pause in arrivals:
        at += pause
        now = after(at)
        try:
            accepted = accept_beat(
                session, beat, becoming(a_head(beat.seq)), billing=a_billing(), policy=POLICY, now=now
            )
        except Stale:
            continue
        if accepted is None:
            continue
        later = accepted.session
        assert later.seq > session.seq
        passed = max(0.0, 1000 * (now - session.seen).total_seconds())
        assert 0 <= later.meter.ms - session.meter.ms < passed + 1, "moments are in whole milliseconds"
        assert all(later.signals[kind] >= seen for kind, seen in session.signals.items())
        assert all(later.signals[kind] <= max(now, session.signals.get(kind, now)) for kind in later.signals)
        assert not session.final
        assert later.due is not None
        assert all(kind in later.signals for kind in BY_HAND) or not beat.connected
        session = later
