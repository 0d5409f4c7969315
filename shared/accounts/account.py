"""The account that a person signs in to."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import Refused, not_signed_in
from shared.record import check_transition

SIGN_IN_CHECK = timedelta(hours=1)
"""For how long an answer of Firebase Auth's about somebody's sign-ins is taken as true. An ID token lives as long."""


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
    """Of the verified address that it was last used with, or of the one before while time of a running period was used
    with that; None before the first. See `shared.accounts.address_marks`."""
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
