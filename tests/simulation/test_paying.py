"""A member subscribes, and the function that asks about it dies on its way: the plan is there all the same."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulation.functions import Loaded, living_in
from tests.simulation.paying_steps import order_page, tell
from tests.simulation.provider import ANSWERED
from tests.simulation.world import World
from tests.support.records.factories import a_billing

START = datetime(2026, 11, 29, 9, tzinfo=UTC)
STEPS = {
    "before a read": "free",
    "before a question to the provider": "free",
    ANSWERED: "free",
    "before a commit": "free",
    "after a commit": "pro",
}
"""Where the function dies, and the plan at that moment."""


@pytest.mark.parametrize("kill_at", STEPS)
def test_who_pays_has_the_plan_though_the_function_that_asks_dies(
    functions: Mapping[str, Loaded], kill_at: str
) -> None:
    world = World(functions, START, [a_billing("free", bid="b-0", owner="u-0")])
    with living_in(world):
        order_page(world, world.people[0], "pro")
        world.live(world.now + timedelta(seconds=1))
        [page] = world.provider.payable()
        world.provider.pay(page, succeeds=True)
        world.hub.go_on(tell(world, world.provider.undelivered.pop()))
        world.pass_time(world.now + timedelta(seconds=1))
        [task] = [task for task in world.queue.due() if task.function == "payer"]
        world.queue.begin(task)
        asking = task.running
        assert asking is not None
        while asking.at != kill_at:
            world.hub.go_on(asking, through=False)
        asking.kill()
        assert world.invariants.billings["b-0"]["plan"] == STEPS[kill_at]
        world.live(world.now + timedelta(seconds=10))
        assert world.invariants.billings["b-0"]["plan"] == "pro"
        assert world.paying.wrong("b-0", world.now) is None
        world.hub.end()
