"""Manage the pool of slots: decide actions, commit them, write to the engines within the quota, and recreate lost
tasks.

Each minute the scheduler asks for an audit, which reads every slot. Tasks ask for a run that reads only unsettled
slots.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import functions_framework
from msgspec import Struct
from msgspec.structs import replace

from shared import logs
from shared.endpoint import endpoint
from shared.flows.warm_slots import count_and_decide, decide
from shared.gcp import slot_client, tasks, transient_errors
from shared.gcp.engines import registry
from shared.gcp.engines.registry import Engines
from shared.gcp.identity import invoker
from shared.gcp.store.accounts import to_erase
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import begin_end, overdue, readable_sessions
from shared.gcp.store.slots import (
    cold_slots,
    commit_rollout,
    commit_slot,
    count_slots,
    count_warm,
    forget_slot,
    make_slots,
    new_slot_name,
    read_plan,
    read_rollout,
    read_slot,
    read_slot_counter,
    readable_slots,
    unsettled_slots,
)
from shared.policies import pool_policy, pool_size, slot_shape, trial_policy
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.settings import settings
from shared.slots.engine import Observed, QuotaSpent, Verb, Write, WriteRefused
from shared.slots.levers import sessions_to_drain
from shared.slots.pool import (
    ALARM_ATTEMPTS,
    Health,
    PoolAction,
    PoolPolicy,
    Unread,
    ended_unserved,
    failed_incarnations,
    missing_warm,
    plan_pool,
)
from shared.slots.rollout import Rollout, decide_rollout
from shared.slots.slot import Slot, SlotCounter, SlotState
from shared.slots.writes import plan_writes, unfinished

SWEEP_GRACE = timedelta(seconds=15)
"""How long after its due time a session, or a workspace to be erased, counts as forgotten."""
DRAINED_AT_ONCE = 200
"""Sessions whose end one run begins. Each costs two reads and writes, and a task."""
PAUSE_SECONDS = 10
"""Seconds until the next run after an engine refused a write. A quota refills by the minute."""


class PoolRequest(Struct, forbid_unknown_fields=True):
    """Which slots to read."""

    audit: bool = True
    """Read every slot, and not only unsettled ones."""


class Seen(Struct, frozen=True):
    """What a run has read. `counter` was read first. `names` are the names of all slots that have a record."""

    counter: Versioned[SlotCounter] | None
    reads: dict[str, Versioned[Slot]]
    observed: dict[str, Observed]
    unread: Unread
    names: set[str]


class PoolAnswer(Struct):
    """What was done."""

    actions: list[str]
    writes: list[str]
    swept: int
    drained: int
    """Sessions whose end was begun because an operator drains all of them."""


verifying_key = settings().verifying_key
shape = slot_shape()


@functions_framework.http
@endpoint(partial(invoker, function="pool"), PoolRequest, task=True)
def pool(_caller: str, body: PoolRequest, now: datetime) -> PoolAnswer:
    """Run the pool: an audit reads every slot, any other run reads unsettled slots."""
    swept = _sweep(now)
    engines = registry.engines(verifying_key, shape)
    found, levers = read_plan()
    rollout = found.record if found else Rollout(proven=settings().slot_image)
    decision = count_and_decide(levers, now) if body.audit else decide(levers, now)
    policy = decision.applied(replace(pool_policy(), max=levers.most(pool_size())))
    seen = _everything(engines, rollout) if body.audit else _unsettled(engines, rollout, policy)
    records = [read.record for read in seen.reads.values()]
    sessions, unreadable = readable_sessions([slot.session for slot in records if slot.session])
    readable = [slot for slot in records if slot.session not in unreadable]
    to_try, drained = list[str](), 0
    if body.audit:
        rollout, to_try = _decide_rollout(found, rollout, readable, sessions, policy, now)
        drained = _drain(sessions_to_drain(sessions.values(), levers), now)
    health = _health(readable, seen.observed)
    planned_actions = _plan(seen, readable, health, sessions, policy, rollout, to_try, now)
    actions = [action.noted(now) for action in planned_actions]
    slots = {slot.name: slot for slot in records}
    _make([action for action in actions if action.verb == "create"], seen.counter, slots)
    changes = [action for action in actions if action.verb != "create"]
    committed = [action for action in changes if _commit(action, seen.reads[action.slot.name], slots)]
    if rollout.trying:
        before = {slot.name: slot for slot in records}
        _note_failures(failed_incarnations(committed, before, health), ended_unserved(committed, before))
    names = (seen.names | slots.keys()) - {action.slot.name for action in committed if action.verb == "delete"}
    planned = plan_writes(list(slots.values()), seen.observed, names, policy, now)
    writes = [write for write in planned if not _is_gone(write)]
    taken = apply_writes(writes, engines)
    if unfinished(list(slots.values()), now):
        tasks.run_pool(1 if taken else PAUSE_SECONDS)
    return PoolAnswer(
        [f"{a.verb} {a.slot.name}: {a.reason}" for a in actions], [f"{w.verb} {w.name}" for w in writes], swept, drained
    )


def _everything(engines: Engines, rollout: Rollout) -> Seen:
    """Reads every slot. The engines are asked before the records are read. So a service without a record is an orphan,
    and never one that was just made."""
    observed, counter = observe_slots(engines), read_slot_counter()
    readable, unreadable = readable_slots()
    reads = _by_name(readable, rollout)
    return Seen(counter, reads, observed, Unread(slots=len(unreadable)), {*reads, *unreadable})


def _unsettled(engines: Engines, rollout: Rollout, policy: PoolPolicy) -> Seen:
    """Reads the unsettled slots, and as many cold ones as warm ones are missing. A service without a record among these
    may belong to another slot: only an audit can tell."""
    counter, count, warm = read_slot_counter(), count_slots(), count_warm()
    reads = _by_name(unsettled_slots()[0], rollout)
    others = _others(reads, count, warm)
    missing = missing_warm([read.record for read in reads.values()], others, policy, rollout)
    if missing > 0:
        reads |= _by_name(cold_slots(missing), rollout)
    observed = observe_slots(engines, reads)
    return Seen(counter, reads, observed, _others(reads, count, warm), set(observed))


def _by_name(reads: Sequence[Versioned[Slot]], rollout: Rollout) -> dict[str, Versioned[Slot]]:
    """A slot without an image in its record has the proven one."""
    return {
        read.record.name: Versioned(replace(read.record, image=read.record.image or rollout.proven), read.version)
        for read in reads
    }


def observe_slots(engines: Engines, reads: dict[str, Versioned[Slot]] | None = None) -> dict[str, Observed]:
    """What the engines show of the slots that were read; with None, of all slots."""
    observed = dict[str, Observed]()
    for name, engine in engines.items():
        if reads is None:
            observed |= engine.list()
        elif names := [read.record.name for read in reads.values() if read.record.engine == name]:
            observed |= engine.list(names)
    return observed


def _others(reads: dict[str, Versioned[Slot]], count: int, warm: int) -> Unread:
    """The slots that were counted and not read. The count was made a moment earlier, so some of them may be gone."""
    warm_reads = [read for read in reads.values() if read.record.state == SlotState.WARM]
    return Unread(slots=max(0, count - len(reads)), warm=max(0, warm - len(warm_reads)))


def _decide_rollout(
    found: Versioned[Rollout] | None,
    rollout: Rollout,
    slots: list[Slot],
    sessions: dict[str, Session],
    policy: PoolPolicy,
    now: datetime,
) -> tuple[Rollout, list[str]]:
    """What is decided about SLOT_IMAGE, and committed, and the names of slots to be made; what was there before, where
    another run was faster."""
    trial = trial_policy(policy.max)
    names = [new_slot_name() for _ in range(trial.slots)]
    known = sessions | readable_sessions(rollout.sessions)[0]
    after = decide_rollout(rollout, settings().slot_image, slots, known, names, trial, now)
    if (found and after == rollout) or not _commit_rollout(found, after):
        return rollout, []
    return after, [name for name in after.slots if name in names]


def _note_failures(incarnations: list[Slot], unserved: list[Slot]) -> None:
    """Notes failures of the image that is tried. The record is read again, because this run may have changed it. What a
    crash or a race loses is found again in the next incarnation that fails."""
    found = read_rollout() if incarnations or unserved else None
    if not found or not found.record.trying:
        return
    after = found.record.leave_unserved(unserved).fail(incarnations)
    if after != found.record:
        _commit_rollout(found, after)


def _commit_rollout(before: Versioned[Rollout] | None, after: Rollout) -> bool:
    try:
        commit_rollout(before, after)
    except LostRace:
        logs.info("plan-overtaken", slot=None, verb="rollout")
        return False
    was = before.record if before else after
    if after.trying and after.trying != was.trying:
        logs.info("image-tried", image=after.trying, proven=after.proven)
    if after.refused and after.refused != was.refused:
        logs.error("image-refused", image=after.refused, proven=after.proven, slots=was.slots)
    if after.proven != was.proven:
        logs.info("image-proven", image=after.proven, before=was.proven)
    return True


def _plan(
    seen: Seen,
    slots: list[Slot],
    health: dict[str, Health],
    sessions: dict[str, Session],
    policy: PoolPolicy,
    rollout: Rollout,
    to_try: list[str],
    now: datetime,
) -> list[PoolAction]:
    """Decides actions. Slots of unreadable sessions are left out, because a member may be working in them."""
    return plan_pool(
        slots,
        seen.observed,
        health,
        sessions,
        [new_slot_name() for _ in range(policy.max)],
        policy,
        rollout,
        now,
        Unread(slots=seen.unread.slots + len(seen.reads) - len(slots), warm=seen.unread.warm),
        to_try,
    )


def _health(slots: list[Slot], observed: dict[str, Observed]) -> dict[str, Health]:
    """The health of containers that are offered to members, or are about to be."""
    kept = [slot.name for slot in slots if slot.state in (SlotState.WARMING, SlotState.WARM) and slot.name in observed]
    return slot_client.health({name: observed[name].url for name in kept})


def _make(actions: list[PoolAction], counter: Versioned[SlotCounter] | None, slots: dict[str, Slot]) -> None:
    """Creates the new records, all or none. A concurrent run may have created the missing ones."""
    if not actions:
        return
    try:
        make_slots(counter, [action.slot for action in actions])
    except LostRace:
        logs.info("plan-overtaken", slot=None, verb="create")
        return
    for action in actions:
        slots[action.slot.name] = action.slot
        _log_action(action)


def _commit(action: PoolAction, read: Versioned[Slot], slots: dict[str, Slot]) -> bool:
    """Commits one record, guarded. Returns whether the commit succeeded. After a lost race the next run sees what the
    other run did."""
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
        slots.pop(slot.name, None)  # the record that was read is out of date, and must not reach the slot's engine
        return False
    _log_action(action)
    return True


def _log_action(action: PoolAction) -> None:
    write = logs.error if action.slot.attempts >= ALARM_ATTEMPTS else logs.info
    write("plan", verb=action.verb, slot=action.slot.name, reason=action.reason, attempts=action.slot.attempts)


def _is_gone(write: Write) -> bool:
    """Whether another run deleted the slot since this run read it. Creating its service again would leave a service
    without a record."""
    return write.verb == Verb.CREATE and read_slot(write.name) is None


def apply_writes(writes: list[Write], engines: Engines) -> bool:
    """Sends the writes to the engines, the most useful first. Returns whether the engines accepted all of them.

    A refused write stops no other write; the next run finds the difference again. When the quota is spent, the rest is
    left for later runs, in the same order.
    """
    taken = True
    for number, write in enumerate(writes):
        try:
            if write.engine not in engines:  # a later version of Ondol may have had another engine
                raise WriteRefused(f"there is no engine {write.engine!r}")
            engines[write.engine].apply(write)
        except QuotaSpent:
            logs.info("writes-deferred", count=len(writes) - number)
            return False
        except WriteRefused as e:
            taken = False
            logs.error("write-refused", verb=write.verb, slot=write.name, reason=str(e))
        else:
            logs.info("slot-written", verb=write.verb, slot=write.name)
    return taken


def _drain(sessions: list[Session], now: datetime) -> int:
    """Begins the end of sessions that an operator drains, DRAINED_AT_ONCE in one run. Returns how many. The sweep finds
    each of them by its `due`, and the next audit those that this run has not reached."""
    drained = 0
    for session in sessions[:DRAINED_AT_ONCE]:
        drained += _asked_for(partial(_begin_end, session, now))
    return drained


def _begin_end(session: Session, now: datetime) -> None:
    begin_end(session.sid, EndReason.OPERATOR, now)
    tasks.schedule_reclaim_check(session.sid, now, again="drained")
    logs.info("session-drained", session=session.sid, reason=EndReason.OPERATOR)


def _sweep(now: datetime) -> int:
    """Schedules new tasks for sessions that are due and for closed workspaces to be erased, whose tasks were lost.
    Returns how many.

    The sweep comes first, so that an unreachable engine keeps no session open. A failure in the sweep does not stop the
    planning of the pool.
    """
    minute = f"sweep-{int(now.timestamp() // 60)}"
    swept = 0
    for session in overdue(now, SWEEP_GRACE):
        logs.warning("overdue-found", session=session.sid, due=session.due)
        swept += _asked_for(partial(tasks.schedule_reclaim_check, session.sid, session.due or now, again=minute))
    for workspace in to_erase(now - SWEEP_GRACE):
        logs.warning("overdue-found", workspace=workspace.wid, due=workspace.erase_due)
        swept += _asked_for(partial(tasks.erase_workspace, workspace.wid, workspace.erase_due or now, again=minute))
    return swept


def _asked_for(ask: Callable[[], None]) -> bool:
    """Whether the task was scheduled. A failure with one record is logged. Raises TryAgain when Cloud Tasks can't be
    reached."""
    try:
        ask()
    except Exception as e:
        if problem := transient_errors.as_problem(e):
            raise problem from e
        logs.exception("sweep-failed", e)
        return False
    return True
