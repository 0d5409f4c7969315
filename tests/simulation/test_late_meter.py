"""`meter` comes a day late, and while it writes the line of a session that is silent, that session's end begins."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.simulation.functions import Loaded, living_in
from tests.simulation.world import World
from tests.support.records.factories import a_billing


def test_a_period_is_not_closed_without_a_line_that_is_still_to_be_written(functions: Mapping[str, Loaded]) -> None:
    world = World(functions, datetime(2026, 11, 30, 9, tzinfo=UTC), [a_billing()])
    with living_in(world):
        person = world.people[0]
        world.open(person)
        world.live(world.now + timedelta(seconds=100))
        world.pass_time(world.invariants.billings["b-1"]["close_due"])
        late = world.schedule("meter")
        while late.at != "before a commit":
            world.hub.go_on(late, through=False)
        world.hub.go_on(world.stop(person))
        world.hub.go_on(late)
        assert late.done and not world.invariants.closed_periods.closed["b-1"]
        for _ in range(2):
            world.live(world.now + timedelta(minutes=15))
        assert world.invariants.closed_periods.closed["b-1"] == {"2026-11": 90000}
        world.hub.end()
