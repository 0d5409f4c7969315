"""Slots: all of them for `pool`, a handful for a claim."""

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.database import Commit, database, document, run
from shared.gcp.store.ids import new_id
from shared.record import Read
from shared.slot import Slot, SlotState

CANDIDATES = 4
"""Slots that one attempt of a claim looks at. With as many warm slots as claims at once, the chance that an attempt
finds all of its candidates taken is small, and every document read costs."""


def slot_ref(name: str) -> firestore.DocumentReference:
    return document("slots", name)


def new_slot_name() -> str:
    """Random, so that nobody finds slots by counting; a legal Cloud Run service name and host name."""
    return new_id("ws-", 10)


def all_slots() -> list[Read[Slot]]:
    return run(database().collection("slots"), Slot)


def candidates(state: SlotState) -> list[Read[Slot]]:
    """Up to CANDIDATES slots in this state, from a random place on: names are random, so this is a random choice."""
    matching = database().collection("slots").where(filter=FieldFilter("state", "==", state)).order_by("__name__")
    start = slot_ref(new_slot_name())
    found = run(matching.start_at({"__name__": start}).limit(CANDIDATES), Slot)
    if len(found) < CANDIDATES:
        found += run(matching.end_before({"__name__": start}).limit(CANDIDATES - len(found)), Slot)
    return found


def commit_slot(read: Read[Slot] | None, slot: Slot) -> None:
    """A slot's next record, or its first. Raises LostRace."""
    commit = Commit()
    if read is None:
        commit.create(slot_ref(slot.name), slot)
    else:
        commit.change(slot_ref(slot.name), read, slot)
    commit.run()


def forget_slot(read: Read[Slot]) -> None:
    """Delete the record; `pool` then deletes the service that nobody knows. Raises LostRace."""
    Commit().delete(slot_ref(read.record.name), read).run()
