"""What happens in a schedule, one function for each thing, and how often: to whom of those that there are."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cache, partial
from itertools import pairwise
from random import Random
from typing import TypeVar

from msgspec.structs import replace

from tests.simulation.container import Container
from tests.simulation.granting import granted
from tests.simulation.hostile_messages import lie
from tests.simulation.losses import Loss
from tests.simulation.paying_steps import (
    ask,
    buy,
    delete_customer,
    give_plan,
    hear,
    leave_for_good,
    lose_event,
    not_hear,
    occur,
    pay,
    weeks,
)
from tests.simulation.team_steps import (
    accept,
    answer_role,
    buy_for_team,
    delete_team,
    give_role,
    give_team_plan,
    invite,
    leave_little,
    leave_team,
    make_team,
    remove_person,
    resend,
    revoke,
    team_days,
    verify,
)
from tests.simulation.world import LATE, World

PLAN_NAMES = ("free", "starter", "team", "enterprise")
ZONES = ("UTC", "Asia/Seoul", "America/New_York")
PAUSES = (0.05, 1.0004, 5.0, 12.0, 29.999, 31.0, 61.0, 89.9996, 91.0, 130.0, 300.0, 1200.0, 7200.0)
CLOSINGS = (-300.0, -61.0, -1.0, 0.0, 3600.0, 90000.0)
"""Seconds from the moment at which the oldest period that is counted can be closed."""
SPELLS = (10.0, 31.0, 60.0, 61.5, 150.0, 300.0)

Step = Callable[[World, int], None]
T = TypeVar("T")


def _one(among: Sequence[T], whom: int) -> Iterator[T]:
    """One of them, if there is any."""
    if among:
        yield among[whom % len(among)]


def nothing(_world: World, _whom: int) -> None:
    pass


def go_on(world: World, whom: int) -> None:
    """One process makes one step, or goes on up to where it waits."""
    for process in _one(world.hub.runnable(), whom >> 1):
        world.hub.go_on(process, through=bool(whom & 1))


def begin(world: World, whom: int) -> None:
    """A task is delivered, or a container beats."""
    starts: list[Callable[[], None]] = [partial(world.queue.begin, task) for task in world.queue.due()]
    starts += [container.tick for container in world.fleet.containers() if container.due]
    for start in _one(starts, whom):
        start()


def all_go_on(world: World, _whom: int) -> None:
    world.exhaust()


def pause(world: World, whom: int) -> None:
    """Time passes, and nothing happens that should."""
    world.pass_time(world.now + timedelta(seconds=PAUSES[whom % len(PAUSES)]))


def nights(world: World, whom: int) -> None:
    """Nobody comes and nothing happens, not even `meter`, until a period that was used is over everywhere."""
    if due := [billing["close_due"] for billing in world.invariants.billings.values() if billing["close_due"]]:
        world.pass_time(min(due) + timedelta(seconds=CLOSINGS[whom % len(CLOSINGS)]))


def spell(world: World, whom: int) -> None:
    """Time passes in peace."""
    world.live(world.now + timedelta(seconds=SPELLS[whom % len(SPELLS)]))


def open_(world: World, whom: int) -> None:
    for person in _one(world.people, whom):
        world.open(person)


def stop(world: World, whom: int) -> None:
    for person in _one([person for person in world.people if person.sid], whom):
        world.stop(person)


def enter(world: World, whom: int) -> None:
    for person in _one([person for person in world.people if person.sid], whom):
        world.enter(person)


def leave(world: World, whom: int) -> None:
    for container in _one([each for each in world.fleet.containers() if each.browsers], whom):
        container.leave()


def type_(world: World, whom: int) -> None:
    """The member works from now on, or rests."""
    for container in _one(_taken(world), whom):
        container.typing = not container.typing


def work(world: World, whom: int) -> None:
    """A program of the member's is busy from now on, or ends."""
    for container in _one(_taken(world), whom):
        container.working = not container.working


def change_plan(world: World, whom: int) -> None:
    plan = PLAN_NAMES[(whom >> 2) % len(PLAN_NAMES)]
    for person in _one(world.people, whom & 3):
        world.change_billing(person.bid, lambda billing: replace(billing, plan=plan))


def grant(world: World, whom: int) -> None:
    for person in _one(world.people, whom & 3):
        world.change_billing(person.bid, lambda billing: granted(billing, world.now, 1000 * (1 + whom)))


def move(world: World, whom: int) -> None:
    zone = ZONES[(whom >> 2) % len(ZONES)]
    for person in _one(world.people, whom & 3):
        world.change_billing(person.bid, lambda billing: replace(billing, time_zone=zone))


def suspend(world: World, whom: int) -> None:
    for person in _one(world.people, whom):
        world.operate("suspend", person)


def resume(world: World, whom: int) -> None:
    for person in _one(world.people, whom):
        world.operate("resume", person)


def run_pool(world: World, _whom: int) -> None:
    world.schedule("pool")


def run_meter(world: World, _whom: int) -> None:
    world.schedule("meter")


def kill(world: World, whom: int) -> None:
    """A function's process ends, wherever it is."""
    functions = [process for process in world.hub.processes if process.owner is None and process.ends is not None]
    for process in _one(functions, whom):
        world.events.note("a function was killed between two steps" if process.begun else None)
        asked = process.begun and process.name == "payer"
        world.events.note("a function was killed while it asked about a payer" if asked else None)
        process.kill()


def lose_commit(world: World, whom: int) -> None:
    world.loss = list(Loss)[whom % 3]


def lose_task(world: World, whom: int) -> None:
    world.task_loss = list(Loss)[whom % 3]


def lose_post(world: World, whom: int) -> None:
    """A heartbeat never arrives, or its answer does not."""
    calls = [process for process in world.hub.processes if process.name == "heartbeat"]
    for call in _one(calls, whom >> 1):
        if whom & 1:
            world.events.note("a heartbeat was lost")
            call.kill()
        else:
            world.events.note("an answer to a heartbeat was lost")
            call.mute = True


def repeat_post(world: World, whom: int) -> None:
    """A heartbeat arrives once more, however late."""
    for sent, token, message in _one(world.posts, whom):
        is_late = world.now - sent > LATE
        world.events.note("a heartbeat came again, late" if is_late else "a heartbeat came twice")
        world.call("heartbeat", token, message)


def repeat_task(world: World, whom: int) -> None:
    for task in _one(world.queue.delivered[-10:], whom):
        world.events.note("a task came twice")
        world.queue.repeat(task)


def kill_container(world: World, whom: int) -> None:
    for container in _one(_taken(world), whom):
        world.fleet.kill(container)


def stop_container(world: World, whom: int) -> None:
    for container in _one(_taken(world), whom):
        world.fleet.stop(container)


def freeze(world: World, whom: int) -> None:
    """It has no CPU, whatever is asked of it; or has it again."""
    for container in _one(_taken(world), whom):
        container.frozen = not container.frozen


def besiege(world: World, whom: int) -> None:
    """Strangers' slow requests, which nobody has let in, keep a container's CPU on; or no longer."""
    for container in _one(world.fleet.containers(), whom):
        container.besieged = not container.besieged
        world.events.note("strangers kept a container's CPU on" if container.besieged else None)


def cut_off(world: World, whom: int) -> None:
    """It reaches the control plane no more; or again."""
    for container in _one(_taken(world), whom):
        container.cut_off = not container.cut_off


def second(world: World, whom: int) -> None:
    """Another container appears behind the same URL, and has its traffic. The one before goes on."""
    for container in _one(_taken(world), whom):
        world.fleet.start(world.fleet.known[container.slot], 0)


def lie_(world: World, whom: int) -> None:
    for container in _one(_taken(world), whom & 3):
        lie(world, container, Random(whom))  # noqa: S311


def _taken(world: World) -> list[Container]:
    """Containers that somebody has been in: all others are as good as any other."""
    return [each for each in world.fleet.containers() if each.claims and each.slot in world.fleet.known]


ALWAYS: dict[Step, int] = {
    go_on: 60, begin: 14, all_go_on: 16, pause: 14, spell: 26, open_: 16, enter: 10, leave: 5, type_: 8, work: 4,
    stop: 4, change_plan: 4, grant: 2, move: 2, suspend: 2, resume: 2, run_pool: 3, run_meter: 2, nights: 2,
}  # fmt: skip
TIMELY: dict[Step, int] = {
    spell: 60, open_: 16, enter: 10, leave: 4, type_: 14, work: 5, stop: 3, grant: 2, run_pool: 1, run_meter: 1,
}  # fmt: skip
FAULTS: Sequence[dict[Step, int]] = (
    {kill: 20},
    {lose_commit: 20, lose_task: 6},
    {lose_post: 16, repeat_post: 10, repeat_task: 8},
    {kill_container: 8, stop_container: 6},
    {freeze: 8, cut_off: 8, besiege: 8},
    {second: 8},
    {lie_: 30},
)
"""Each bit of a header's last byte is a kind of them."""


PAYING: dict[Step, int] = {
    change_plan: 0, spell: 12, open_: 8, enter: 5, type_: 4, leave: 3, nights: 1, run_meter: 6,
    buy: 24, pay: 50, occur: 56, hear: 40, ask: 24, lose_event: 4, not_hear: 5, give_plan: 6, leave_for_good: 3,
    delete_customer: 2, weeks: 10, kill: 6,
}  # fmt: skip
"""A plan is set through who pays."""
TEAMS: dict[Step, int] = {
    make_team: 6, invite: 24, accept: 34, resend: 8, revoke: 4, leave_team: 8, remove_person: 12, give_role: 12,
    answer_role: 14, delete_team: 2, give_team_plan: 12, leave_little: 4, verify: 3, team_days: 8, leave_for_good: 3,
    suspend: 1, resume: 2, open_: 26, enter: 14, type_: 12,
}  # fmt: skip


@cache
def table_of(kinds: int | None, *, pays: bool = False, teams: bool = False) -> list[Step]:
    """What each value of a step's first byte means. Where members pay, no container lies: an operator sets the plan of
    one that does."""
    weights = {nothing: 1} | dict(TIMELY if kinds is None else ALWAYS) | (PAYING if pays else {})
    if teams:
        weights |= TEAMS | ({buy_for_team: 20} if pays else {})
    for number, steps in enumerate(FAULTS):
        if kinds is not None and kinds & (1 << number):
            weights |= steps
    if pays:
        weights |= {lie_: 0}
    weights = {step: weight for step, weight in weights.items() if weight}
    total, sum_, bounds = sum(weights.values()), 0, [0]
    for weight in weights.values():
        sum_ += weight
        bounds.append(max(1, round(256 * sum_ / total)))
    return [step for step, (low, high) in zip(weights, pairwise(bounds), strict=True) for _ in range(high - low)]
