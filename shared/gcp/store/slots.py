"""Slots: reads for `pool`, for its audit and for a claim; and the commits of slot records."""

from collections.abc import Sequence
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.accounts.operator_limits import Limits
from shared.gcp.store.database import Commit, database, document, read, read_all, run, run_count, run_readable
from shared.gcp.store.ids import new_id
from shared.gcp.store.limits import limits_ref
from shared.record import Versioned
from shared.slots.levers import PoolLevers
from shared.slots.opens import OpensCounted
from shared.slots.rollout import Rollout
from shared.slots.slot import Slot, SlotCounter, SlotState
from shared.slots.warm_policies import WarmKept

CANDIDATES = 3
"""Slots that one attempt of a claim reads. An attempt has eight reads, of which account, workspace, billing account,
limits and the count of open sessions take five. Several slots, so that concurrent claims do not all choose the same
one."""


def slot_ref(name: str) -> firestore.DocumentReference:
    return document("slots", name)


def slot_counter_ref() -> firestore.DocumentReference:
    return document("pool", "roll")


def rollout_ref() -> firestore.DocumentReference:
    return document("pool", "rollout")


def levers_ref() -> firestore.DocumentReference:
    return document("operator", "pool")


def opens_ref() -> firestore.DocumentReference:
    return document("pool", "opens")


def kept_ref() -> firestore.DocumentReference:
    return document("pool", "kept")


def new_slot_name() -> str:
    """A random name, so that slots can't be found by counting. It is a legal host name, because an engine may use it as
    one."""
    return new_id("ws-", 10)


def read_slot(name: str) -> Versioned[Slot] | None:
    return read(slot_ref(name), Slot)


def all_slots() -> list[Versioned[Slot]]:
    return run(database().collection("slots"), Slot)


def readable_slots() -> tuple[list[Versioned[Slot]], list[str]]:
    """All readable slots, and the names of the unreadable ones, which may be in use too."""
    return run_readable(database().collection("slots"), Slot)


def unsettled_slots() -> tuple[list[Versioned[Slot]], list[str]]:
    """Unsettled slots, as `readable_slots`."""
    return run_readable(database().collection("slots").where(filter=FieldFilter("settled", "==", False)), Slot)


def cold_slots(most: int) -> list[Versioned[Slot]]:
    """Up to `most` cold slots, settled or not."""
    cold = database().collection("slots").where(filter=FieldFilter("state", "==", SlotState.COLD))
    return run_readable(cold.limit(most), Slot)[0]


def slots_page(state: SlotState | None, after: str | None, limit: int) -> list[Slot]:
    """Slots by name, all or those in one state; with `after`, those behind this name."""
    some: Any = database().collection("slots")
    if state:
        some = some.where(filter=FieldFilter("state", "==", state))
    some = some.order_by("__name__")
    if after:
        some = some.start_after({"__name__": slot_ref(after)})
    return [slot.record for slot in run_readable(some.limit(limit), Slot)[0]]


def most_attempts() -> int:
    """The most incarnations that failed one after another at one slot."""
    worst = database().collection("slots").where(filter=FieldFilter("attempts", ">", 0))
    worst = worst.order_by("attempts", direction=firestore.Query.DESCENDING)
    return max((slot.record.attempts for slot in run_readable(worst.limit(1), Slot)[0]), default=0)


def count_slots() -> int:
    return run_count(database().collection("slots"))


def read_slot_counter() -> Versioned[SlotCounter] | None:
    """The counter of created slots. Whoever creates slots must read it before the slots."""
    return read(slot_counter_ref(), SlotCounter)


def read_rollout() -> Versioned[Rollout] | None:
    return read(rollout_ref(), Rollout)


def read_levers() -> Versioned[PoolLevers] | None:
    return read(levers_ref(), PoolLevers)


def read_plan() -> tuple[Versioned[Rollout] | None, PoolLevers]:
    """Which image slots run, and the operator's levers, in one round trip."""
    rollout, levers = read_all([(rollout_ref(), Rollout), (levers_ref(), PoolLevers)])
    return rollout, levers.record if levers else PoolLevers()


def read_controls() -> tuple[Limits | None, PoolLevers]:
    """The operator's limits and levers, in one round trip."""
    limits, levers = read_all([(limits_ref(), Limits), (levers_ref(), PoolLevers)])
    return limits.record if limits else None, levers.record if levers else PoolLevers()


def commit_rollout(before: Versioned[Rollout] | None, rollout: Rollout) -> None:
    """The next record, or the first. Raises LostRace."""
    commit = Commit()
    if before is None:
        commit.create(rollout_ref(), rollout)
    else:
        commit.change(rollout_ref(), before, rollout)
    commit.run()


def read_opens() -> Versioned[OpensCounted] | None:
    """What an adaptive pool has counted."""
    return read(opens_ref(), OpensCounted)


def read_kept() -> Versioned[WarmKept] | None:
    """How many slots an adaptive pool keeps warm."""
    return read(kept_ref(), WarmKept)


def read_counted() -> tuple[Versioned[OpensCounted] | None, Versioned[WarmKept] | None]:
    """What an adaptive pool has counted and keeps, in one round trip."""
    opens, kept = read_all([(opens_ref(), OpensCounted), (kept_ref(), WarmKept)])
    return opens, kept


def commit_opens(
    before: tuple[Versioned[OpensCounted] | None, Versioned[WarmKept] | None], opens: OpensCounted, kept: WarmKept
) -> None:
    """The next records, or the first ones; each only if it has changed. Raises LostRace."""
    commit = Commit()
    opens_before, kept_before = before
    if opens_before is None:
        commit.create(opens_ref(), opens)
    elif opens_before.record != opens:
        commit.change(opens_ref(), opens_before, opens)
    if kept_before is None:
        commit.create(kept_ref(), kept)
    elif kept_before.record != kept:
        commit.change(kept_ref(), kept_before, kept)
    commit.run()


def candidates(near: str | None = None) -> list[Versioned[Slot]]:
    """Slots to claim, in at most CANDIDATES reads: warm ones, else a cold one.

    The search goes upwards from the name `near`, so that this slot comes first if it is warm; without `near` from a
    random name. Beyond the highest name it takes the highest claimable slot.
    """
    start = near or new_slot_name()
    warm = slots_from(start, SlotState.WARM, CANDIDATES)
    if warm:
        return warm
    # ordered by state and then by name, both descending, so that a warm slot comes before every cold one
    taken = [state for state in SlotState if state not in (SlotState.WARM, SlotState.COLD)]
    claimable = database().collection("slots").where(filter=FieldFilter("state", "not-in", taken))
    highest, _ = run_readable(claimable.order_by("state", direction=firestore.Query.DESCENDING).limit(1), Slot)
    if highest and highest[0].record.state == SlotState.COLD:
        return slots_from(start, SlotState.COLD, 1) or highest
    return highest


def slots_from(start: str, state: SlotState, limit: int) -> list[Versioned[Slot]]:
    """Ascending, because the field's own index is ascending. Descending would need a composite index, written with each
    claim."""
    matching = database().collection("slots").where(filter=FieldFilter("state", "==", state))
    upwards = matching.order_by("__name__").start_at({"__name__": slot_ref(start)})
    return run_readable(upwards.limit(limit), Slot)[0]


def count_claimed() -> int:
    """The number of open sessions: each has one claimed slot."""
    return count_in(SlotState.CLAIMED)


def count_warm() -> int:
    return count_in(SlotState.WARM)


def count_in(state: SlotState) -> int:
    return run_count(database().collection("slots").where(filter=FieldFilter("state", "==", state)))


def make_slots(counter: Versioned[SlotCounter] | None, slots: Sequence[Slot]) -> None:
    """Creates the records of new slots. Raises LostRace if another run has created slots since `counter` was read."""
    commit = Commit()
    for slot in slots:
        commit.create(slot_ref(slot.name), slot)
    if counter is None:
        commit.create(slot_counter_ref(), SlotCounter().raised(len(slots)))
    else:
        commit.change(slot_counter_ref(), counter, counter.record.raised(len(slots)))
    commit.run()


def commit_slot(before: Versioned[Slot] | None, slot: Slot) -> None:
    """Writes a slot's record. Raises LostRace."""
    commit = Commit()
    if before is None:
        commit.create(slot_ref(slot.name), slot)
    else:
        commit.change(slot_ref(slot.name), before, slot)
    commit.run()


def forget_slot(before: Versioned[Slot]) -> None:
    """Deletes the record. `pool` then deletes the service without a record. Raises LostRace."""
    Commit().delete(slot_ref(before.record.name), before).run()
