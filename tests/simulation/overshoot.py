"""By how much a member's use may exceed an allowance: docs/decisions/0021-the-simulation.md argues for the bound."""

from collections import defaultdict
from datetime import datetime, timedelta

from shared.periods import Period, period_at
from shared.plans import PLANS
from tests.simulation.invariants import granted_ms
from tests.simulation.world import World

INTERVAL = timedelta(seconds=30)


def check_allowances(world: World) -> None:
    """Of accounts whose plan and zone stayed as they were, and with nothing lost or late."""
    for bid, billing in world.invariants.billings.items():
        used: dict[str, timedelta] = defaultdict(timedelta)
        ends: dict[str, int] = defaultdict(int)
        for sid, session in world.invariants.sessions.items():
            if session["bid"] != bid:
                continue
            for since, until in world.invariants.uses[sid]:
                for period, length in _split(billing["plan"], billing["time_zone"], since, until):
                    used[period.id] += length
            at = session["ended"] or world.now
            ends[period_at(PLANS[billing["plan"]].per, billing["time_zone"], at).id] += 1
        for period_id, length in used.items():
            granted = granted_ms(billing, period_id)
            if granted is None:
                continue
            left = timedelta(milliseconds=granted)
            if length > left + INTERVAL * ends[period_id]:
                world.fail(f"{bid} had {left} in {period_id}, and used {length} in {ends[period_id]} sessions")


def _split(plan: str, zone: str, since: datetime, until: datetime) -> list[tuple[Period, timedelta]]:
    """By the periods that it lies in."""
    parts = []
    while since < until:
        period = period_at(PLANS[plan].per, zone, since)
        end = min(until, period.ends)
        parts.append((period, end - since))
        since = end
    return parts
