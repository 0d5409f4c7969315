"""The billing account: its plan, its time zone and its used time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.kept_plan import Kept
from shared.billing.periods import is_zone, over_everywhere
from shared.billing.subscription import PaidFor
from shared.errors import Refused, bad_request

ZONE_HOLDS = timedelta(days=30)
"""For how long a time zone that the owner has chosen can't be changed again. In days and not in calendar months,
because the change itself may begin a new month."""


class Billing(Struct, frozen=True, kw_only=True):
    """`billing/{bid}`: who pays, and what was used. A person has an own billing account; a team shares one."""

    bid: str
    owner: str
    """The person's uid. Empty for a team's account: the team says who may do what."""
    plan: str
    time_zone: str | None
    """The browser's time zone at the first login; None before it."""
    zone_changed: datetime | None = None
    """When the owner last changed the time zone."""
    used: dict[str, int] = {}
    """Milliseconds charged, by period, until the period is closed. On a plan without limit they are counted separately,
    and the value here is 0: see `shared.gcp.store.billing`."""
    by_month: dict[str, int] = {}
    """Milliseconds that a plan with periods of days was charged, by the month of the day, for the operator's costs. Of
    the two newest months; no allowance is counted by it."""
    forgiven: dict[str, int] = {}
    """Milliseconds of a period that may have been used unnoticed and were not charged: see
    `shared.billing.time_allowance.forgive`."""
    granted: dict[str, int] = {}
    """Milliseconds that operators have added to a period."""
    carried: dict[str, int] = {}
    """Milliseconds of a period that an erased account with the same verified address had used. They count as used, and
    have no ledger line here."""
    left: dict[str, int] = {}
    """Milliseconds of a period that the owner's address mark has taken over after the account was closed."""
    kept: Kept | None = None
    """A larger plan that was lost, as long as what it had kept is not deleted."""
    lost: list[Kept] = []
    """All plans that were lost and are still kept, also if they were paid for again since."""
    paid_for: PaidFor | None = None
    """How the plan is paid for, as the payer's record last said; None if nothing was ever bought."""
    told_nearly_used: str | None = None
    """The last period of which it was told that its time is nearly used."""
    close_due: datetime | None = None
    """When `meter` should close the oldest period in `used`; None while there is none."""

    @property
    def is_teams(self) -> bool:
        return not self.owner

    @property
    def zone(self) -> str:
        """The time zone of the account's calendar."""
        return self.time_zone or "UTC"

    def keeping_plan(self, now: datetime) -> str:
        """The plan by which snapshots are kept: a larger one that was lost, as long as it is kept."""
        return self.kept.plan if self.kept and now < self.kept.until else self.plan

    def losses(self, now: datetime) -> list[Kept]:
        """The lost plans whose last snapshot is still kept."""
        return [each for each in dict.fromkeys([*self.lost, *filter(None, [self.kept])]) if now < each.until]

    def count(self, used: dict[str, int]) -> "Billing":
        forgiven = {period: ms for period, ms in self.forgiven.items() if period in used}
        return replace(self, used=used, forgiven=forgiven, close_due=min(map(over_everywhere, used), default=None))

    def carry(self, used: Mapping[str, int]) -> "Billing":
        """The account with the time that an erased account with the same address had used."""
        carried = self.carried | {period: self.carried.get(period, 0) + ms for period, ms in used.items()}
        # the carried time ends with its period, which is closed like any other
        return replace(self.count(dict.fromkeys(used, 0) | self.used), carried=carried)

    def leave(self, to: Mapping[str, int]) -> "Billing":
        """The account after its owner's address mark has taken over the used time."""
        return replace(self, left=self.left | {period: self.left.get(period, 0) + ms for period, ms in to.items()})

    @property
    def not_left(self) -> dict[str, int]:
        """Used time, by period, that the address mark has not taken over yet."""
        used = {period: ms + self.carried.get(period, 0) - self.left.get(period, 0) for period, ms in self.used.items()}
        return {period: ms for period, ms in used.items() if ms > 0}

    def anonymous(self, alias: str) -> "Billing":
        """What bookkeeping needs of the account once its owner is erased."""
        return replace(self, owner=alias, time_zone=None, zone_changed=None, paid_for=None)

    def zone_holds_until(self, now: datetime) -> datetime | None:
        """When the time zone can be changed again; None if it can be changed now."""
        until = self.zone_changed + ZONE_HOLDS if self.zone_changed else now
        return until if now < until else None


def check_time_zone(name: str) -> None:
    """Raises Refused unless the time zone exists."""
    if not is_zone(name):
        raise bad_request(f"There is no time zone {name!r}. Send an IANA name, such as Asia/Seoul.")


def move(billing: Billing, zone: str, *, owns: bool, now: datetime) -> Billing:
    """The billing account in another time zone. `owns`: whoever chose it owns the account, or the team whose it is. The
    same zone again is no change.

    Raises Refused. Nobody gains a day or a month by a move, because used time is counted by date and stays as it is.
    """
    check_time_zone(zone)
    if not owns:
        raise Refused("forbidden", "Only the owner of the plan can change its time zone. Ask them.")
    if zone == billing.time_zone:
        return billing
    until = billing.zone_holds_until(now)
    if until:
        detail = f"The time zone can be changed once in {ZONE_HOLDS.days} days. The next change can be made from"
        detail += f" {until:%Y-%m-%d %H:%M} UTC on."
        raise Refused("too-soon", detail, retry_after=max(1, round((until - now).total_seconds())))
    return replace(billing, time_zone=zone, zone_changed=now)
