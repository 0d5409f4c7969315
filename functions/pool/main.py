"""Keep the pool: plan, commit the plan, write to the Admin API within the budget; and make lost tasks anew."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import endpoint
from shared.gcp import run, slot_client, tasks, transient_errors
from shared.gcp.identity import invoker
from shared.gcp.store.accounts import to_erase
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import overdue, readable_sessions
from shared.gcp.store.slots import commit_slot, forget_slot, make_slots, new_slot_name, read_roll, readable_slots
from shared.policies import pool_policy
from shared.record import Versioned
from shared.sessions.tokens import Signer
from shared.settings import settings
from shared.slots.pool import ALARM_ATTEMPTS, Action, Health, Service, Write, plan_pool, plan_writes, unfinished
from shared.slots.slot import Slot, SlotCounter, SlotState

SWEEP_GRACE = timedelta(seconds=15)
"""How long after it is due a session, or a workspace that is to be erased, counts as forgotten."""
PAUSE_SECONDS = 10
"""Until the next run after the Admin API refused a write. Its quota fills by the minute."""


class Pool(Struct, forbid_unknown_fields=True):
    pass


class Done(Struct):
    actions: list[str]
    writes: list[str]
    swept: int


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(partial(invoker, function="pool"), Pool, task=True)
def pool(_caller: str, _body: Pool, now: datetime) -> Done:
    swept = _sweep(now)
    services = run.services(signer.public_pem)
    roll = read_roll()
    # the records are read after the services: a service that no record knows is nobody's, and never one just made
    readable, unreadable = readable_slots()
    reads = {read.record.name: read for read in readable}
    actions = _plan(reads, services, now)
    slots = {name: read.record for name, read in reads.items()}
    _make([action for action in actions if action.verb == "create"], roll, slots)
    for action in actions:
        if action.verb != "create":
            _commit(action, reads[action.slot.name], slots)
    writes = plan_writes(list(slots.values()), services, {*reads, *slots, *unreadable}, pool_policy(), now)
    taken = _apply(writes)
    if unfinished(list(slots.values()), now):
        tasks.run_pool(1 if taken else PAUSE_SECONDS)
    return Done([f"{a.verb} {a.slot.name}: {a.reason}" for a in actions], [f"{w.verb} {w.name}" for w in writes], swept)


def _plan(reads: dict[str, Versioned[Slot]], services: dict[str, Service], now: datetime) -> list[Action]:
    """Without the slots of sessions that can't be read: whether somebody works in them nobody knows."""
    sessions, unreadable = readable_sessions([read.record.session for read in reads.values() if read.record.session])
    slots = [read.record for read in reads.values() if read.record.session not in unreadable]
    return plan_pool(
        slots,
        services,
        _health(slots, services),
        sessions,
        [new_slot_name() for _ in range(pool_policy().max)],
        pool_policy(),
        now,
    )


def _health(slots: list[Slot], services: dict[str, Service]) -> dict[str, Health]:
    """Of the containers that are, or are about to be, offered to members."""
    kept = [slot.name for slot in slots if slot.state in (SlotState.WARMING, SlotState.WARM) and slot.name in services]
    return slot_client.health({name: services[name].url for name in kept})


def _make(actions: list[Action], roll: Versioned[SlotCounter] | None, slots: dict[str, Slot]) -> None:
    """The new records, all or none: a run at the same moment may have made those that were missing."""
    if not actions:
        return
    try:
        make_slots(roll, [action.slot for action in actions])
    except LostRace:
        logs.info("plan-overtaken", slot=None, verb="create")
        return
    for action in actions:
        slots[action.slot.name] = action.slot
        _tell(action)


def _commit(action: Action, read: Versioned[Slot], slots: dict[str, Slot]) -> None:
    """One record, guarded. Whoever was faster is right: the next run sees what they made of it."""
    slot = action.slot
    try:
        if action.verb == "delete":
            forget_slot(read)
            del slots[slot.name]
        else:
            commit_slot(read, slot)
            slots[slot.name] = slot
    except LostRace:
        logs.info("plan-overtaken", slot=slot.name, verb=action.verb)
        slots.pop(slot.name, None)  # what was read of it is out of date, and must not be written to its service
        return
    _tell(action)


def _tell(action: Action) -> None:
    write = logs.error if action.slot.attempts >= ALARM_ATTEMPTS else logs.info
    write("plan", verb=action.verb, slot=action.slot.name, reason=action.reason, attempts=action.slot.attempts)


def _apply(writes: list[Write]) -> bool:
    """The writes, the most useful first; whether the Admin API took all of them.

    One that is refused is a difference for the next run, and keeps no other from being made. When the quota is spent
    none of the others is tried: they come in their order, as it fills again.
    """
    taken = True
    for number, write in enumerate(writes):
        try:
            run.apply(write, signer.public_pem)
        except run.QuotaSpent:
            logs.info("writes-deferred", count=len(writes) - number)
            return False
        except run.WriteRefused as e:
            taken = False
            logs.error("write-refused", verb=write.verb, slot=write.name, why=str(e))
        else:
            logs.info("write", verb=write.verb, slot=write.name)
    return taken


def _sweep(now: datetime) -> int:
    """Have those looked at again whose task was lost: sessions that are due, and closed workspaces that are to be
    erased; how many.

    It comes first: an Admin API that can't be reached must keep nobody's session open. And nothing in it keeps the pool
    from being planned.
    """
    minute = f"sweep-{int(now.timestamp() // 60)}"
    swept = 0
    for session in overdue(now, SWEEP_GRACE):
        logs.warning("swept", session=session.sid, due=session.due)
        swept += _asked_for(partial(tasks.schedule_reclaim_check, session.sid, session.due or now, again=minute))
    for workspace in to_erase(now - SWEEP_GRACE):
        logs.warning("swept", workspace=workspace.wid, due=workspace.erase_due)
        swept += _asked_for(partial(tasks.erase_workspace, workspace.wid, workspace.erase_due or now, again=minute))
    return swept


def _asked_for(ask: Callable[[], None]) -> bool:
    """Whether the task was made. What is odd about one is told. Raises TryAgain when Cloud Tasks can't be reached."""
    try:
        ask()
    except Exception as e:
        if problem := transient_errors.as_problem(e):
            raise problem from e
        logs.exception("sweep-failed", e)
        return False
    return True
