"""What a lost plan had kept: how long it is not deleted, and when the member is told of the end."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from shared.billing.plans import PLANS

KEPT_FOR = timedelta(days=90)
"""How long after a plan was lost what it had kept stays readable and downloadable."""
NOTICES = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
"""How long before the end the member is told, first to last."""


class Kept(Struct, frozen=True, kw_only=True):
    """A lost plan. Until `until` its snapshots and storage are kept; new saves are held to the present plan."""

    plan: str
    since: datetime
    """When the plan was lost."""

    @property
    def until(self) -> datetime:
        return self.since + KEPT_FOR


class Notice(Struct, frozen=True):
    """A mail about the end of what is kept."""

    at: datetime
    """When it is to be sent. A later notice about the same account has a later time."""
    until: datetime
    """When what is kept ends."""


def kept_plan(lost: Iterable[tuple[str, datetime]], plan: str, now: datetime) -> Kept | None:
    """The largest of the `lost` plans, each with the time when it was lost, that is larger than the present `plan` and
    is still kept; the one that is kept longest, if there are several. None if there is no such plan."""
    larger = [Kept(plan=each, since=since) for each, since in lost if _size(each) > _size(plan)]
    kept = [each for each in larger if now < each.until]
    return max(kept, key=lambda each: (_size(each.plan), each.since), default=None)


def due_notice(kept: Kept, told: datetime | None, now: datetime) -> Notice | None:
    """The notice to send now; None if there is none, or it was sent. `told` is the time of the last one that was sent.

    Of several that are due only the last is sent: a member should not get three mails at once.
    """
    times = [kept.until - before for before in NOTICES if kept.until - before <= now]
    if not times or now >= kept.until or (told is not None and told >= max(times)):
        return None
    return Notice(max(times), kept.until)


def next_notice(kept: Kept, now: datetime) -> datetime | None:
    """When the next notice will be due; None after the last."""
    return min((kept.until - before for before in NOTICES if kept.until - before > now), default=None)


def _size(plan: str) -> int:
    """The plan's place in the table, from small to large. A plan that was removed from it loses nothing that is kept,
    and so counts as the largest (see `shared.billing.plans.Plans`)."""
    return [*PLANS].index(plan) if plan in PLANS else len(PLANS)
