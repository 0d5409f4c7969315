"""What a lost plan had kept: how long it is not deleted, and when the member is told of the end."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from shared.billing.plans import PLANS

KEPT_FOR = timedelta(days=90)
"""How long after a plan was lost what it had kept stays readable and downloadable."""
ENDING = timedelta(days=1)
"""How long after a plan was lost something may still be saved under it: a session that the loss ends saves once more,
and a loss of which no event told is found by the daily comparison."""
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

    def has(self, plan: str | None, at: datetime) -> bool:
        """Whether what was saved at this time was saved under the lost plan. `plan`: the plan under which it was saved;
        None if that is unknown."""
        # The plan decides, not the time alone: `since` can lie days ahead of the loss, see `lapsed_at`.
        return at <= self.since if plan is None else plan == self.plan and at <= self.since + ENDING


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


def every_loss(lost: Iterable[tuple[str, datetime]], base: str, now: datetime) -> list[Kept]:
    """All lost plans that are larger than `base` and still kept, whatever the present plan is: who pays again has not
    brought everything back yet."""
    larger = dict.fromkeys(Kept(plan=plan, since=since) for plan, since in lost if _size(plan) > _size(base))
    return sorted((each for each in larger if now < each.until), key=lambda each: (each.since, each.plan))


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
