"""The end of each schedule: the faults stop, members go home, and everything must come to rest."""

from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.time_allowance import allowance
from shared.errors import Problem
from tests.simulation.granting import granted
from tests.simulation.invariants import LEASE, place
from tests.simulation.world import EVERY, World

LIARS_HAVE_MS = 60_000
WITHIN = timedelta(hours=1)
"""The longest of what may still have to pass: opening, idle, draining, a task's retries, back-offs of the pool."""


def finish(world: World) -> None:
    world.loss = world.task_loss = world.provider.unheard = None
    for container in world.fleet.containers():
        container.frozen = container.cut_off = False
    world.live(world.now + timedelta(seconds=70))  # what is on its way arrives, and who waits for an answer has it
    for container in world.fleet.containers():
        container.typing = container.working = False
        container.leave()
        container.browsers = 0
    insisted = _insist(world)
    _rest(world)
    for sid in insisted:
        decisions = world.invariants.sessions[sid]["decisions"]
        if decisions and decisions[-1]["reason"] == "allowance":
            world.events.note("a liar's session was ended by its allowance")
    for container in world.fleet.containers():
        if container.lease and container.lease > world.now:
            world.fail(f"{container.boot} may still serve")
    for wid, workspace in world.invariants.workspaces.items():
        heads = [place(each["head"]) for each in world.invariants.sessions.values() if each["wid"] == wid]
        if not workspace["closed"] and place(workspace["head"]) != max(heads, default=(0, 0)):
            world.fail(f"{wid} comes back with {workspace['head']}, and had {max(heads)}")
    _close_the_books(world)
    _pay(world)
    if why := world.teams.wrong():
        world.fail(why)
    for person in world.people:
        if world.is_closed(person.bid):
            continue
        world.operate("resume", person)
        for bid in (person.bid, *world.teams.teams):
            pays = bid in world.paying.payers
            world.change_billing(bid, partial(_freely, now=world.now) if pays else _without_limit)
        world.exhaust()
        if world.teams.has_no_seat_for(person.uid):
            continue
        opening = world.open(person)
        answers: list[object] = []
        opening.on_end = lambda process, answers=answers: answers.append(process.result)  # type: ignore[misc]
        world.live(world.now + timedelta(seconds=70))
        if not answers or answers[0] is None or isinstance(answers[0], Problem):
            world.fail(f"{person.uid} can't open again: {answers}")


def _without_limit(billing: Billing) -> Billing:
    return replace(billing, plan="enterprise")


def _freely(billing: Billing, now: datetime) -> Billing:
    """Whose plan is the payer's has more time in it."""
    return granted(billing, now, 1000 * 3600 * 1000)


def _insist(world: World) -> list[str]:
    """Liars say from now on that somebody is at work, and only their allowance ends that: an operator has left them a
    minute of it. The sessions of those whose word counts."""
    sessions, insisted = world.invariants.sessions, []
    for container in world.fleet.containers():
        session = sessions.get(container.claims.sid) if container.claims else None
        if session is None or container.honest:
            continue
        container.insist(session["seq"] if session["boot"] == container.boot else 0)
        if session["state"] == "active" and session["boot"] == container.boot:
            insisted.append(session["sid"])
        world.change_billing(session["bid"], lambda billing: _nearly_used_up(billing, world.now))
    world.exhaust()
    return insisted


def _nearly_used_up(billing: Billing, now: datetime) -> Billing:
    free = replace(billing, plan="free")
    today = allowance(free, now)
    return granted(free, now, LIARS_HAVE_MS + today.used - (today.granted or 0))


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
    closed_periods, billings = world.invariants.closed_periods, world.invariants.billings
    world.pass_time(closed_periods.last(billings, world.now))
    for _ in range(3):
        world.pass_time(world.now + EVERY["meter"])
        world.exhaust()
        if (why := closed_periods.open(billings)) is None:
            return
    world.fail(f"the ledger is not closed: {why}")


def _pay(world: World) -> None:
    """No event is delivered any more: after some days everybody's plan is what one question would make it."""
    if not world.provider.customers and not world.paying.payers:
        return
    world.provider.undelivered.clear()
    for customer in world.provider.customers.values():
        customer.card_works = True
    for _ in range(4):
        world.pass_time(world.now + timedelta(hours=25))
        world.live(world.now + timedelta(seconds=5))
        bids = [*(person.bid for person in world.people), *sorted(world.teams.made)]
        wrong = [why for bid in bids if (why := world.paying.wrong(bid, world.now))]
        if not wrong:
            return
    world.fail(f"with time alone it does not become right: {wrong[0]}")


def _unrest(world: World) -> str | None:
    for session in world.invariants.sessions.values():
        if session["state"] != "ended":
            return f"{session['sid']} is {session['state']}"
    for slot in world.invariants.slots.values():
        if slot["state"] not in ("warm", "cold"):
            return f"{slot['name']} is {slot['state']}"
    return None
