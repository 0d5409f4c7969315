"""Tabs that are closed: without a request the container has no CPU, for many times as long as its lease."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.members.open_workspace import Workspace, saved
from tests.support.members.person import Person
from tests.support.stack.observe import document, instances, until
from tests.support.stack.running import QUICK, SESSIONS, Running, running

LEASE = 3.0
HEARTBEAT = 1.0
FREEZE = 3 * LEASE
TIMES = {
    "LEASE_SECONDS": str(LEASE),
    "HEARTBEAT_SECONDS": str(HEARTBEAT),
    "IDLE_SECONDS": "24",
    "IDLE_WARNING_SECONDS": "5",
    "CHECKPOINT_SECONDS": "600",
    "POOL_MAX": "4",
    "BACKGROUND_LIMIT_SECONDS": "0",
}
"""Nothing but the final checkpoint saves anything, and the idle time leaves room for one who comes back in it. No
request is held open for a job: what a container's start leaves at work would keep it from freezing."""


@pytest.fixture(scope="module")
def slow_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack with a short lease and a long idle time."""
    folder = tmp_path_factory.mktemp("frozen")
    with running(folder, *SESSIONS, *QUICK, **TIMES) as stack:
        yield stack


def test_frozen_for_long(slow_stack: Running) -> None:
    """Two members close their tabs. One comes back to the same container, the other's is reclaimed with all that was
    in it; neither is charged for the time."""
    stack = slow_stack
    with Workspace(stack, Person(stack, "back soon")) as returning, Workspace(stack, Person(stack, "away")) as away:
        until(lambda: returning.record["connected"] and away.record["connected"], "heartbeats say that both are there")
        returning.container.run("nohup sleep 1000 >/dev/null 2>&1 & echo $! > /tmp/job")
        away.container.run("echo precious > late.txt")
        slot = document(stack, f"slots/{away.slot}") or {}
    until(lambda: is_frozen(stack, returning) and is_frozen(stack, away), "without a request there is no CPU")
    until(lambda: beats_are_over(returning, away), "what was on its way has arrived")
    before = [returning.record, away.record]
    pid, closed = returning.container.pid, time.monotonic()
    until(lambda: time.monotonic() - closed > FREEZE, "several leases have passed")
    assert [returning.record, away.record] == before, "silence changes nothing"

    # the old tab is enough: no Open, and no other container
    back = datetime.now(UTC)
    assert returning.get("/?folder=/home/member").status_code == 200
    assert returning.person.open()["session"] == returning.sid
    assert (returning.container.pid, returning.record["boot"]) == (pid, before[0]["boot"])
    returning.container.run("kill -0 $(cat /tmp/job)")
    known, new = before[0]["meter"]["open"], returning.record["meter"]["open"]
    until_back = [each for each in new if datetime.fromisoformat(each["since"]) < back]
    asleep = sum(map(milliseconds, until_back)) - sum(map(milliseconds, known))
    assert asleep <= 1000 * HEARTBEAT, "no more than the rest of what a visit costs"

    until(lambda: away.record["state"] == "ended", "the one who stays away is reclaimed")
    ended = away.record
    assert (ended["reason"], ended["final"]) == ("idle", True)
    least = 1000 * HEARTBEAT
    assert ended["meter"]["ms"] - before[1]["meter"]["ms"] <= least, "no more than the rest of what a visit costs"
    assert ended["decisions"][-1]["verdict"] == "reclaim"
    assert saved(stack, ended["head"], "late.txt") == "precious", "its container was woken for its last checkpoint"
    until(lambda: is_recycled(stack, slot), "the slot has another container")
    returning.close()


def milliseconds(interval: dict[str, str]) -> float:
    length = datetime.fromisoformat(interval["until"]) - datetime.fromisoformat(interval["since"])
    return length.total_seconds() * 1000


def is_frozen(stack: Running, workspace: Workspace) -> bool:
    return any(instance["frozen"] for instance in instances(stack) if instance["service"] == workspace.slot)


def beats_are_over(*workspaces: Workspace) -> bool:
    """No heartbeat was taken in a time in which a container with CPU would have sent one."""
    before = [workspace.record["seq"] for workspace in workspaces]
    time.sleep(1.5 * HEARTBEAT)
    return before == [workspace.record["seq"] for workspace in workspaces]


def is_recycled(stack: Running, before: dict[str, object]) -> bool:
    slot = document(stack, f"slots/{before['name']}") or {}
    return slot["state"] in ("warm", "cold") and slot["incarnation"] == int(str(before["incarnation"])) + 1
