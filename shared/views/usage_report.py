"""What was used, for people: a month of the ledger by period, by day and by session; and the sessions as a table.

All of it is in whole milliseconds, each counted once in each of the three, so that their sums agree exactly.
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
    EndReason.IDLE: "nothing was happening in it",
    EndReason.ALLOWANCE: "the plan's time was used up",
    EndReason.SUSPENDED: "the account was suspended",
    EndReason.LOST: "its container was lost; what came after the last save is missing",
    EndReason.STOPPED: "the platform stopped its container; it was saved before",
    EndReason.NEVER_OPENED: "the workspace did not open in time",
    EndReason.DELETED: "the account was deleted",
    EndReason.SIGNED_OUT: "the member was signed out everywhere",
}
"""In words, where no decision stands behind the end."""

CURSOR = re.compile(r"(?P<period>[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)\.(?P<at>[0-9]{1,16})\Z")
COLUMNS = ("session", "opened", "ended", "seconds", "background_seconds", "plan", "reason", "decision", "pending")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or looks past to find one."""


class Used(Struct, frozen=True, kw_only=True):
    """In one period or on one day; `id` is its date or month. `background_ms` is a part of `ms`."""

    id: str
    ms: int
    background_ms: int
    sessions: int
    """How many used some of it."""


class SessionUse(Struct, frozen=True, kw_only=True):
    """What one session was charged in the month, and how it ended."""

    sid: str
    opened: datetime
    ended: datetime | None
    ms: int
    background_ms: int
    pending: bool
    """Some of it is in no ledger line yet."""
    plan: str
    """The newest that it was charged on."""
    reason: EndReason | None
    decision: str | None
    """What ended it, in words; None while nothing has."""
    idle: float | None
    """For how many seconds nothing had happened in it, if that is why it ended."""


class Usage(Struct, frozen=True, kw_only=True):
    """Newest first, each."""

    periods: list[Used]
    days: list[Used]
    sessions: list[SessionUse]


class _Sum:
    """What adds up to one period, day or session."""

    def __init__(self) -> None:
        self.ms = 0
        self.background_ms = 0
        self.sids: set[str] = set()

    def add(self, line: LedgerLine, ms: int) -> None:
        self.ms += ms
        self.background_ms += ms if line.background else 0
        self.sids.add(line.sid)


def first_and_last(month: str) -> tuple[str, str]:
    """Between which ids the periods of a month lie, both included, whether they are days or the month itself."""
    return month, f"{month}-31"


class Page(Struct, frozen=True):
    """Ledger lines, newest first, and the cursor that the next page begins after; None at the end."""

    lines: list[LedgerLine]
    next: str | None


def page(lines: Sequence[LedgerLine], most: int) -> Page:
    """The first `most` of the lines, or fewer: a session stands on one page, unless it has more lines than that, and
    so do lines of one moment, which no cursor lies between."""
    if len(lines) <= most:
        return Page([*lines], None)
    for end in range(most, 0, -1):
        if lines[end].sid != lines[end - 1].sid and _place(lines[end]) != _place(lines[end - 1]):
            return _cut(lines, end)
    for end in range(most, 0, -1):
        if _place(lines[end]) != _place(lines[end - 1]):
            return _cut(lines, end)
    return _cut(lines, most)


def parse_cursor(text: str) -> tuple[str, datetime] | None:
    """The period and the moment of the last line before; None of what is no cursor."""
    found = CURSOR.match(text)
    at = moment(int(found["at"])) if found else None
    return (found["period"], at) if found and at else None


def _cut(lines: Sequence[LedgerLine], end: int) -> Page:
    last = lines[end - 1]
    return Page([*lines[:end]], f"{last.period}.{cursor(last.at)}")


def _place(line: LedgerLine) -> tuple[str, datetime]:
    return line.period, line.at


def usage(
    lines: Iterable[LedgerLine], sessions: Mapping[str, Session], *, month: str, zone: str, is_first: bool = True
) -> Usage:
    """Of the month's ledger lines, or a page of them; and, with the first page, of what the open ones of `sessions`
    were charged in it beyond them.

    A session that is open must have been read before the lines: what it had in no line then is left out if that line is
    there by now. Days are those of the time zone as it is now, so after a move one may be a neighbouring month's.
    """
    written = list(lines)
    known = {(line.sid, line.n) for line in written}
    pending = [
        line
        for session in (sessions.values() if is_first else ())
        for line in _unwritten(session)
        if (line.sid, line.n) not in known and _is_within(line.period, month)
    ]
    periods, days, by_session = dict[str, _Sum](), dict[str, _Sum](), dict[str, _Sum]()
    newest: dict[str, LedgerLine] = {}
    for line in [*written, *pending]:
        periods.setdefault(line.period, _Sum()).add(line, line.ms)
        by_session.setdefault(line.sid, _Sum()).add(line, line.ms)
        newest[line.sid] = max(line, newest.get(line.sid, line), key=lambda each: each.n)
        for interval in line.intervals:
            for day, part in _by_day(interval, zone):
                days.setdefault(day, _Sum()).add(line, part.ms)
    open_ones = {line.sid for line in pending}
    told = [_told(newest[sid], used, sessions.get(sid), pending=sid in open_ones) for sid, used in by_session.items()]
    return Usage(
        periods=_newest_first(periods),
        days=_newest_first(days),
        sessions=sorted(told, key=lambda each: (each.opened, each.sid), reverse=True),
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
    """What an open session was charged and is in no line yet, as the line that it would be now."""
    return close(session.meter, session.spender, session.seen)[1] if session.open else []


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


def _newest_first(sums: Mapping[str, _Sum]) -> list[Used]:
    found = [
        Used(id=name, ms=each.ms, background_ms=each.background_ms, sessions=len(each.sids))
        for name, each in sums.items()
    ]
    return sorted(found, key=lambda each: each.id, reverse=True)


def _told(line: LedgerLine, used: _Sum, session: Session | None, *, pending: bool) -> SessionUse:
    """The ledger outlives sessions: of one whose record is gone it says what it can."""
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
    """The one that ended it. One that was lost while it was being ended for another reason ended without any."""
    found = (each for each in reversed(session.decisions) if each.reason and each.reason == session.reason)
    return next(found, None)


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
