"""The audit log and the use by day, as operators are shown them. Times are in Unix seconds."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from shared.accounts.audit import Action, AuditLine, RequestId, Values
from shared.billing.reconciliation import DayUse
from shared.snapshots.checkpoint import Count
from shared.views.units import Seconds


class LineView(Struct):
    """A line of the audit log."""

    request: RequestId
    at: float
    by: str
    """The operator's uid. For the actions `operator`, `auditor` and `operator-taken-back` the address of an
    administrator of the project, or `administrator`."""
    email: str | None
    """The operator's address."""
    action: Action
    target: str | None
    """The uid of the account."""
    note: str
    before: Values
    """The changed values before the change, by name."""
    after: Values
    """The changed values after the change, by name."""


class AuditView(Struct):
    """Lines, newest first."""

    lines: list[LineView]


class PlanUseView(Struct):
    seconds: Seconds
    background_seconds: Seconds
    """The part of `seconds` without a browser."""
    members: int | None
    """None on a day that is not over."""
    sessions: int


class DayView(Struct):
    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    over: bool
    """False for a day that is not summed up yet. Time in open sessions is added within 15 minutes."""
    plans: dict[str, PlanUseView]
    """By the plan's name."""
    stored: Count | None
    """Bytes that all members together have saved; None if unknown."""


class DaysView(Struct):
    """The days of the month (UTC), oldest first; the last ones may not be over."""

    days: list[DayView]


def line_view(line: AuditLine) -> LineView:
    return LineView(
        request=line.request,
        at=line.at.timestamp(),
        by=line.by,
        email=line.email,
        action=line.action,
        target=line.target,
        note=line.note,
        before=line.before,
        after=line.after,
    )


def audit_view(lines: Iterable[AuditLine]) -> AuditView:
    return AuditView([line_view(line) for line in lines])


def days_view(days: Iterable[DayUse], not_over: Iterable[DayUse]) -> DaysView:
    return DaysView([*(_day(use, over=True) for use in days), *(_day(use, over=False) for use in not_over)])


def _day(use: DayUse, *, over: bool) -> DayView:
    plans = {
        plan: PlanUseView(each.ms / 1000, each.background_ms / 1000, each.members, each.sessions)
        for plan, each in use.plans.items()
    }
    return DayView(use.day, over, plans, use.stored)
