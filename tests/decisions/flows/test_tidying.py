"""A run of `meter` gets through, whatever one workspace holds, and is over in time."""

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.exceptions import Conflict

from functions.meter import main
from shared import machine
from shared.flows import tidying, uploads
from shared.flows.comparing import Compared
from shared.gcp import buckets, exports
from shared.gcp.store import ledger
from shared.record import Versioned
from shared.sessions.session import Session
from shared.sessions.workspace import Workspace
from shared.snapshots.retention import SWEPT_AT_ONCE, Stored
from shared.time_budget import TimeBudget
from tests.support.held_machine import HeldMachine
from tests.support.records.factories import NOW, a_session
from tests.support.stack.environment import SETTINGS, environment

DAY = timedelta(days=1)


def due(number: int, **fields: Any) -> Versioned[Workspace]:
    return Versioned(Workspace(wid=f"w-{number}", owner="u", created=NOW, epoch=7, tidy_due=NOW, **fields), NOW)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the run did, in its order. Three workspaces are due."""
    told: list[str] = []

    def tidy(workspace: Versioned[Workspace], *_: object) -> tuple[int, int]:
        told.append(workspace.record.wid)
        return 1, 1

    def sweep(_: object) -> int:
        told.append("exports")
        return 0

    monkeypatch.setattr(tidying, "to_tidy", lambda _: [due(1), due(2), due(3)])
    monkeypatch.setattr(tidying, "tidy_workspace", tidy)
    monkeypatch.setattr(tidying, "read_workspace", lambda wid: due(int(wid[2:])))
    monkeypatch.setattr(tidying, "look_later", lambda workspace, _: told.append(f"later {workspace.record.wid}"))
    monkeypatch.setattr(exports, "sweep", sweep)
    monkeypatch.setattr(uploads, "end_excessive", lambda *_: 0)
    for found in ("unwritten", "unchecked", "to_close"):
        monkeypatch.setattr(ledger, found, lambda *_: [])
    monkeypatch.setattr(main, "compare", lambda *_: Compared(7, 1))
    monkeypatch.setattr(main, "forget_marks", lambda _: 2)
    monkeypatch.setattr(main, "forget_events", lambda _: 4)
    monkeypatch.setattr(main, "due_payers", lambda _: [])
    monkeypatch.setattr(main, "due_teams", lambda _: [])
    monkeypatch.setattr(main, "due_mails", lambda _: [])
    monkeypatch.setattr(main, "expired_mails", lambda _: [])
    monkeypatch.setattr(ledger, "read_reached", lambda: Versioned(ledger.Reached("2026-11-22"), NOW))
    return told


def run() -> main.MeterAnswer:
    handler: Callable[..., main.MeterAnswer] = inspect.unwrap(main.meter)
    with environment(SETTINGS):
        return handler("", main.MeterRequest(), NOW)


def test_exports_are_swept_before_anything_can_go_wrong(done: list[str]) -> None:
    assert run() == main.MeterAnswer(
        lines=0,
        checked=0,
        periods=0,
        days=0,
        workspaces=3,
        snapshots=3,
        objects=3,
        exports=0,
        compared=7,
        ended=1,
        marks=2,
        stopped=0,
        payers=0,
        events=4,
        mails=0,
        teams=0,
    )
    assert done == ["exports", "w-1", "w-2", "w-3"]


@pytest.mark.parametrize("fault", [ValueError("odd"), Conflict("elsewhere"), MemoryError()])
def test_the_next_workspace_has_its_turn_and_the_odd_one_comes_last(
    done: list[str], fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidy = tidying.tidy_workspace

    def stumble(workspace: Versioned[Workspace], *rest: Any) -> tuple[int, int]:
        if workspace.record.wid == "w-1":
            raise fault
        return tidy(workspace, *rest)

    monkeypatch.setattr(tidying, "tidy_workspace", stumble)
    assert run().snapshots == 2
    assert done == ["exports", "later w-1", "w-2", "w-3"]


def test_a_run_whose_time_is_over_begins_no_further_workspace(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "RUN_SECONDS", 0)
    assert run().workspaces == 0
    assert done == ["exports"]


def test_a_backlog_of_any_job_leaves_the_others_their_share(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldMachine()

    def endless(job: str) -> Callable[..., Iterator[Any]]:
        def found(*_: object) -> Iterator[Any]:
            while True:
                held.go_on(1)
                told.append(job)
                yield due(1)

        return found

    def compare(_: object, budget: TimeBudget) -> Compared:
        told.extend([] if budget.is_over() else ["compare"])
        return Compared(0, 0)

    told: list[str] = []
    monkeypatch.setattr(main, "compare", compare)
    monkeypatch.setattr(main, "write_missing_line", lambda *_, **__: 0)
    monkeypatch.setattr(main, "check_session", lambda *_, **__: 0)
    monkeypatch.setattr(ledger, "unwritten", endless("lines"))
    monkeypatch.setattr(ledger, "unchecked", endless("checks"))
    monkeypatch.setattr(tidying, "to_tidy", endless("tidying"))
    with machine.replaced_by(held):
        assert run().workspaces > 10
    assert {*told} == {"lines", "checks", "compare", "tidying"}
    assert held.at - NOW < timedelta(seconds=main.RUN_SECONDS + 10)


def test_of_very_many_objects_some_are_swept_and_the_rest_is_looked_at_in_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    objects = [Stored(f"workspaces/w-1/6-x/{number}", NOW - 2 * DAY) for number in range(SWEPT_AT_ONCE + 5)]
    monkeypatch.setattr(buckets, "list_objects", lambda _, most: objects[:most])
    monkeypatch.setattr(buckets, "delete", len)
    monkeypatch.setattr(tidying, "all_snapshots", lambda _: [])
    monkeypatch.setattr(tidying, "all_packages", lambda _: [])
    with environment(SETTINGS):
        assert tidying.sweep_objects(due(1).record, NOW - DAY, NOW) == (SWEPT_AT_ONCE, NOW)
        monkeypatch.setattr(tidying, "LISTED", 10)
        assert tidying.sweep_objects(due(1).record, NOW - DAY, NOW) == (10, NOW)
        del objects[8:]
        assert tidying.sweep_objects(due(1).record, NOW - DAY, NOW) == (8, None)


@pytest.mark.parametrize(("session", "dead"), [(None, 1), ("s-1", 0)])
def test_the_newest_epoch_is_swept_too_once_no_session_is_open(
    session: str | None, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member may never come back: then no later epoch ever begins."""
    objects = [
        Stored("workspaces/w-1/7-x/1-work.tar.zst", NOW - 2 * DAY),
        Stored("workspaces/w-1/7-x/2-work.tar.zst", NOW),
    ]
    monkeypatch.setattr(buckets, "list_objects", lambda _, most: objects[:most])
    monkeypatch.setattr(buckets, "delete", len)
    monkeypatch.setattr(tidying, "all_snapshots", lambda _: [])
    monkeypatch.setattr(tidying, "all_packages", lambda _: [])
    monkeypatch.setattr(tidying, "read_session", lambda _: None)
    with environment(SETTINGS):
        swept, again = tidying.sweep_objects(due(1, session=session).record, NOW - DAY, NOW)
    assert (swept, again is not None) == (dead, dead == 1), "what is young is looked at once it is old"


def test_uploads_that_can_not_be_measured_keep_no_other_session_from_being_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked = list[str]()

    def why(session: Session) -> None:
        looked.append(session.sid)
        raise KeyError(session.plan)

    monkeypatch.setattr(uploads, "sessions_in_use", lambda: iter([a_session(sid="s-1"), a_session(sid="s-2")]))
    monkeypatch.setattr(uploads, "excess", why)
    assert uploads.end_excessive(NOW, TimeBudget(60)) == 0
    assert (sorted(looked), "uploads-not-measured" in capsys.readouterr().out) == (["s-1", "s-2"], True)
