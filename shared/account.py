"""The records of a person: the account they sign in to, and the billing account that pays for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import Refused, bad_request, not_signed_in
from shared.periods import is_zone, over_everywhere
from shared.record import check_transition

SIGN_IN_CHECK = timedelta(hours=1)
"""For how long an answer of Firebase Auth's about somebody's sign-ins is taken as true. An ID token lives as long."""
ZONE_HOLDS = timedelta(days=30)
"""How long a time zone that a member has chosen stays. It is counted in days and not by the calendar: a month of theirs
would begin anew with the very move."""


class SuspendedFor(StrEnum):
    """Why an account is suspended: who has not paid can still download what is theirs."""

    ABUSE = "abuse"
    PAYMENT = "payment"


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
    mark: str | None = None
    """Of the verified address that it was last used with; None before the first. See `shared.address_marks`."""
    sign_in_checked: datetime | None = None
    """When Firebase Auth was last asked whether this person may still sign in, and since when sign-ins count."""
    signed_out: datetime | None = None
    """Sign-ins from before this moment count no more: their member, or an operator, ended all of them."""
    missing: datetime | None = None
    """Since when Firebase Auth does not know this person, as `meter` found; None while it does."""
    suspended_for: SuspendedFor | None = None
    """None of an account that is not suspended, or was before this was written down: that counts as abuse."""

    @property
    def may_download(self) -> bool:
        """Also without time left, over the plan's storage, and while a payment is missing."""
        unpaid = self.state == AccountState.SUSPENDED and self.suspended_for == SuspendedFor.PAYMENT
        return self.state == AccountState.ACTIVE or unpaid

    def suspend(self, reason: SuspendedFor = SuspendedFor.ABUSE) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.SUSPENDED)
        return replace(self, state=AccountState.SUSPENDED, suspended_for=reason)

    def resume(self) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.ACTIVE)
        return replace(self, state=AccountState.ACTIVE, suspended_for=None)

    def delete(self, now: datetime) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.DELETED)
        return replace(self, state=AccountState.DELETED, email=None, name=None, locale=None, deleted=now)

    def sign_out(self, since: datetime) -> "Account":
        """Sign-ins from before `since` count no more."""
        return replace(self, signed_out=max(since, self.signed_out or since))

    def counts(self, issued: datetime | None) -> bool:
        """False of a sign-in whose token was issued before all of them were ended, or does not say when."""
        return self.signed_out is None or (issued is not None and issued >= self.signed_out)

    def check_sign_in(self, issued: datetime | None) -> None:
        """Raises Refused unless the sign-in counts."""
        if not self.counts(issued):
            raise not_signed_in("This sign-in was ended. Sign in again.")

    def wants_sign_in_checked(self, now: datetime) -> bool:
        """Whether Firebase Auth is to be asked again."""
        return self.sign_in_checked is None or now - self.sign_in_checked >= SIGN_IN_CHECK


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
    `shared.allowance.forgive`."""
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
