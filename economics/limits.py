"""How close a cell comes to limits, in its busiest minute: documented ones, and those that Ondol sets itself."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from economics.month import Month
from economics.platform import Platform
from economics.scales import Result
from economics.tally import MINUTES, Tally
from shared.billing.metering import LINE_SECONDS
from shared.billing.plans import PLANS
from shared.billing.price_list import US
from shared.economics.quantities import COMPARED, COMPARED_AT_ONCE, STANDING, USES, Event
from shared.economics.workload import Habits
from shared.settings import TABLE

SEQUENTIAL = 500
"""Writes a second to a collection in which an indexed field grows with time, such as when a session is due
(https://firebase.google.com/docs/firestore/solutions/shard-timestamp)."""
ONE_DOCUMENT = 1
"""Writes a second to one document, for long: https://firebase.google.com/docs/firestore/quotas named it for years."""
DISK_GB = 100
"""Of all instances of a project and region, unless it was raised."""
HOME_GB = 10
METER_EVERY = 24 * 60 // STANDING.meter_runs_a_day
"""Minutes from one run of `meter` to the next."""
ANSWERED_BY: Mapping[str, Sequence[Event]] = {
    "login": (Event.PAGE,),
    "allocate": (Event.OPEN,),
    "heartbeat": (Event.HELLO, Event.HEARTBEAT, Event.CHECKPOINT),
}
"""Functions that are asked without a queue, and by what. Each answers while an instance has a thread left."""
DELIVERED: Mapping[str, Sequence[Event]] = {
    "reclaim": (Event.OPEN, Event.EARLY_CHECK, Event.END),
    "pool": (Event.POOL_RUN,),
}
"""The events whose tasks a queue delivers. Of an Open and of an end one task goes to the pool; here it counts as the
session's, which makes that queue's part larger than it is."""
ENDING = (Event.EARLY_CHECK, Event.END)
"""What a delivery of `reclaim` works on, for the seconds that it takes."""
READS, WRITES, SECONDS = (
    {event: float(getattr(use, field).high) for event, use in USES.items()} for field in ("reads", "writes", "seconds")
)
DELIVERIES = {event: float(use.tasks.high) / 2 for event, use in USES.items()}
"""Tasks. One is created and delivered, which are two operations."""
FUNCTIONS: Mapping[str, Any] = tomllib.loads(TABLE.read_text())
QUEUES: Mapping[str, Any] = tomllib.loads(TABLE.with_name("queues.toml").read_text())


class Limit(Struct, frozen=True):
    """One limit, and the highest use of it."""

    what: str
    used: float
    limit: float

    @property
    def part(self) -> float:
        return self.used / self.limit


class Operations(Struct, frozen=True):
    """Firestore's operations a second, in the mean of one minute."""

    reads: float
    writes: float
    to_sessions: float
    """Writes of records of sessions."""


Counts = Mapping[Event, float]


def events_of_minute(tally: Tally, minute: int, month: Month, platform: Platform) -> Counts:
    """What happens in one minute. What is a range is taken at its high end."""
    opens, ends = tally.opens.counts[minute], tally.ended.counts[minute]
    seconds = tally.beside.counts[minute] / 1000
    saves = seconds / platform.saving * float(Habits().changing.high)
    meters = float(minute % METER_EVERY == 0)
    # runs of some minutes are counted in the first one; they come once a second at most (`shared.gcp.tasks`)
    of_pool = min(1.0, 60 / max(1, tally.runs.counts[minute]))
    return {
        Event.OPEN: opens,
        Event.AUTH_CHECK: opens,
        Event.HELLO: opens,
        Event.PAGE: opens * float(Habits().page_loads.high),
        Event.HEARTBEAT: seconds / platform.heartbeat + saves,
        Event.CHECKPOINT: saves,
        Event.LEDGER_LINE: seconds / LINE_SECONDS + ends,
        Event.EARLY_CHECK: seconds / PLANS[month.plan].idle + ends,
        Event.END: ends,
        Event.TIDYING: ends,
        Event.POOL_RUN: of_pool * tally.runs.counts[minute],
        Event.POOL_READ: of_pool * tally.run_reads.counts[minute],
        Event.AUDIT: 1,
        Event.METER_RUN: meters,
        Event.SESSION_CHECK: meters * tally.in_use.top,
        Event.COMPARISON: meters * min(tally.members, COMPARED) / COMPARED_AT_ONCE,
    }


def peaks(result: Result) -> Mapping[str, float]:
    """The highest of each use in a minute, in whichever minute and cell that was, with the pool of the United States,
    which keeps more slots warm."""
    month, platform, found = result.scale.month, result.scale.platform, dict[str, float]()
    for tally in result.tallies[US]:
        for minute in range(MINUTES):
            counts = events_of_minute(tally, minute, month, platform)
            for name, used in _used(tally, minute, counts):
                found[name] = max(found.get(name, 0), used)
    return found


def _used(tally: Tally, minute: int, counts: Counts) -> Iterator[tuple[str, float]]:
    yield "reads", _sum(counts, READS) + tally.slots + tally.in_use.top  # an audit reads these too
    yield "writes", _sum(counts, WRITES) + tally.run_writes.counts[minute]
    yield "sessions", counts[Event.HEARTBEAT] + 2 * counts[Event.OPEN] + 3 * counts[Event.END]
    for queue, events in DELIVERED.items():
        yield f"tasks of {queue}", sum(counts[event] * DELIVERIES[event] for event in events)
    yield "ending", sum(counts[event] * SECONDS[event] for event in ENDING)
    for function, events in ANSWERED_BY.items():
        yield function, sum(counts[event] * SECONDS[event] for event in events)


def operations(result: Result) -> Operations:
    used = peaks(result)
    return Operations(used["reads"] / 60, used["writes"] / 60, used["sessions"] / 60)


def limits(result: Result) -> Sequence[Limit]:
    """Of the cell that comes closest."""
    platform, tallies, used = result.scale.platform, result.tallies[US], peaks(result)
    top, saving = max(tally.in_use.top for tally in tallies), float(Habits().changing.high)
    of_one_session = saving / platform.saving + (1 - saving) / platform.heartbeat
    admin = max(max(tally.writes, default=0) for tally in tallies)
    queues = [
        Limit(f"deliveries of the queue {queue} in a second", used[f"tasks of {queue}"] / 60, rate(queue, "second"))
        for queue in DELIVERED
    ]
    functions = [
        Limit(f"requests to {function} at once", used[function] / 60, threads_of(function)) for function in ANSWERED_BY
    ]
    return (
        Limit("writes to the Admin API in a minute", admin, platform.writes_a_minute),
        Limit("services", max(tally.slots for tally in tallies), platform.most_slots),
        Limit("GB of disk of slots in use", top * HOME_GB, DISK_GB),
        Limit("writes of sessions' records in a second", used["sessions"] / 60, SEQUENTIAL),
        Limit("writes of one session's record in a second", of_one_session, ONE_DOCUMENT),
        *queues,
        Limit("deliveries of the queue reclaim at once", used["ending"] / 60, rate("reclaim", "concurrent")),
        *functions,
    )


def rate(queue: str, kind: str) -> float:
    """What functions/queues.toml lets a queue deliver: in a `second`, or at once (`concurrent`)."""
    limits = QUEUES[queue]["rate_limits"]
    return float(limits["max_dispatches_per_second" if kind == "second" else "max_concurrent_dispatches"])


def threads_of(function: str) -> int:
    """Requests that all instances of a function work on at once."""
    row = FUNCTIONS[function]
    return int(row["threads"] * row["max_instances"])


def _sum(counts: Counts, of_each: Mapping[Event, float]) -> float:
    return sum(count * of_each[event] for event, count in counts.items())
