"""By how much a member's use may exceed an allowance: docs/decisions/0045-use-beyond-an-allowance.md has the bound."""

from collections import defaultdict
from datetime import datetime, timedelta

from shared.billing.periods import Period, period_at
from shared.billing.plans import PLANS
from tests.simulation.invariants import INTERVAL, granted_ms
from tests.simulation.world import World

SOONER = timedelta(seconds=0.2)
"""A heartbeat that learns of a sooner end asks for no new task where the one on its way is this much later at most."""
MOMENT = timedelta(milliseconds=100)
"""By so much a task comes after the time that it is for, and a container is given back after its end began."""


def check_allowances(world: World) -> None:
    """Of accounts whose plan and zone stayed as they were, and with nothing lost or late."""
    for bid, billing in world.invariants.billings.items():
        used: dict[str, timedelta] = defaultdict(timedelta)
        unseen: dict[str, timedelta] = defaultdict(timedelta)
        for sid, session in world.invariants.sessions.items():
            for since, until in world.invariants.uses[sid] if session["bid"] == bid else ():
                parts = _split(billing["plan"], billing["time_zone"], since, until)
                for period, length in parts:
                    used[period.id] += length
                has_left = session["ended"] is None or until < session["ended"] - MOMENT
                # a container without other CPU may have been frozen before it could say that the browser left
                unseen[parts[-1][0].id] += INTERVAL if has_left and world.fleet.throttles else MOMENT
        for period_id, length in used.items():
            granted = granted_ms(billing, period_id)
            if granted is None:
                continue
            left, ends = timedelta(milliseconds=granted), world.invariants.exhausted[bid, period_id]
            # the one whose heartbeat is the last knew the end as its deadline, the others learn of it with their next
            beyond = sum((INTERVAL * (open_ - 1) + SOONER * open_ for open_ in ends), unseen[period_id])
            if length > left + beyond:
                world.fail(f"{bid} had {left} in {period_id}, and used {length}: {beyond} would be due to {ends}")


def _split(plan: str, zone: str, since: datetime, until: datetime) -> list[tuple[Period, timedelta]]:
    """By the periods that it lies in."""
    parts = []
    while since < until:
        period = period_at(PLANS[plan].per, zone, since)
        end = min(until, period.ends)
        parts.append((period, end - since))
        since = end
    return parts
