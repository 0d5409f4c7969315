"""Slots: all of them for `pool`, a handful for a claim."""

from collections.abc import Sequence

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.database import Commit, database, document, read, run, run_count, run_readable
from shared.gcp.store.ids import new_id
from shared.record import Versioned
from shared.slots.slot import Slot, SlotCounter, SlotState

CANDIDATES = 3
"""Slots that one attempt of a claim reads, and all that it may spend on finding one: an attempt has eight reads, and
account, workspace, billing account, limits and the count of open sessions take five. Several, so that members who come
at once and begin at neighbouring places do not all reach for the same slot."""


def slot_ref(name: str) -> firestore.DocumentReference:
    return document("slots", name)


def roll_ref() -> firestore.DocumentReference:
    return document("pool", "roll")


def new_slot_name() -> str:
    """Random, so that nobody finds slots by counting; a legal Cloud Run service name and host name."""
    return new_id("ws-", 10)


def all_slots() -> list[Versioned[Slot]]:
    return run(database().collection("slots"), Slot)


def readable_slots() -> tuple[list[Versioned[Slot]], list[str]]:
    """All that can be read, and the names of the others: their services are somebody's too."""
    return run_readable(database().collection("slots"), Slot)


def read_roll() -> Versioned[SlotCounter] | None:
    """To be read before the slots, by whoever may make new ones."""
    return read(roll_ref(), SlotCounter)


def candidates(near: str | None = None) -> list[Versioned[Slot]]:
    """Slots to claim, for at most CANDIDATES reads: warm ones if there are any, else a cold one.

    Looked for upwards from `near`, so that this slot comes first if it is warm, or from a random place: names are
    random, so that is a random choice. Beyond the highest name it goes on with that one.
    """
    start = near or new_slot_name()
    found = _from(start, SlotState.WARM, CANDIDATES)
    if found:
        return found
    # by state and then by name, both downwards: a warm one comes before every cold one
    taken = [state for state in SlotState if state not in (SlotState.WARM, SlotState.COLD)]
    claimable = database().collection("slots").where(filter=FieldFilter("state", "not-in", taken))
    highest, _ = run_readable(claimable.order_by("state", direction=firestore.Query.DESCENDING).limit(1), Slot)
    if highest and highest[0].record.state == SlotState.COLD:
        return _from(start, SlotState.COLD, 1) or highest
    return highest


def _from(start: str, state: SlotState, limit: int) -> list[Versioned[Slot]]:
    """Upwards: that is the order of the field's own index. Downwards would take a composite one, on every claim."""
    matching = database().collection("slots").where(filter=FieldFilter("state", "==", state))
    upwards = matching.order_by("__name__").start_at({"__name__": slot_ref(start)})
    return run_readable(upwards.limit(limit), Slot)[0]


def count_claimed() -> int:
    """Sessions that are open, each with its slot."""
    return run_count(database().collection("slots").where(filter=FieldFilter("state", "==", SlotState.CLAIMED)))


def make_slots(roll: Versioned[SlotCounter] | None, slots: Sequence[Slot]) -> None:
    """The first records of new slots. Raises LostRace if others were made since `roll` was read."""
    commit = Commit()
    for slot in slots:
        commit.create(slot_ref(slot.name), slot)
    if roll is None:
        commit.create(roll_ref(), SlotCounter().raised(len(slots)))
    else:
        commit.change(roll_ref(), roll, roll.record.raised(len(slots)))
    commit.run()


def commit_slot(before: Versioned[Slot] | None, slot: Slot) -> None:
    """A slot's next record, or its first. Raises LostRace."""
    commit = Commit()
    if before is None:
        commit.create(slot_ref(slot.name), slot)
    else:
        commit.change(slot_ref(slot.name), before, slot)
    commit.run()


def forget_slot(before: Versioned[Slot]) -> None:
    """Delete the record; `pool` then deletes the service that nobody knows. Raises LostRace."""
    Commit().delete(slot_ref(before.record.name), before).run()
