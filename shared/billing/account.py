"""The billing account: who pays, on which plan, and what was used."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import is_zone, over_everywhere
from shared.errors import Refused, bad_request

ZONE_HOLDS = timedelta(days=30)
"""How long a time zone that a member has chosen stays. It is counted in days and not by the calendar: a month of theirs
would begin anew with the very move."""


class Billing(Struct, frozen=True, kw_only=True):
    """`billing/{bid}`: who pays, and what was used. A person has their own; a team shares one."""

    bid: str
    owner: str
    plan: str
    time_zone: str | None
    """The browser's at the first login; None before it."""
    zone_changed: datetime | None = None
    """When its owner last changed it themselves."""
    used: dict[str, int] = {}
    """Milliseconds charged, by period, until it is closed. A plan's without a limit are counted apart, and have 0
    here: see `shared.gcp.store.billing`."""
    forgiven: dict[str, int] = {}
    """Milliseconds of a period that may have been used while nobody heard of it, and were not charged: see
    `shared.billing.time_allowance.forgive`."""
    granted: dict[str, int] = {}
    """Milliseconds that an operator has added to a period."""
    carried: dict[str, int] = {}
    """Milliseconds of a period that an erased account with the same verified address had used: they count as used, and
    have no ledger line here."""
    left: dict[str, int] = {}
    """Milliseconds of a period that the mark of its owner's address has taken over, once the account was closed."""
    close_due: datetime | None = None
    """When `meter` is to close the oldest of the periods in `used`; None while there is none."""

    @property
    def zone(self) -> str:
        """Whose calendar it has."""
        return self.time_zone or "UTC"

    def count(self, used: dict[str, int]) -> "Billing":
        forgiven = {period: ms for period, ms in self.forgiven.items() if period in used}
        return replace(self, used=used, forgiven=forgiven, close_due=min(map(over_everywhere, used), default=None))

    def carry(self, used: Mapping[str, int]) -> "Billing":
        """Count what an erased account with the same address had used."""
        carried = self.carried | {period: self.carried.get(period, 0) + ms for period, ms in used.items()}
        # each of these periods is closed in its time, and what was carried into it goes with it
        return replace(self.count(dict.fromkeys(used, 0) | self.used), carried=carried)

    def leave(self, to: Mapping[str, int]) -> "Billing":
        """What was used so far is taken over by the mark of its owner's address."""
        return replace(self, left=self.left | {period: self.left.get(period, 0) + ms for period, ms in to.items()})

    @property
    def not_left(self) -> dict[str, int]:
        """What was used, by period, and is to be taken over once the account is closed."""
        used = {period: ms + self.carried.get(period, 0) - self.left.get(period, 0) for period, ms in self.used.items()}
        return {period: ms for period, ms in used.items() if ms > 0}

    def anonymous(self, alias: str) -> "Billing":
        """What bookkeeping needs of it once its owner is erased."""
        return replace(self, owner=alias, time_zone=None, zone_changed=None)

    def zone_holds_until(self, now: datetime) -> datetime | None:
        """When its time zone may be changed again; None if it may be now."""
        until = self.zone_changed + ZONE_HOLDS if self.zone_changed else now
        return until if now < until else None


def check_time_zone(name: str) -> None:
    """Raises Refused unless there is such a time zone."""
    if not is_zone(name):
        raise bad_request(f"There is no time zone {name!r}. Send an IANA name, such as Asia/Seoul.")


def move(billing: Billing, zone: str, *, by: str, now: datetime) -> Billing:
    """The billing account in another time zone, as its owner wishes; the same zone again is no change.

    Raises Refused. Nobody gains a day or a month by it: what was used is counted by date, and stays as it is.
    """
    check_time_zone(zone)
    if billing.owner != by:
        raise Refused("forbidden", "Only who owns the plan may change its time zone. Ask them.")
    if zone == billing.time_zone:
        return billing
    until = billing.zone_holds_until(now)
    if until:
        said = f"The time zone can be changed once in {ZONE_HOLDS.days} days: again from {until:%Y-%m-%d %H:%M} UTC on."
        raise Refused("too-soon", said, retry_after=max(1, round((until - now).total_seconds())))
    return replace(billing, time_zone=zone, zone_changed=now)
