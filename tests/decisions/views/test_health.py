"""Which figures are healthy, and what the times to open are made of."""

import pytest

from shared.sessions.session import EndReason, Opening, SessionState
from shared.slots.levers import PoolSize
from shared.slots.slot import SlotState
from shared.views.health import HEALTHY, Measure, opening_figures, pool_figures, quantile
from tests.support.records.factories import a_session, after

EMPTY = dict.fromkeys(SlotState, 0)


def test_every_measure_has_its_range_in_one_table() -> None:
    assert HEALTHY.keys() | {Measure.WARM, Measure.OPEN_SESSIONS} == set(Measure)
    assert all(least is not None or most is not None for least, most in HEALTHY.values())


@pytest.mark.parametrize(("warm", "healthy"), [(0, False), (1, False), (2, True), (3, True)])
def test_at_least_half_of_the_wanted_slots_should_be_warm(warm: int, healthy: bool) -> None:
    figures = pool_figures({**EMPTY, SlotState.WARM: warm}, PoolSize(warm=3, max=10), failed=0, most_open=None)
    found = {figure.name: figure for figure in figures}[Measure.WARM]
    assert (found.value, found.least, found.healthy) == (warm, 2, healthy)


@pytest.mark.parametrize(
    ("claimed", "limit", "most", "healthy"),
    [(18, 20, 18, True), (19, 20, 18, False), (1, 0, 0, False), (0, 0, 0, True), (500, None, None, True)],
)
def test_a_tenth_of_the_limit_of_open_sessions_should_be_left(
    claimed: int, limit: int | None, most: int | None, healthy: bool
) -> None:
    figures = pool_figures({**EMPTY, SlotState.CLAIMED: claimed}, PoolSize(warm=0, max=1000), 0, limit)
    found = {figure.name: figure for figure in figures}[Measure.OPEN_SESSIONS]
    assert (found.value, found.most, found.healthy) == (claimed, most, healthy)


def test_a_full_pool_and_a_slot_that_fails_are_not_healthy() -> None:
    slots = {**EMPTY, SlotState.CLAIMED: 10, SlotState.QUARANTINED: 0}
    found = {each.name: each for each in pool_figures(slots, PoolSize(warm=0, max=10), failed=2, most_open=None)}
    assert (found[Measure.FREE].value, found[Measure.FREE].healthy) == (0.0, False)
    assert not found[Measure.FAILED_INCARNATIONS].healthy
    empty = pool_figures(EMPTY, PoolSize(warm=0, max=0), failed=0, most_open=None)
    assert all(figure.healthy for figure in empty)


def test_times_are_by_step_and_only_of_sessions_that_have_made_it() -> None:
    sessions = [
        a_session(opening=Opening(hello=after(0.2), served=after(0.2 + n), entered=after(3 + n), cold=n == 3))
        for n in range(4)
    ]
    opening = a_session(SessionState.OPENING, served=False)
    failed = a_session(SessionState.ENDED, served=False, reason=EndReason.NEVER_OPENED)
    found = {each.name: each for each in opening_figures([*sessions, opening, failed], refused=0)}
    assert (found[Measure.HELLO_P50].value, found[Measure.HELLO_P95].value) == (0.2, 0.2)
    assert (found[Measure.FILES_P50].value, found[Measure.FILES_P95].value) == (1.0, 3.0)
    assert (found[Measure.OPEN_P95].value, found[Measure.EDITOR_P50].value) == (3.2, 4.0)
    assert found[Measure.MISSES].value == 1 / 6
    assert found[Measure.ERRORS].value == 1 / 5, "who is still opening has not failed"
    assert (found[Measure.LOST].value, found[Measure.LOST].healthy) == (0.0, True)


def test_without_sessions_nothing_is_measured_and_nothing_is_wrong() -> None:
    figures = opening_figures([], refused=0)
    assert {(figure.value, figure.healthy) for figure in figures if figure.name != Measure.REFUSED} == {(None, True)}


def test_who_found_every_slot_in_use_is_a_miss_though_no_session_is_there() -> None:
    opened = a_session(opening=Opening(hello=after(0.2), served=after(0.4), cold=False))
    found = {each.name: each for each in opening_figures([opened, opened, opened], refused=1)}
    assert (found[Measure.MISSES].value, found[Measure.REFUSED].value) == (1 / 4, 1)
    assert not found[Measure.REFUSED].healthy
    alone = {each.name: each for each in opening_figures([], refused=2)}
    assert (alone[Measure.MISSES].value, alone[Measure.ERRORS].value) == (1.0, None)


@pytest.mark.parametrize(("part", "value"), [(0.5, 2.0), (0.95, 4.0), (1.0, 4.0), (0.25, 1.0)])
def test_a_quantile_is_one_of_the_values(part: float, value: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], part) == value
