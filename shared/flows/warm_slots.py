"""How many slots should be warm now, by what the operator has chosen; and the counting that an adaptive pool needs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from shared import logs
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import opened_between
from shared.gcp.store.slots import commit_opens, read_counted, read_kept, read_opens
from shared.policies import pool_size, slot_shape
from shared.record import Versioned
from shared.settings import settings
from shared.slots.levers import PoolLevers
from shared.slots.opens import REFILL, WEEK, OpensCounted, WarmDecision, countable_until, uncounted_since
from shared.slots.pool_size import SlotValue
from shared.slots.warm_policies import (
    Adaptive,
    ByHour,
    WarmKept,
    adaptive_week,
    decide_set,
    keep_adaptive,
    kept_now,
    with_announced,
)

COUNTED_AT_ONCE = 2000
"""Opens that one audit reads at most. A pool that has just become adaptive reads those of the last weeks, so many in
each minute."""
MINUTE = timedelta(minutes=1)


def decide(levers: PoolLevers, now: datetime) -> WarmDecision:
    """As many as are set, or as the last audit has decided. Reads nothing unless the pool is adaptive."""
    policy = levers.warm_policy(pool_size())
    if isinstance(policy, Adaptive):
        found = read_kept()
        decision = kept_now(policy, found.record if found else None)
    else:
        decision = decide_set(policy, now)
    return with_announced(decision, levers.announced, now)


def count_and_decide(levers: PoolLevers, now: datetime) -> WarmDecision:
    """As `decide`, by the Opens until now. If they can't be counted, as many as were kept: an audit goes on."""
    policy = levers.warm_policy(pool_size())
    if isinstance(policy, Adaptive):
        try:
            return with_announced(_count(policy, now), levers.announced, now)
        except Exception as e:
            logs.exception("count-failed", e)
    return decide(levers, now)


def week(levers: PoolLevers, now: datetime) -> Sequence[int]:
    """The number in each hour of the week, or one number, without those who are announced."""
    policy = levers.warm_policy(pool_size())
    if isinstance(policy, Adaptive):
        found = read_opens()
        return adaptive_week(policy, found.record.hours if found else (), slot_value(policy), now)
    return policy.warm if isinstance(policy, ByHour) else (policy.warm,)


def slot_value(policy: Adaptive) -> SlotValue:
    """What decides how many slots of this shape are worth their price in this region. Raises Permanent
    if the operator's prices can't be read, and LookupError without a price for the region."""
    # only an adaptive pool loads the model of costs and the price list
    from shared.billing.own_prices import price_book
    from shared.economics.estimate import idle_slot_hour
    from shared.economics.workload import PoolWorkload, Workload

    alone = Workload(region=settings().region, plans={}, pool=PoolWorkload(warm=(1,), most=1), shape=slot_shape())
    return SlotValue(
        refill=REFILL / timedelta(seconds=1),
        idle_hour=idle_slot_hour(alone, price_book()),
        miss=Decimal(policy.miss_cents) / 100,
    )


def _count(policy: Adaptive, now: datetime) -> WarmDecision:
    opens, kept = read_counted()
    counted = _counted(opens.record if opens else None, policy, now)
    after = keep_adaptive(policy, kept.record if kept else None, counted.hours, slot_value(policy), now)
    if opens is None or kept is None or (counted, after) != (opens.record, kept.record):
        _commit((opens, kept), counted, after)
    return after.decision


def _counted(before: OpensCounted | None, policy: Adaptive, now: datetime) -> OpensCounted:
    since, until = uncounted_since(before, policy.weeks, now), countable_until(now)
    times = opened_between(since, until, COUNTED_AT_ONCE)
    if len(times) == COUNTED_AT_ONCE:  # the rest is left to the next audit
        until = max(since + MINUTE, times[-1].replace(second=0, microsecond=0))
        times = [at for at in times if at < until]
    counted = before or OpensCounted(until=since)
    return counted.counted(times, until, now - policy.weeks * WEEK) if times else counted


def _commit(
    before: tuple[Versioned[OpensCounted] | None, Versioned[WarmKept] | None], opens: OpensCounted, kept: WarmKept
) -> None:
    was = before[1]
    try:
        commit_opens(before, opens, kept)
    except LostRace:
        logs.info("plan-overtaken", slot=None, verb="count")
        return
    if was is None or was.record.decision.warm != kept.decision.warm:
        logs.info("pool-sized", warm=kept.decision.warm, reason=kept.decision.reason)
