"""A member who tries to pay nothing, for a day: docs/decisions/0025-uncharged-time.md states the bounds.

Strangers' slow requests keep the container's CPU on all the time, so that nothing but the agent's stop of the member's
programs, and what the control plane believes, is in the way.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.plans import PLANS
from shared.billing.time_allowance import FORGIVEN_PART
from shared.sessions.heartbeats import Beat, Signals
from tests.simulation import removals
from tests.simulation.conftest import played
from tests.simulation.container import Container
from tests.simulation.functions import Loaded, living_in
from tests.simulation.invariants import INTERVAL
from tests.simulation.people import Person
from tests.simulation.world import World
from tests.support.records.factories import a_billing

START = datetime(2026, 11, 29, 0, 5, tzinfo=UTC)
DAY = timedelta(hours=23)
FREE = timedelta(seconds=PLANS["free"].seconds or 0)
IDLE = timedelta(seconds=PLANS["free"].idle)
OPENING = timedelta(minutes=3)
MOMENT = timedelta(seconds=1)
"""Of each visit: until the word that a browser came was accepted."""
ENDING = timedelta(minutes=3)
"""A session's end may take as long, with a container that does not give it back."""
WAYS = st.tuples(st.floats(0.2, 70), st.floats(0.2, 700), st.booleans())
"""How long a visit is, how long until the next one, and whether its end freezes the container before it can say so."""


@contextmanager
def free_member(functions: Mapping[str, Loaded], *, throttles: bool) -> Iterator[tuple[World, Person]]:
    world = World(functions, START, [a_billing("free", bid="b-1")])
    world.fleet.throttles = throttles
    with living_in(world):
        world.throttle()
        try:
            yield world, world.people[0]
        finally:
            world.hub.end()


@pytest.mark.soak
@played(10)
@given(st.lists(WAYS, min_size=1, max_size=4))
def test_a_page_alone_gains_a_tenth_and_a_moment_of_each_visit(
    functions: Mapping[str, Loaded], ways: list[tuple[float, float, bool]]
) -> None:
    used, paid, visits = visit_all_day(functions, ways)
    assert used <= paid + FREE / FORGIVEN_PART + visits * MOMENT


def test_without_the_budget_of_forgiven_time_it_gains_as_much_as_it_pays(functions: Mapping[str, Loaded]) -> None:
    just_before_the_next_heartbeat = [(59.0, 120.0, True)]
    with removals.the_budget_of_forgiven_time(functions):
        used, paid, visits = visit_all_day(functions, just_before_the_next_heartbeat)
    assert used > paid + 3 * FREE / FORGIVEN_PART + visits * MOMENT
    used, paid, visits = visit_all_day(functions, just_before_the_next_heartbeat)
    assert used <= paid + FREE / FORGIVEN_PART + visits * MOMENT


def visit_all_day(
    functions: Mapping[str, Loaded], ways: list[tuple[float, float, bool]]
) -> tuple[timedelta, timedelta, int]:
    """What a member of Free used and was charged who comes and goes in these ways, and how many visits it took."""
    with free_member(functions, throttles=True) as (world, person):
        visits = 0
        while world.now < START + DAY and visits < 70 and charged(world) < FREE:
            visit, pause, freezes = ways[visits % len(ways)]
            visits += 1
            come(world, person)
            live(world, visit)
            for container in world.fleet.containers():
                container.throttled = freezes
                container.leave()
            live(world, pause)
        live(world, IDLE.total_seconds() + 600)
        used = sum((until - since for uses in world.invariants.uses.values() for since, until in uses), timedelta())
        return used, charged(world), visits


Lie = Callable[[int], bool]


@pytest.mark.parametrize(
    "says_connected",
    [lambda _n: False, lambda n: n % 20 == 5, lambda n: n % 2 == 0, lambda n: n % 7 == 0],
    ids=["nobody is there", "a second each nine minutes", "every other time", "now and then"],
)
def test_a_container_that_lies_stays_an_idle_time_for_each_interval_that_it_is_charged(
    functions: Mapping[str, Loaded], says_connected: Lie
) -> None:
    with free_member(functions, throttles=False) as (world, person):
        for _ in range(2):
            world.open(person)
            live(world, 5)
            sid, n = person.sid, 0
            while world.invariants.sessions[sid]["state"] in ("opening", "active") and n < 2000:
                n += 1
                for container in world.fleet.containers():
                    if container.claims and container.claims.sid == sid and container.token:
                        container.honest, container.next_beat = False, None
                        say(world, container, n, connected=says_connected(n))
                live(world, 28)
            live(world, 300)
            if charged(world) >= FREE:
                break
        ended = [each for each in world.invariants.sessions.values() if each["ended"]]
        assert ended
        for session in ended:
            visits = 1 + timedelta(milliseconds=session["meter"]["ms"]) / INTERVAL
            assert session["ended"] - session["opened"] <= OPENING + ENDING + visits * (IDLE + INTERVAL)


def come(world: World, person: Person) -> None:
    """To the open session, or to a new one."""
    session = world.invariants.sessions.get(person.sid)
    if session is None or session["state"] == "ended":
        world.open(person)
    else:
        world.enter(person)
    live(world, 0.3)


def say(world: World, container: Container, n: int, *, connected: bool) -> None:
    """That everything was seen just now."""
    assert container.claims is not None
    assert container.token is not None
    now = world.now.timestamp()
    beat = Beat(
        session=container.claims.sid,
        epoch=container.claims.epoch,
        boot=container.boot,
        seq=container.seq + n,
        connected=connected,
        restored=True,
        final=False,
        signals=Signals(editor=now, terminal=now, process=None, preview=now),
        checkpoint=None,
    )
    world.post(container.token, beat)


def live(world: World, seconds: float) -> None:
    world.live(world.now + timedelta(seconds=seconds))


def charged(world: World) -> timedelta:
    return timedelta(milliseconds=sum(each["meter"]["ms"] for each in world.invariants.sessions.values()))
