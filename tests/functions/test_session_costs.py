"""What a whole session costs in Firestore, from the page to the slot's next container, through the real functions: at
most what the model of Ondol's costs says."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from shared.economics.quantities import USES, Event, Use
from tests.support.members.person import Person
from tests.support.stack.observe import documents, until
from tests.support.stack.running import Running

FUNCTIONS = ("login", "allocate", "heartbeat", "release", "reclaim", "pool")


def requests(stack: Running, function: str) -> list[tuple[int, int]]:
    """What each request to a function has read and written, in order."""
    log = (stack.state / "logs" / f"{function}.log").read_text().splitlines()
    lines: list[dict[str, Any]] = [json.loads(line) for line in log if line.startswith("{")]
    return [(line["reads"], line["writes"]) for line in lines if line["message"] == "request"]


def settle(stack: Running) -> None:
    def settled() -> bool:
        sessions, slots = documents(stack, "sessions"), documents(stack, "slots")
        is_whole = len(slots) == int(stack.env["POOL_MAX"])
        return (
            all(each["state"] == "ended" for each in sessions) and all(each["settled"] for each in slots) and is_whole
        )

    until(settled, "no session is open and the pool has nothing left to do")


def most(uses: Iterable[Use]) -> tuple[int, int]:
    """The most documents that are read, and written or deleted."""
    found = list(uses)
    return (
        int(sum(use.reads.high for use in found)),
        int(sum(use.writes.high + use.deletes.high for use in found)),
    )


@pytest.mark.parametrize("how", ["stopped", "found idle"])
def test_a_session_costs_no_more_than_the_model_says(stack: Running, how: str) -> None:
    person = Person(stack, f"thrifty-{how.split()[-1]}")
    person.me()
    settle(stack)
    before = {function: len(requests(stack, function)) for function in FUNCTIONS}
    person.me()
    entry = person.open()
    if how == "stopped":
        person.post("release", {"session": entry["session"]})
    settle(stack)
    spent = {function: requests(stack, function)[count:] for function, count in before.items()}
    assert spent["login"] == [most([USES[Event.PAGE]])]
    assert spent["heartbeat"][0] == most([USES[Event.HELLO]])
    early = [cost for cost in spent["reclaim"] if cost == most([USES[Event.EARLY_CHECK]])]
    beats = len(spent["heartbeat"]) - 2  # without the hello and the last one, which is part of the end
    assert beats >= 0
    # an Open that is answered "try again" is asked for again
    events = [Event.PAGE, *len(spent["allocate"]) * [Event.OPEN], Event.HELLO, Event.END]
    allowed = most(
        USES[event]
        for event in [*events, *beats * [Event.HEARTBEAT, Event.CHECKPOINT], *len(early) * [Event.EARLY_CHECK]]
    )
    total = [cost for function in FUNCTIONS[:-1] for cost in spent[function]]
    assert sum(reads for reads, _ in total) <= allowed[0], spent
    assert sum(writes for _, writes in total) <= allowed[1], spent
    assert 0 < sum(writes for _, writes in spent["pool"]) <= most([USES[Event.RENEWAL]])[1], spent["pool"]
