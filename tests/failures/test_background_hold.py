"""Jobs that go on without a browser: a request held open keeps their CPU, up to the plan's cap, and it is charged."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.support.members.charges import check_ledger
from tests.support.members.open_workspace import Workspace, saved
from tests.support.members.person import Person
from tests.support.stack.observe import document, instances, until
from tests.support.stack.running import QUICK, SESSIONS, Running, running

CAP = 20.0
TIMES = {
    "LEASE_SECONDS": "4",
    "HEARTBEAT_SECONDS": "1",
    "IDLE_SECONDS": "25",
    "IDLE_WARNING_SECONDS": "2",
    "QUIET_SECONDS": "8",
    "BACKGROUND_HOLD_SECONDS": "5",
    "BACKGROUND_LIMIT_SECONDS": str(CAP),
    "CHECKPOINT_SECONDS": "600",
    "POOL_MAX": "4",
}
"""One hold is shorter than a job here, so that it needs several. The agent looks at programs every 5 s,
and what it saw before a freeze of a lease is old: nobody may be idle by then."""
ENDLESS = "while :; do :; done"


@pytest.fixture(scope="module")
def patient_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("background"), *SESSIONS, *QUICK, **TIMES) as stack:
        yield stack


def start(workspace: Workspace, job: str) -> None:
    workspace.container.run(f"nohup sh -c '{job}' >/dev/null 2>&1 &")


def test_jobs_go_on_up_to_the_cap_and_are_charged(patient_stack: Running) -> None:
    stack = patient_stack
    with Workspace(stack, Person(stack, "builder")) as builder, Workspace(stack, Person(stack, "endless")) as endless:
        until(lambda: builder.record["connected"] and endless.record["connected"], "both are there")
        start(builder, "rm -f enough result; while [ ! -e enough ]; do :; done; echo finished > result")
        start(endless, ENDLESS)
        begun = datetime.now(UTC).isoformat()
        for each in (builder.sid, endless.sid):
            until(partial(is_at_work, stack, each, begun), "a process is at work")
    left = time.monotonic()

    until(lambda: builder.record["background_hold"] is not None, "a request is held open")
    until(lambda: builder.person.me()["session"]["background"], "and the member can see it")
    before = builder.record["seq"]
    until(lambda: builder.record["seq"] > before + 2, "its heartbeats go on")
    builder.container.run("touch enough")
    until(lambda: builder.read("result") == "finished", "the job comes to its end without a browser")
    until(lambda: builder.record["background_hold"] is None, "what is done is let go")
    until(lambda: is_frozen(stack, builder), "and the container stands still again")

    until(lambda: endless.record["state"] == "ended", "no job keeps a session for ever")
    assert time.monotonic() - left > CAP - 5, "it was given what the plan has"
    until(lambda: builder.record["state"] == "ended", "whoever is idle is reclaimed")
    for ended in (builder.record, endless.record):
        assert (ended["reason"], ended["final"], ended["background_hold"]) == ("idle", True, None)
        assert 0 < ended["meter"]["background_ms"] < ended["meter"]["ms"]
        assert any("goes on without a browser" in decision["rule"] for decision in ended["decisions"])
        check_ledger(stack, ended)
    assert saved(stack, builder.record["head"], "result") == "finished"
    assert endless.record["meter"]["background_ms"] <= 1000 * CAP
    by_hand = [stamp for kind, stamp in endless.record["signals"].items() if kind != "process"]
    until_when = max(datetime.fromisoformat(stamp) for stamp in [*by_hand, endless.record["opened"]])
    reclaimed = datetime.fromisoformat(endless.record["draining"])
    assert (reclaimed - until_when).total_seconds() >= CAP, "the cap runs from what the member did last"


def test_a_member_stops_what_goes_on_without_them(patient_stack: Running) -> None:
    stack = patient_stack
    with Workspace(stack, Person(stack, "stopper")) as workspace:
        until(lambda: workspace.record["connected"], "the browser is there")
        start(workspace, f"echo begun > result; {ENDLESS}")
        until(partial(is_at_work, stack, workspace.sid, datetime.now(UTC).isoformat()), "the job runs")
    until(lambda: workspace.record["background_hold"] is not None, "a request is held open")
    workspace.close()
    until(lambda: workspace.record["state"] == "ended", "a stop ends it at once")
    ended = workspace.record
    assert (ended["reason"], ended["final"]) == ("member", True)
    assert saved(stack, ended["head"], "result") == "begun"
    check_ledger(stack, ended)


def is_at_work(stack: Running, sid: str, since: str) -> bool:
    session = document(stack, f"sessions/{sid}") or {}
    return bool(session["signals"].get("process", "") > since)


def is_frozen(stack: Running, workspace: Workspace) -> bool:
    return any(instance["frozen"] for instance in instances(stack) if instance["service"] == workspace.slot)
