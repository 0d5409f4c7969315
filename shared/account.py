"""The records of a person: the account they sign in to, and the billing account that pays for it."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import Refused, bad_request
from shared.periods import is_zone, over_everywhere
from shared.record import check_transition

ZONE_HOLDS = timedelta(days=30)
"""How long a time zone that a member has chosen stays. It is counted in days and not by the calendar: a month of theirs
would begin anew with the very move."""


class AccountState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


_TRANSITIONS: dict[str, tuple[str, ...]] = {
    AccountState.ACTIVE: (AccountState.SUSPENDED, AccountState.DELETED),
    AccountState.SUSPENDED: (AccountState.ACTIVE, AccountState.DELETED),
    AccountState.DELETED: (),
}


def may_be_a_uid(text: str) -> bool:
    """An operator's own sign-in may choose any uid of up to 128 characters; not each of them can name a document."""
    reserved = text in (".", "..") or (text.startswith("__") and text.endswith("__"))
    return 0 < len(text) <= 128 and "/" not in text and not reserved


def account_closed() -> Refused:
    """What anybody hears who comes with the token of a deleted account."""
    return Refused("account-closed", "This account was deleted, and its files with it. Sign in with another one.")


def account_suspended() -> Refused:
    """What the member of a suspended account hears when they want more than to see that it is."""
    return Refused("account-suspended", "This account is suspended. Its files are kept. Write to the operator.")


class Account(Struct, frozen=True, kw_only=True):
    """`accounts/{uid}`. A deleted account stays as a tombstone with nothing personal in it."""

    uid: str
    bid: str
    wid: str
    state: AccountState
    email: str | None
    name: str | None
    locale: str | None
    """The browser's language at the first login; None before it."""
    created: datetime
    deleted: datetime | None = None

    def suspend(self) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.SUSPENDED)
        return replace(self, state=AccountState.SUSPENDED)

    def resume(self) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.ACTIVE)
        return replace(self, state=AccountState.ACTIVE)

    def delete(self, now: datetime) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.DELETED)
        return replace(self, state=AccountState.DELETED, email=None, name=None, deleted=now)


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
    granted: dict[str, int] = {}
    """Milliseconds that an operator has added to a period."""
    close_due: datetime | None = None
    """When `meter` is to close the oldest of the periods in `used`; None while there is none."""

    @property
    def zone(self) -> str:
        """Whose calendar it has."""
        return self.time_zone or "UTC"

    def count(self, used: dict[str, int]) -> "Billing":
        return replace(self, used=used, close_due=min(map(over_everywhere, used), default=None))

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
