"""The ledger: what `meter` reads of it, and the commits that close periods and mark sessions as checked."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import LedgerLine, close
from shared.billing.periods import start_in_utc
from shared.billing.plans import PLANS
from shared.billing.reconciliation import ClosedPeriod, DayUse, PlanUse
from shared.gcp.store.billing import add_lines, billing_ref, shard_refs
from shared.gcp.store.database import Commit, database, document, read, run, run_count, run_paged, run_sum
from shared.gcp.store.sessions import session_ref
from shared.record import Versioned
from shared.sessions.session import Session


class Reached(Struct, frozen=True):
    """`meter/reached`: the last day whose use by plan is written."""

    day: str

    @property
    def following(self) -> date:
        return date.fromisoformat(self.day) + timedelta(days=1)


def unwritten(before: datetime, waiting: list[str]) -> Iterator[Versioned[Session]]:
    """Sessions with charged time that should have become a ledger line by `before`, and whose heartbeats have ceased.
    The billing account of an unreadable session is added to `waiting`, because its line is still to be written."""

    def wait(fields: dict[str, Any]) -> None:
        waiting.append(str(fields.get("bid")))

    late = database().collection("sessions").where(filter=FieldFilter("meter.line_due", "<=", before))
    return run_paged(late, Session, readable=True, odd=wait)


def write_line(session: Versioned[Session], at: datetime) -> None:
    """Writes the open time as a line, as of `at`. Raises LostRace if a heartbeat or the session's end has written
    it."""
    record = session.record
    meter, lines = close(record.meter, record.ledger_owner, at)
    commit = Commit().change(session_ref(record.sid), session, replace(record, meter=meter))
    add_lines(commit, record.bid, lines)
    commit.run()


def unchecked(now: datetime) -> Iterator[Versioned[Session]]:
    """Ended sessions that are due to be checked."""
    due = database().collection("sessions").where(filter=FieldFilter("check_due", "<=", now))
    return run_paged(due, Session, readable=True)


def commit_checked(session: Versioned[Session], due: datetime | None) -> None:
    """Sets when to check next; None if the session is settled. Raises LostRace."""
    record = session.record
    Commit().change(session_ref(record.sid), session, replace(record, check_due=due)).run()


def lines_of_session(session: Session) -> list[LedgerLine]:
    return lines_with(session.bid, "sid", session.sid)


def lines_of_period(bid: str, period: str) -> list[LedgerLine]:
    return lines_with(bid, "period", period)


def lines_of_day(day: date) -> Iterator[LedgerLine]:
    """The lines of all accounts completed on that day (UTC). An unreadable line is logged and left out."""
    since = start_in_utc(day)
    lines = database().collection_group("lines").where(filter=FieldFilter("at", ">=", since))
    lines = lines.where(filter=FieldFilter("at", "<", since + timedelta(days=1)))
    return (line.record for line in run_paged(lines.order_by("at"), LedgerLine, readable=True))


def to_close(now: datetime) -> Iterator[Versioned[Billing]]:
    """Billing accounts with a period that is over in every time zone."""
    due = database().collection("billing").where(filter=FieldFilter("close_due", "<=", now))
    return run_paged(due, Billing, readable=True)


def close_period(billing: Versioned[Billing], closed: ClosedPeriod) -> None:
    """Writes the period's own record, and removes the period from the account's counts. Raises LostRace."""
    before, period = billing.record, closed.id
    used, granted, carried = (
        {key: ms for key, ms in kept.items() if key != period} for kept in (before.used, before.granted, before.carried)
    )
    after = replace(before.count(used), granted=granted, carried=carried)
    commit = Commit().create(document(f"billing/{before.bid}/periods", period), closed)
    commit.change(billing_ref(before.bid), billing, after)
    for ref in shard_refs(before.bid, period):
        commit.drop(ref)
    commit.run()


def first_line() -> LedgerLine | None:
    """The oldest readable line; None if there is none."""
    lines = run_paged(database().collection_group("lines").order_by("at"), LedgerLine, readable=True, page=5)
    return next((line.record for line in lines), None)


def read_reached() -> Versioned[Reached] | None:
    return read(_reached_ref(), Reached)


def write_day(use: DayUse, before: Versioned[Reached] | None) -> None:
    """Writes a day's use. Raises LostRace if a concurrent run was faster."""
    commit = Commit().create(document("usage", use.day), use)
    if before is None:
        commit.create(_reached_ref(), Reached(use.day))
    else:
        commit.change(_reached_ref(), before, Reached(use.day))
    commit.run()


def read_days(month: str) -> list[DayUse]:
    """The days of a month such as 2026-11, oldest first."""
    days = database().collection("usage").where(filter=FieldFilter("day", ">=", f"{month}-01"))
    days = days.where(filter=FieldFilter("day", "<=", f"{month}-31")).order_by("day")
    return [day.record for day in run(days, DayUse)]


def read_open_day(day: date) -> DayUse:
    """A day that is not rolled up, summed by the database: one read for each thousand of its lines. How many members
    there were only the lines themselves say."""
    plans = [*PLANS, *(plan for plan in plans_of_lines() if plan not in PLANS)]
    used = {plan: use for plan in plans if (use := _use_of_open_day(day, plan)).ms or use.sessions}
    return DayUse(day=day.isoformat(), plans=used, stored=stored_bytes())


class PlanOfLine(Struct, frozen=True):
    """What is read of a line to know its plan."""

    plan: str


def plans_of_lines() -> Iterator[str]:
    """The plans that lines were ever charged on, also those that are no longer in the table: a read for each, and one
    more. A session has a line with a browser before it has one without."""
    lines = database().collection_group("lines").where(filter=FieldFilter("background", "==", False))
    plan = ""
    while True:
        # sorted as the index of sum_of_lines is
        above = lines.where(filter=FieldFilter("plan", ">", plan)).order_by("plan").order_by("at").order_by("ms")
        found = run(above.select(["plan"]).limit(1), PlanOfLine)
        if not found:
            return
        plan = found[0].record.plan
        yield plan


def _use_of_open_day(day: date, plan: str) -> PlanUse:
    since = start_in_utc(day)
    in_browser, background = (sum_of_lines(since, plan, background=each) for each in (False, True))
    return PlanUse(
        ms=in_browser + background,
        background_ms=background,
        members=None,
        sessions=count_opened(since, plan),
        lines=None,
    )


def sum_of_lines(since: datetime, plan: str, *, background: bool) -> int:
    """Milliseconds in the lines of the day (UTC) that begins at `since`."""
    lines = database().collection_group("lines").where(filter=FieldFilter("plan", "==", plan))
    lines = lines.where(filter=FieldFilter("background", "==", background))
    lines = lines.where(filter=FieldFilter("at", ">=", since))
    return run_sum(lines.where(filter=FieldFilter("at", "<", since + timedelta(days=1))), "ms")


def count_opened(since: datetime, plan: str) -> int:
    """Sessions that were opened on the day (UTC) that begins at `since`."""
    opened = database().collection("sessions").where(filter=FieldFilter("plan", "==", plan))
    opened = opened.where(filter=FieldFilter("opened", ">=", since))
    return run_count(opened.where(filter=FieldFilter("opened", "<", since + timedelta(days=1))))


def stored_bytes() -> int:
    """Bytes that the newest snapshots of all workspaces take, as their members see them."""
    return run_sum(database().collection("workspaces"), "storage.used")


def _reached_ref() -> firestore.DocumentReference:
    return document("meter", "reached")


def lines_with(bid: str, field: str, value: str) -> list[LedgerLine]:
    matching = database().collection(f"billing/{bid}/lines").where(filter=FieldFilter(field, "==", value))
    return [line.record for line in run_paged(matching, LedgerLine)]
