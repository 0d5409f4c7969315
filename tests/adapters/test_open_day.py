"""Today's use as operators see it, on a real database: what is written of the day, for a read in a thousand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.billing.metering import Interval, LedgerLine
from shared.billing.reconciliation import day_use
from shared.flows.operator_looks import days
from shared.gcp.operation_counts import counted
from shared.gcp.store.accounts import workspace_ref
from shared.gcp.store.billing import line_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.ledger import read_open_day, write_day
from shared.gcp.store.sessions import session_ref
from shared.sessions.workspace import Workspace
from shared.snapshots.storage_quota import StorageUse
from tests.support.records.factories import a_session

pytestmark = pytest.mark.usefixtures("empty_database")
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_line(sid: str, n: int, plan: str, ms: int, at: datetime, *, background: bool = False) -> LedgerLine:
    interval = Interval(at - timedelta(milliseconds=ms), at)
    return LedgerLine(
        sid=sid, n=n, wid="w-1", uid="u-1", plan=plan, period="2026-11", ms=ms, background=background,
        intervals=[interval], at=at,
    )  # fmt: skip


LINES = [
    a_line("s-1", 0, "pro", 900_000, NOON),
    a_line("s-1", 1, "pro", 60_000, NOON + timedelta(minutes=1), background=True),
    a_line("s-2", 0, "free", 30_000, NOON + timedelta(hours=1)),
    a_line("s-0", 0, "pro", 7_000, NOON - timedelta(days=1)),
    a_line("s-3", 0, "pro", 8_000, NOON + timedelta(days=1)),
]


def written() -> None:
    commit = Commit()
    for line in LINES:
        commit.create(line_ref("b-1", line), line)
        if line.n == 0:
            opened = a_session(sid=line.sid, plan=line.plan, opened=line.at - timedelta(minutes=15))
            commit.create(session_ref(line.sid), opened)
    for n, used in enumerate((5, 7, None)):
        storage = StorageUse(used=used, limit=None) if used else None
        commit.create(workspace_ref(f"w-{n}"), Workspace(wid=f"w-{n}", owner=f"u-{n}", created=NOON, storage=storage))
    commit.run()


def test_the_open_day_has_what_its_lines_say_without_reading_them() -> None:
    written()
    with counted() as cost:
        today = read_open_day(TODAY)
    rolled_up = day_use(TODAY, [line for line in LINES if line.at.date() == TODAY], stored=12)
    expected = {plan: replace(use, members=None, lines=None) for plan, use in rolled_up.plans.items()}
    assert today == replace(rolled_up, plans=expected)
    assert (cost.reads, cost.writes) == (3 * 5 + 1 + 3, 0), "three for each plan, the stored bytes, and which plans"


def test_the_open_day_has_plans_that_are_no_longer_in_the_table() -> None:
    written()
    removed = [a_line("s-7", 0, "gold", 5_000, NOON), a_line("s-8", 0, "zinc", 6_000, NOON - timedelta(days=9))]
    commit = Commit()
    for line in removed:
        commit.create(line_ref("b-1", line), line)
    commit.create(session_ref("s-7"), a_session(sid="s-7", plan="gold", opened=NOON)).run()
    today = read_open_day(TODAY)
    assert set(today.plans) == {"free", "pro", "gold"}
    assert (today.plans["gold"].ms, today.plans["gold"].sessions) == (5_000, 1)
    assert days("2026-11", NOON).days[-1].plans["gold"].seconds == 5


def test_today_and_yesterday_are_shown_until_they_are_summed_up() -> None:
    written()
    view = days("2026-11", NOON)
    assert [(day.day, day.over) for day in view.days] == [("2026-11-22", False), ("2026-11-23", False)]
    write_day(day_use(TODAY - timedelta(days=1), []), None)
    view = days("2026-11", NOON)
    assert [(day.day, day.over) for day in view.days] == [("2026-11-22", True), ("2026-11-23", False)]
    assert view.days[1].plans["pro"].seconds == 960
    assert days("2026-10", NOON).days == []
