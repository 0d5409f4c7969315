"""Where a payment provider and Ondol disagree about a payer, which an operator has to look at."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.billing.plans import is_shared
from shared.billing.subscription import Standing, Subscription

SHOWN_FOR = timedelta(days=7)
"""How long a change of which no event told is shown."""


class DisagreementKind(StrEnum):
    NOT_CANCELLED = "not-cancelled"
    """An operator's plan has replaced a subscription that the provider still charges."""
    DOUBLED = "doubled"
    """The provider charges several subscriptions of one payer."""
    UNFIT = "unfit"
    """A person pays for a plan that teams share, or a team for a plan of one person, which pays for nobody's work."""
    UNTOLD = "untold"
    """The comparison has found a change of which no event had told."""


class Disagreement(Struct, frozen=True, kw_only=True):
    kind: DisagreementKind
    since: datetime
    """When it was found."""
    subscriptions: list[str]
    """The provider's ids."""


def found(
    before: Disagreement | None,
    known: Sequence[Subscription],
    told: Sequence[Subscription],
    standing: Standing,
    *,
    compared: bool,
    of_team: bool,
    now: datetime,
) -> Disagreement | None:
    """What is to be looked at after an answer. `before` and `known` are from the answer before; `told` is what the
    provider says now, and `compared` that it was asked though no event told of anything. `of_team`: a team pays."""
    untold = _differing(known, told) if compared else []
    if standing.cancel:
        kind, subscriptions = DisagreementKind.NOT_CANCELLED, standing.cancel
    elif standing.doubled:
        kind, subscriptions = DisagreementKind.DOUBLED, standing.doubled
    elif standing.is_paid and standing.plan and standing.subscription and is_shared(standing.plan) != of_team:
        kind, subscriptions = DisagreementKind.UNFIT, [standing.subscription]
    elif untold:
        return Disagreement(kind=DisagreementKind.UNTOLD, since=now, subscriptions=untold)
    elif before and (until := shown_until(before)) and now < until:
        return before
    else:
        return None
    since = before.since if before and before.kind == kind else now
    return Disagreement(kind=kind, since=since, subscriptions=list(subscriptions))


def shown_until(found: Disagreement | None) -> datetime | None:
    """When it is over by itself, so that an answer is needed then; None if only a change at the provider ends it."""
    return found.since + SHOWN_FOR if found and found.kind == DisagreementKind.UNTOLD else None


def _differing(known: Sequence[Subscription], told: Sequence[Subscription]) -> list[str]:
    """The subscriptions that only one of the two has as it is."""
    changed = [each for each in (*known, *told) if (each in known) != (each in told)]
    return sorted({each.subscription for each in changed})
