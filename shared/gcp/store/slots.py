"""Slots: all of them for `pool`, a handful for a claim."""

from collections.abc import Sequence

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.database import Commit, database, document, read, run
from shared.gcp.store.ids import new_id
from shared.record import Read
from shared.slot import Roll, Slot, SlotState

CANDIDATES = 4
"""Slots that one attempt of a claim looks at. With as many warm slots as claims at once, the chance that an attempt
finds all of its candidates taken is small, and every document read costs."""


def slot_ref(name: str) -> firestore.DocumentReference:
    return document("slots", name)


def roll_ref() -> firestore.DocumentReference:
    return document("pool", "roll")


def new_slot_name() -> str:
    """Random, so that nobody finds slots by counting; a legal Cloud Run service name and host name."""
    return new_id("ws-", 10)


def all_slots() -> list[Read[Slot]]:
    return run(database().collection("slots"), Slot)


def read_roll() -> Read[Roll] | None:
    """To be read before the slots, by whoever may make new ones."""
    return read(roll_ref(), Roll)


def candidates(state: SlotState) -> list[Read[Slot]]:
    """Up to CANDIDATES slots in this state, from a random place on: names are random, so this is a random choice."""
    matching = database().collection("slots").where(filter=FieldFilter("state", "==", state)).order_by("__name__")
    start = slot_ref(new_slot_name())
    found = run(matching.start_at({"__name__": start}).limit(CANDIDATES), Slot)
    if len(found) < CANDIDATES:
        found += run(matching.end_before({"__name__": start}).limit(CANDIDATES - len(found)), Slot)
    return found


def make_slots(roll: Read[Roll] | None, slots: Sequence[Slot]) -> None:
    """The first records of new slots. Raises LostRace if others were made since `roll` was read."""
    commit = Commit()
    for slot in slots:
        commit.create(slot_ref(slot.name), slot)
    if roll is None:
        commit.create(roll_ref(), Roll().raised(len(slots)))
    else:
        commit.change(roll_ref(), roll, roll.record.raised(len(slots)))
    commit.run()


def commit_slot(before: Read[Slot] | None, slot: Slot) -> None:
    """A slot's next record, or its first. Raises LostRace."""
    commit = Commit()
    if before is None:
        commit.create(slot_ref(slot.name), slot)
    else:
        commit.change(slot_ref(slot.name), before, slot)
    commit.run()


def forget_slot(before: Read[Slot]) -> None:
    """Delete the record; `pool` then deletes the service that nobody knows. Raises LostRace."""
    Commit().delete(slot_ref(before.record.name), before).run()
