"""The writes to engines that make slots as their records say. If a run of `pool` dies, the next run finds the
differences between records and engines again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from shared.slots.engine import Observed, Verb, Write
from shared.slots.pool import PoolPolicy, may_retry
from shared.slots.slot import Slot, SlotState


def plan_writes(
    slots: Sequence[Slot], observed: Mapping[str, Observed], names: Collection[str], policy: PoolPolicy, now: datetime
) -> list[Write]:
    """The writes that make the slots as their records say, the most useful first, within the budget.

    `names` are the names of all records, also of unreadable or outdated ones: slots with these names are not orphans.
    """
    writes: list[tuple[int, Write]] = []
    for slot in slots:
        seen = observed.get(slot.name)
        if not may_retry(slot, now) or slot.state == SlotState.QUARANTINED:
            continue
        urgent = 0 if slot.state == SlotState.WARMING else 1
        if seen is None:
            writes.append((urgent, Write(Verb.CREATE, slot.name, slot, slot.engine)))
        elif seen.incarnation < slot.incarnation and slot.state != SlotState.CLAIMED:
            writes.append((urgent, Write(Verb.REPLACE, slot.name, slot, slot.engine)))
        elif seen.kept != slot.kept:
            writes.append(
                (urgent if slot.state != SlotState.COLD else 2, Write(Verb.SCALE, slot.name, slot, slot.engine))
            )
    writes += [(3, Write(Verb.DELETE, name, None, seen.engine)) for name, seen in observed.items() if name not in names]
    writes.sort(key=lambda ranked: ranked[0])
    return [write for _, write in writes[: policy.writes]]


def unfinished(slots: Sequence[Slot], now: datetime) -> bool:
    """Whether a further run is needed in a second."""
    return any(not slot.settled and may_retry(slot, now) for slot in slots)
