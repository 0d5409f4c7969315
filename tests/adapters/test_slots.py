"""New slots in the real emulator: whoever plans from the same figures as another makes nothing a second time."""

from datetime import UTC, datetime

import pytest

from shared.gcp.store.database import LostRace
from shared.gcp.store.slots import all_slots, make_slots, new_slot_name, read_slot_counter
from shared.slots.slot import Slot, new_slot
from tests.support.records.factories import IMAGE

pytestmark = pytest.mark.usefixtures("empty_database")


def new_slots(count: int) -> list[Slot]:
    return [new_slot(new_slot_name(), IMAGE, warm=True, now=datetime.now(UTC)) for _ in range(count)]


def test_of_two_who_find_the_same_slots_missing_one_makes_them() -> None:
    for count in (2, 3):  # the first ever, and later ones
        first = second = read_slot_counter()
        before = len(all_slots())
        make_slots(first, new_slots(count))
        with pytest.raises(LostRace):
            make_slots(second, new_slots(count))
        assert len(all_slots()) == before + count
