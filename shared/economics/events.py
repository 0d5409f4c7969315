"""How often each event happens in a month, and what all of them use."""

from collections.abc import Mapping
from decimal import Decimal

from shared.billing.metering import LINE_SECONDS
from shared.billing.plans import PLANS
from shared.billing.prices import MONTH_DAYS
from shared.economics.quantities import COMPARED, COMPARED_AT_ONCE, HOLD_SECONDS, USES, Event, Use
from shared.economics.ranges import NOTHING, Range, between, exactly
from shared.economics.workload import Workload

RESTARTS = 2
"""Containers that start for each session: the one that takes the slot's place among the warm ones, and the next one of
the slot itself."""
Counts = Mapping[Event, Range]


def events_of_members(workload: Workload) -> Counts:
    """What members cause. It is proportional to what they do, but for events that were counted."""
    sessions, hours = workload.sessions, workload.worked_hours
    saves = workload.habits.changing * (hours * 3600 / workload.save)
    beats = hours * 3600 / workload.heartbeat
    # a heartbeat with a checkpoint comes at once, and the pause to the next ordinary one begins anew
    ordinary = [beats * (1 - part) for part in (workload.habits.changing.low, workload.habits.changing.high)]
    checks = exactly(sessions)
    for name, plan in workload.plans.items():
        checks += exactly(plan.members * (plan.hours + plan.background_hours) * 3600 / Decimal(PLANS[name].idle))
    # one in a second, until the containers have started
    runs = workload.pool.refill * between(Decimal("0.5"), 1) * (RESTARTS * sessions)
    derived = {
        Event.PAGE: workload.habits.page_loads * sessions,
        # once an hour at most: a session begins so, unless the last one ended a moment ago
        Event.AUTH_CHECK: between(0, 1) * sessions,
        Event.OPEN: exactly(sessions),
        Event.HELLO: exactly(sessions),
        Event.HEARTBEAT: Range(saves.low + ordinary[0], saves.high + ordinary[1]),
        Event.CHECKPOINT: saves,
        Event.LEDGER_LINE: exactly(hours * 3600 / Decimal(LINE_SECONDS) + sessions),
        Event.EARLY_CHECK: checks,
        # each begins another one while the job goes on; a browser that comes, or a job that pauses, ends one sooner
        Event.HOLD: between(1, 2) * (workload.background_hours * 3600 / HOLD_SECONDS),
        Event.END: exactly(sessions),
        Event.RENEWAL: exactly(sessions),
        Event.POOL_RUN: runs,
        Event.POOL_READ: runs * between(1, 3),
        Event.TIDYING: exactly(sessions),
    }
    return {**derived, **workload.counted}


def scheduled_events(workload: Workload) -> Counts:
    """What happens whether or not anybody works."""
    runs = workload.standing.meter_runs_a_day * MONTH_DAYS
    return {
        Event.AUDIT: exactly(workload.standing.audits_a_day * MONTH_DAYS),
        Event.METER_RUN: exactly(runs),
        Event.SESSION_CHECK: workload.open_at_once * runs,
        Event.COMPARISON: exactly(runs * Decimal(min(workload.members, COMPARED)) / COMPARED_AT_ONCE),
    }


def total(counts: Counts, of: str) -> Range:
    """What all of these events use of one field of `Use`."""
    if of not in Use.__struct_fields__:
        raise ValueError(f"an event uses no {of}")
    used = NOTHING
    for event, count in counts.items():
        each: Range = getattr(USES[event], of)
        used += each * count
    return used


def scheduled_reads(workload: Workload) -> Range:
    """Documents that scheduled runs read: an audit of the pool reads each slot and the session of each that is claimed
    too."""
    counts = scheduled_events(workload)
    slots = exactly(workload.pool.most) + workload.open_at_once
    return total(counts, "reads") + slots * counts[Event.AUDIT]
