"""Whoever works for long between two documents of a page does not take the page's age for a wrong clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import Struct

from shared import machine
from shared.gcp.store import clock
from shared.gcp.store.database import Unreadable, run_paged
from tests.support.held_machine import HeldMachine


class Number(Struct):
    n: int


class Query:
    """Three documents, read now by Firestore's clock. The last may be `odd`: no record of its kind."""

    def __init__(self, read_time: datetime, *, odd: bool = False) -> None:
        self._read_time, self._odd = read_time, odd

    def limit(self, _most: int) -> "Query":
        return self

    def stream(self, **_call: Any) -> list[Any]:
        return [self._document(n) for n in range(3)]

    def _document(self, n: int) -> Any:
        fields = {"n": "odd" if self._odd and n == 2 else n}
        reference = SimpleNamespace(path=f"numbers/n-{n}")
        return SimpleNamespace(
            reference=reference,
            exists=True,
            to_dict=lambda: fields,
            id=f"n-{n}",
            read_time=self._read_time,
            update_time=self._read_time,
        )


@pytest.fixture
def held() -> Iterator[HeldMachine]:
    """This machine, of whose clock nothing has been learned."""
    held = HeldMachine()
    clock.forget()
    with machine.replaced_by(held):
        yield held
    clock.forget()


@pytest.mark.parametrize("readable", [False, True])
def test_a_page_is_worked_through_for_minutes_and_the_clock_stays_right(held: HeldMachine, readable: bool) -> None:
    seen = []
    for found in run_paged(Query(held.at), Number, readable=readable):
        seen.append(found.record.n)
        held.go_on(60)
    assert (seen, clock.now()) == ([0, 1, 2], held.at)


def test_a_clock_that_is_wrong_is_found_out_by_a_page_too(held: HeldMachine) -> None:
    with pytest.raises(clock.Corrected):
        list(run_paged(Query(held.at - timedelta(hours=2)), Number))
    assert clock.now() == held.at - timedelta(hours=2)


def test_a_document_that_can_not_be_read_keeps_none_before_it_from_its_turn(held: HeldMachine) -> None:
    found = run_paged(Query(held.at, odd=True), Number)
    assert [next(found).record.n, next(found).record.n] == [0, 1]
    with pytest.raises(Unreadable):
        next(found)
    readable = run_paged(Query(held.at, odd=True), Number, readable=True)
    assert [each.record.n for each in readable] == [0, 1]
