"""Usage report: a month of the ledger by period, by day and by session; and the sessions as a CSV table.

Each whole millisecond is counted once in each of the three, so that their sums agree exactly.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.billing.metering import Interval, LedgerLine, close
from shared.billing.periods import PeriodKind, period_at
from shared.cursors import cursor, moment
from shared.sessions.session import Decision, EndReason, Session

ENDS = {
    EndReason.MEMBER: "stopped by the member",
    EndReason.IDLE: "the workspace was idle",
    EndReason.ALLOWANCE: "the plan's time was used up",
    EndReason.SUSPENDED: "the account was suspended",
    EndReason.LOST: "the container was lost; changes after the last save are lost",
    EndReason.STOPPED: "the cloud stopped the container; the workspace was saved before",
    EndReason.NEVER_OPENED: "the workspace did not open in time",
    EndReason.DELETED: "the account was deleted",
    EndReason.OPERATOR: "the operator stopped it; the workspace was saved before",
    EndReason.SIGNED_OUT: "the member was signed out everywhere",
    EndReason.TEAM: "the member joined a team, or is no longer in one; the workspace was saved before",
}
"""Why a session ended, in words, if no decision was recorded."""

CURSOR = re.compile(r"^(?P<period>[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)\.(?P<at>[0-9]{1,16})\Z")
COLUMNS = ("session", "opened", "ended", "seconds", "background_seconds", "plan", "reason", "decision", "pending")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Characters with which a spreadsheet begins a formula, or which it skips before one."""


class Used(Struct, frozen=True, kw_only=True):
    """Used time in one period or on one day; `id` is its date or month. `background_ms` is a part of `ms`."""

    id: str
    ms: int
    background_ms: int
    sessions: int
    """How many sessions used time in it."""


class SessionUse(Struct, frozen=True, kw_only=True):
    """What one session was charged in the month, and how it ended."""

    sid: str
    opened: datetime
    ended: datetime | None
    ms: int
    background_ms: int
    pending: bool
    """Some of the time is in no ledger line yet."""
    plan: str
    """The newest plan on which the session was charged."""
    reason: EndReason | None
    decision: str | None
    """Why the session ended, in words; None while it is open."""
    idle: float | None
    """For how many seconds nothing had happened, if the session ended idle."""


class Usage(Struct, frozen=True, kw_only=True):
    """Each list is newest first."""

    periods: list[Used]
    days: list[Used]
    sessions: list[SessionUse]


class _UseSum:
    """Adds up one period, day or session."""

    def __init__(self) -> None:
        self.ms = 0
        self.background_ms = 0
        self.sids: set[str] = set()

    def add(self, line: LedgerLine, ms: int) -> None:
        self.ms += ms
        self.background_ms += ms if line.background else 0
        self.sids.add(line.sid)


def first_and_last(month: str) -> tuple[str, str]:
    """The first and the last period id of a month, both included, for days and for the month itself."""
    return month, f"{month}-31"


class LinesPage(Struct, frozen=True):
    """Ledger lines, newest first, and the cursor for the next page; None on the last page."""

    lines: list[LedgerLine]
    next: str | None


def page(lines: Sequence[LedgerLine], most: int) -> LinesPage:
    """At most `most` of the lines. A page ends between two sessions unless one session has more lines than that, and
    never between lines of the same time, which a cursor can't separate."""
    if len(lines) <= most:
        return LinesPage([*lines], None)
    for end in range(most, 0, -1):
        if lines[end].sid != lines[end - 1].sid and _place(lines[end]) != _place(lines[end - 1]):
            return _cut(lines, end)
    for end in range(most, 0, -1):
        if _place(lines[end]) != _place(lines[end - 1]):
            return _cut(lines, end)
    return _cut(lines, most)


def parse_cursor(text: str) -> tuple[str, datetime] | None:
    """The period and the time of the previous page's last line; None if the text is no cursor."""
    parts = CURSOR.match(text)
    at = moment(int(parts["at"])) if parts else None
    return (parts["period"], at) if parts and at else None


def _cut(lines: Sequence[LedgerLine], end: int) -> LinesPage:
    last = lines[end - 1]
    return LinesPage([*lines[:end]], f"{last.period}.{cursor(last.at)}")


def _place(line: LedgerLine) -> tuple[str, datetime]:
    return line.period, line.at


def usage(
    lines: Iterable[LedgerLine], sessions: Mapping[str, Session], *, month: str, zone: str, is_first: bool = True
) -> Usage:
    """Sums the month's ledger lines, or a page of them. The first page also has the time of open `sessions` that is in
    no line yet.

    An open session must be read before the lines: its unwritten time is left out if the line is there by now. Days are
    those of the current time zone, so after a change of the zone a day may belong to a neighbouring month.
    """
    written = list(lines)
    written_keys = {(line.sid, line.n) for line in written}
    pending = [
        line
        for session in (sessions.values() if is_first else ())
        for line in _unwritten(session)
        if (line.sid, line.n) not in written_keys and _is_within(line.period, month)
    ]
    periods, days, by_session = dict[str, _UseSum](), dict[str, _UseSum](), dict[str, _UseSum]()
    newest: dict[str, LedgerLine] = {}
    for line in [*written, *pending]:
        periods.setdefault(line.period, _UseSum()).add(line, line.ms)
        by_session.setdefault(line.sid, _UseSum()).add(line, line.ms)
        newest[line.sid] = max(line, newest.get(line.sid, line), key=lambda each: each.n)
        for interval in line.intervals:
            for day, part in _by_day(interval, zone):
                days.setdefault(day, _UseSum()).add(line, part.ms)
    open_ones = {line.sid for line in pending}
    uses = [
        _session_use(newest[sid], used, sessions.get(sid), pending=sid in open_ones) for sid, used in by_session.items()
    ]
    return Usage(
        periods=_newest_first(periods),
        days=_newest_first(days),
        sessions=sorted(uses, key=lambda each: (each.opened, each.sid), reverse=True),
    )


def as_csv(sessions: Iterable[SessionUse], zone: str, *, is_first: bool = True) -> str:
    """RFC 4180, with a header on the first page. Times are ISO 8601 in the time zone. No cell is a formula to a
    spreadsheet."""
    table = io.StringIO()
    writer = csv.writer(table)
    if is_first:
        writer.writerow(COLUMNS)
    for each in sessions:
        cells = (
            each.sid,
            _local(each.opened, zone),
            _local(each.ended, zone) if each.ended else "",
            f"{each.ms / 1000:.3f}",
            f"{each.background_ms / 1000:.3f}",
            each.plan,
            each.reason or "",
            each.decision or "",
            "yes" if each.pending else "no",
        )
        writer.writerow([_harmless(cell) for cell in cells])
    return table.getvalue()


def _unwritten(session: Session) -> list[LedgerLine]:
    """The open session's unwritten time, as the line that it would be now."""
    return close(session.meter, session.ledger_owner, session.seen)[1] if session.open else []


def _is_within(period: str, month: str) -> bool:
    first, last = first_and_last(month)
    return first <= period <= last


def _by_day(interval: Interval, zone: str) -> Iterator[tuple[str, Interval]]:
    since = interval.since
    while since < interval.until:
        day = period_at(PeriodKind.DAY, zone, since)
        part = Interval(since, min(interval.until, day.ends))
        yield day.id, part
        since = part.until


def _newest_first(sums: Mapping[str, _UseSum]) -> list[Used]:
    totals = [
        Used(id=name, ms=each.ms, background_ms=each.background_ms, sessions=len(each.sids))
        for name, each in sums.items()
    ]
    return sorted(totals, key=lambda each: each.id, reverse=True)


def _session_use(line: LedgerLine, used: _UseSum, session: Session | None, *, pending: bool) -> SessionUse:
    """The session's use. If the session's record is gone, only what its ledger lines say."""
    decision = _decision(session) if session else None
    reason = session.reason if session else None
    return SessionUse(
        sid=line.sid,
        opened=session.opened if session else line.intervals[0].since,
        ended=session.ended if session else line.at,
        ms=used.ms,
        background_ms=used.background_ms,
        pending=pending,
        plan=line.plan,
        reason=reason,
        decision=decision.rule if decision else ENDS[reason] if reason else None,
        idle=(decision.at - decision.active).total_seconds() if decision and reason == EndReason.IDLE else None,
    )


def _decision(session: Session) -> Decision | None:
    """The decision that ended the session. None if the session was lost while it was being ended for another reason."""
    deciding = (each for each in reversed(session.decisions) if each.reason and each.reason == session.reason)
    return next(deciding, None)


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
