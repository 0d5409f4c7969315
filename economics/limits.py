"""How close a cell comes to documented limits, in its busiest minute."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from economics.scales import Result
from economics.tally import MINUTES, Tally
from shared.economics.quantities import USES, Event
from shared.economics.workload import Habits

SEQUENTIAL = 500
"""Writes a second to a collection in which an indexed field grows with time, such as when a session is due
(https://firebase.google.com/docs/firestore/solutions/shard-timestamp)."""
DISK_GB = 100
"""Of all instances of a project and region, unless it was raised."""
HOME_GB = 10


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


def busiest(tally: Tally, heartbeat: float, save: float) -> Operations:
    """The highest of each, in whichever minute that was. What is a range is taken at its high end."""
    minutes = [_operations(tally, minute, heartbeat, save) for minute in range(MINUTES)]
    return Operations(
        max(each.reads for each in minutes),
        max(each.writes for each in minutes),
        max(each.to_sessions for each in minutes),
    )


def _operations(tally: Tally, minute: int, heartbeat: float, save: float) -> Operations:
    opens, ends = tally.opens.counts[minute], tally.ended.counts[minute]
    seconds = tally.beside.counts[minute] / 1000
    saves = seconds / save * float(Habits().changing.high)
    counts: Mapping[Event, float] = {
        Event.OPEN: opens,
        Event.AUTH_CHECK: opens,
        Event.HELLO: opens,
        Event.PAGE: opens * float(Habits().page_loads.high),
        Event.HEARTBEAT: seconds / heartbeat + saves,
        Event.CHECKPOINT: saves,
        Event.END: ends,
        Event.TIDYING: ends,
        Event.POOL_RUN: tally.runs.counts[minute],
        Event.POOL_READ: tally.run_reads.counts[minute],
    }
    reads = sum(count * float(USES[event].reads.high) for event, count in counts.items())
    writes = sum(count * float(USES[event].writes.high) for event, count in counts.items())
    audits = tally.slots + tally.in_use.top
    beats = counts[Event.HEARTBEAT]
    return Operations(
        (reads + audits) / 60, (writes + tally.run_writes.counts[minute]) / 60, (beats + 2 * opens + 3 * ends) / 60
    )


def operations(result: Result) -> Operations:
    """The highest of all cells that were simulated."""
    platform = result.scale.platform
    found = [busiest(tally, platform.heartbeat, platform.saving) for tally in result.tallies]
    return Operations(
        max(each.reads for each in found),
        max(each.writes for each in found),
        max(each.to_sessions for each in found),
    )


def limits(result: Result) -> Sequence[Limit]:
    """Of the cell that comes closest."""
    platform = result.scale.platform
    writes = max(max(tally.writes, default=0) for tally in result.tallies)
    top = max(tally.in_use.top for tally in result.tallies)
    return (
        Limit("writes to the Admin API in a minute", writes, platform.writes_a_minute),
        Limit("writes of sessions' records in a second", operations(result).to_sessions, SEQUENTIAL),
        Limit("services", max(tally.slots for tally in result.tallies), platform.most_slots),
        Limit("GB of disk of slots in use", top * HOME_GB, DISK_GB),
    )
