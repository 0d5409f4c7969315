"""The end of each schedule: the faults stop, members go home, and everything must come to rest."""

from datetime import timedelta

from msgspec.structs import replace

from shared.errors import Problem
from tests.simulation.invariants import LEASE, place
from tests.simulation.world import EVERY, World

WITHIN = timedelta(hours=1)
"""The longest of what may still have to pass: opening, idle, draining, a task's retries, back-offs of the pool."""


def finish(world: World) -> None:
    world.loss = world.task_loss = None
    for container in world.fleet.containers():
        container.frozen = container.cut_off = False
    world.live(world.now + timedelta(seconds=70))  # what is on its way arrives, and who waits for an answer has it
    for container in world.fleet.containers():
        container.typing = container.working = False
        container.leave()
        container.browsers = 0
        if not container.honest:
            world.fleet.kill(container)
    _rest(world)
    for container in world.fleet.containers():
        if container.lease and container.lease > world.now:
            world.fail(f"{container.boot} may still serve")
    for wid, workspace in world.invariants.workspaces.items():
        heads = [place(each["head"]) for each in world.invariants.sessions.values() if each["wid"] == wid]
        if place(workspace["head"]) != max(heads, default=(0, 0)):
            world.fail(f"{wid} comes back with {workspace['head']}, and had {max(heads)}")
    _close_the_books(world)
    for person in world.people:
        world.operate("resume", person)
        world.change_billing(person.bid, lambda billing: replace(billing, plan="enterprise"))
        world.exhaust()
        opening = world.open(person)
        answers: list[object] = []
        opening.on_end = lambda process, answers=answers: answers.append(process.result)  # type: ignore[misc]
        world.live(world.now + timedelta(seconds=70))
        if not answers or answers[0] is None or isinstance(answers[0], Problem):
            world.fail(f"{person.uid} can't open again: {answers}")


def _rest(world: World) -> None:
    """Until every session has ended, every lease is over, and every slot is in the pool again."""
    until = world.now + WITHIN
    while (why := _unrest(world)) is not None:
        if world.now > until:
            world.fail(f"it does not come to rest: {why}")
            return
        world.live(world.now + timedelta(seconds=30))
    world.live(world.now + LEASE)


def _close_the_books(world: World) -> None:
    """Long after, all that was used is closed and rolled up: a run that lost a race is followed by another."""
    books, billings = world.invariants.books, world.invariants.billings
    world.pass_time(books.last(billings, world.now))
    for _ in range(3):
        world.pass_time(world.now + EVERY["meter"])
        world.exhaust()
    if why := books.open(billings):
        world.fail(f"the books are not closed: {why}")


def _unrest(world: World) -> str | None:
    for session in world.invariants.sessions.values():
        if session["state"] != "ended":
            return f"{session['sid']} is {session['state']}"
    for slot in world.invariants.slots.values():
        if slot["state"] not in ("warm", "cold"):
            return f"{slot['name']} is {slot['state']}"
    return None
