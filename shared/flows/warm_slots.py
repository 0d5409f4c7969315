"""How many slots should be warm now, by what the operator has chosen; and the counting that an adaptive pool needs."""

from datetime import datetime, timedelta

from shared import logs
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import opened_between
from shared.gcp.store.slots import commit_opens, read_opens
from shared.policies import pool_size, slot_value
from shared.record import Versioned
from shared.slots.levers import PoolLevers
from shared.slots.opens import WEEK, OpensCounted, WarmDecision, countable_until, uncounted_since
from shared.slots.warm_policies import Adaptive, decide_adaptive, decide_set, with_announced

COUNTED_AT_ONCE = 2000
"""Opens that one audit reads at most. A pool that has just become adaptive reads those of the last weeks, so many in
each minute."""
MINUTE = timedelta(minutes=1)


def decide(levers: PoolLevers, now: datetime) -> WarmDecision:
    """As many as are set, or as the last audit has decided. Reads nothing unless the pool is adaptive."""
    policy = levers.warm_policy(pool_size())
    if isinstance(policy, Adaptive):
        found = read_opens()
        uncounted = WarmDecision(policy.least, f"{policy.least} are the least, and no Open is counted yet")
        decision = (found.record.kept if found else None) or uncounted
    else:
        decision = decide_set(policy, now)
    return with_announced(decision, levers.announced, now)


def count_and_decide(levers: PoolLevers, now: datetime) -> WarmDecision:
    """As `decide`, by the Opens until now."""
    policy = levers.warm_policy(pool_size())
    if not isinstance(policy, Adaptive):
        return decide(levers, now)
    found = read_opens()
    counted = _counted(found.record if found else None, policy, now)
    wanted = decide_adaptive(policy, counted.hours, slot_value(policy), now)
    after = counted.keep(wanted, now)
    if found is None or after != found.record:
        _commit(found, after)
    return with_announced(after.kept or wanted, levers.announced, now)


def _counted(before: OpensCounted | None, policy: Adaptive, now: datetime) -> OpensCounted:
    since, until = uncounted_since(before, policy.weeks, now), countable_until(now)
    times = opened_between(since, until, COUNTED_AT_ONCE)
    if len(times) == COUNTED_AT_ONCE:  # the rest is left to the next audit
        until = max(since + MINUTE, times[-1].replace(second=0, microsecond=0))
        times = [at for at in times if at < until]
    counted = before or OpensCounted(until=since)
    return counted.counted(times, until, now - policy.weeks * WEEK) if times else counted


def _commit(before: Versioned[OpensCounted] | None, after: OpensCounted) -> None:
    was, kept = before.record.kept if before else None, after.kept
    try:
        commit_opens(before, after)
    except LostRace:
        logs.info("plan-overtaken", slot=None, verb="count")
        return
    if kept and (was is None or was.warm != kept.warm):
        logs.info("pool-sized", warm=kept.warm, reason=kept.reason)
