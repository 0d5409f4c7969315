"""The records of a person: the account they sign in to, and the billing account that pays for it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import Refused
from shared.periods import over_everywhere
from shared.record import check_transition


class AccountState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


_TRANSITIONS: dict[str, tuple[str, ...]] = {
    AccountState.ACTIVE: (AccountState.SUSPENDED, AccountState.DELETED),
    AccountState.SUSPENDED: (AccountState.ACTIVE, AccountState.DELETED),
    AccountState.DELETED: (),
}


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
    """When the member last changed it themselves."""
    used: dict[str, int] = {}
    """Milliseconds charged, by period, until it is closed. A plan's without a limit are counted apart, and have 0
    here: see `shared.gcp.store.billing`."""
    granted: dict[str, int] = {}
    """Milliseconds that an operator has added to a period."""
    close_due: datetime | None = None
    """When `meter` is to close the oldest of the periods in `used`; None while there is none."""

    def count(self, used: dict[str, int]) -> "Billing":
        return replace(self, used=used, close_due=min(map(over_everywhere, used), default=None))
