"""A member deletes their account in the middle of their work: the ledger stays right, and tells of nobody."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from shared.billing.metering import LedgerLine
from shared.gcp.store.anonymous import anonymise_sessions
from tests.simulation.functions import Loaded, living_in
from tests.simulation.processes import Violation
from tests.simulation.world import World
from tests.support.records.factories import a_billing

START = datetime(2026, 11, 29, 9, tzinfo=UTC)
STEPS = ("before a commit", "after a commit", "before a task is made", "after a task is made")


def leave(
    functions: Mapping[str, Loaded], disturb: Callable[[World], None] = lambda _: None, *, bids: tuple[str, str]
) -> World:
    """Two members work; one deletes their account, and all that is to come of it comes within two days."""
    world = World(functions, START, [a_billing("starter", bid=bid) for bid in bids])
    with living_in(world):
        for person in world.people:
            world.open(person)
        world.live(world.now + timedelta(seconds=200))
        disturb(world)
        world.delete_account(world.people[0])
        world.live(world.now + timedelta(minutes=30))
        world.stop(world.people[1])
        world.live(world.now + timedelta(minutes=10))
        world.pass_time(world.now + timedelta(days=1, minutes=1))
        world.live(world.now + timedelta(minutes=20))
        world.pass_time(world.invariants.closed_periods.last(world.invariants.billings, world.now))
        for _ in range(3):
            world.live(world.now + timedelta(minutes=15))
        world.hub.end()
    return world


@pytest.mark.parametrize("bids", [("b-1", "b-2"), ("b-1", "b-1")])
def test_who_deletes_their_account_leaves_right_books_without_them(
    functions: Mapping[str, Loaded], bids: tuple[str, str]
) -> None:
    world = leave(functions, bids=bids)
    gone, stays = world.people
    invariants = world.invariants
    left = [path for path in world.firestore.documents if gone.uid in path or gone.wid in path]
    assert (left, invariants.closed_periods.open(invariants.billings)) == ([], None)
    told = [path for path, stored in world.firestore.documents.items() if f"'{gone.uid}'" in str(stored.fields)]
    assert told == [], "nor does any tell of them"
    lines = [line for lines in invariants.lines.values() for line in lines]
    aliases = {line["uid"] for line in lines} - {stays.uid}
    assert len(aliases) == 1 and aliases.pop().startswith("e-")
    assert sum(line["ms"] for line in lines if line["uid"] != stays.uid) > 150_000


@pytest.mark.parametrize("kill_at", STEPS)
def test_a_deletion_whose_function_dies_on_its_way_is_finished(functions: Mapping[str, Loaded], kill_at: str) -> None:
    def die(world: World) -> None:
        process = world.delete_account(world.people[0])
        while not process.done and process.at != kill_at:
            world.hub.go_on(process, through=False)
        process.kill()

    world = leave(functions, die, bids=("b-1", "b-2"))
    assert [path for path in world.firestore.documents if world.people[0].wid in path] == []


def test_a_line_that_is_changed_with_its_erasing_is_found(functions: Mapping[str, Loaded]) -> None:
    def cheaper(line: LedgerLine, alias: str) -> LedgerLine:
        return replace(line, uid=alias, wid=alias, ms=line.ms - 1)

    with patch.object(LedgerLine, "anonymous", cheaper), pytest.raises(Violation, match="ms of the ledger line"):
        leave(functions, bids=("b-1", "b-2"))


def test_what_is_made_anonymous_before_its_time_is_found(functions: Mapping[str, Loaded]) -> None:
    def early(world: World) -> None:
        def work() -> Any:
            return anonymise_sessions(world.people[0].uid, "e-1")

        world.hub.spawn("too early", work, seconds=30)
        world.exhaust()

    with pytest.raises(Violation, match="made anonymous while"):
        leave(functions, early, bids=("b-1", "b-2"))
