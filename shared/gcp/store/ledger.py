"""The ledger: what `meter` reads of it, and the commits that close a period and tell that a session was checked."""

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
from shared.billing.reconciliation import ClosedPeriod, DayUse
from shared.gcp.store.billing import add_lines, billing_ref, shard_refs
from shared.gcp.store.database import Commit, database, document, read, run, run_paged
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
    """Sessions with charged time that should have become a line by then: their heartbeats have ceased. Of
    one that can't be read `waiting` gets the billing account, whose line is still to be written."""

    def wait(fields: dict[str, Any]) -> None:
        waiting.append(str(fields.get("bid")))

    late = database().collection("sessions").where(filter=FieldFilter("meter.line_due", "<=", before))
    return run_paged(late, Session, readable=True, odd=wait)


def write_line(session: Versioned[Session], at: datetime) -> None:
    """What is open becomes a line, as of `at`. Raises LostRace: a heartbeat came, or the end, and has written it."""
    record = session.record
    meter, lines = close(record.meter, record.spender, at)
    commit = Commit().change(session_ref(record.sid), session, replace(record, meter=meter))
    add_lines(commit, record.bid, lines)
    commit.run()


def unchecked(now: datetime) -> Iterator[Versioned[Session]]:
    """Sessions that have ended and are due to be checked."""
    due = database().collection("sessions").where(filter=FieldFilter("check_due", "<=", now))
    return run_paged(due, Session, readable=True)


def commit_checked(session: Versioned[Session], due: datetime | None) -> None:
    """It is to be checked again when `due`. Raises LostRace."""
    record = session.record
    Commit().change(session_ref(record.sid), session, replace(record, check_due=due)).run()


def lines_of_session(session: Session) -> list[LedgerLine]:
    return _lines(session.bid, "sid", session.sid)


def lines_of_period(bid: str, period: str) -> list[LedgerLine]:
    return _lines(bid, "period", period)


def lines_of_day(day: date) -> Iterator[LedgerLine]:
    """Of all accounts, complete on that day (UTC). One that can't be read is told, and keeps no day from its turn."""
    since = start_in_utc(day)
    found = database().collection_group("lines").where(filter=FieldFilter("at", ">=", since))
    found = found.where(filter=FieldFilter("at", "<", since + timedelta(days=1)))
    return (line.record for line in run_paged(found.order_by("at"), LedgerLine, readable=True))


def to_close(now: datetime) -> Iterator[Versioned[Billing]]:
    """Billing accounts with a period that is over everywhere."""
    due = database().collection("billing").where(filter=FieldFilter("close_due", "<=", now))
    return run_paged(due, Billing, readable=True)


def close_period(billing: Versioned[Billing], closed: ClosedPeriod) -> None:
    """The period gets a record of its own, and is counted no more. Raises LostRace."""
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
    """The oldest of all that can be read."""
    found = run_paged(database().collection_group("lines").order_by("at"), LedgerLine, readable=True, page=5)
    return next((line.record for line in found), None)


def read_reached() -> Versioned[Reached] | None:
    return read(_reached_ref(), Reached)


def write_day(use: DayUse, before: Versioned[Reached] | None) -> None:
    """Raises LostRace if another run was faster."""
    commit = Commit().create(document("usage", use.day), use)
    if before is None:
        commit.create(_reached_ref(), Reached(use.day))
    else:
        commit.change(_reached_ref(), before, Reached(use.day))
    commit.run()


def read_days(month: str) -> list[DayUse]:
    """Of a month such as 2026-11, oldest first."""
    days = database().collection("usage").where(filter=FieldFilter("day", ">=", f"{month}-01"))
    days = days.where(filter=FieldFilter("day", "<=", f"{month}-31")).order_by("day")
    return [found.record for found in run(days, DayUse)]


def _reached_ref() -> firestore.DocumentReference:
    return document("meter", "reached")


def _lines(bid: str, field: str, value: str) -> list[LedgerLine]:
    found = database().collection(f"billing/{bid}/lines").where(filter=FieldFilter(field, "==", value))
    return [line.record for line in run_paged(found, LedgerLine)]
