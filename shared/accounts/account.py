"""The account that a person signs in to."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.team import TeamLink
from shared.billing.account import Billing
from shared.billing.kept_plan import Kept
from shared.billing.plans import is_shared
from shared.errors import Refused, not_signed_in
from shared.record import check_transition

MOST_ENDED = 50
"""The most individually ended sign-ins that an account remembers."""
SIGN_IN_CHECK = timedelta(hours=1)
"""How long an answer of Firebase Auth about a person's sign-ins is valid. An ID token is valid equally long."""

Locale = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}\\Z")]
"""A language, as a BCP 47 tag."""


class SuspendedFor(StrEnum):
    """Why an account is suspended. A member whose payment is missing can still download their files."""

    ABUSE = "abuse"
    PAYMENT = "payment"


class SuspensionNotice(Struct, frozen=True, kw_only=True):
    """What a suspended member is told, in the operator's own words."""

    message: Annotated[str, Meta(min_length=1, max_length=500)] | None
    """Why the account is suspended, and what the member can do."""
    contact: Annotated[str, Meta(min_length=1, max_length=200)] | None
    """An address or a page of the operator's for this suspension. If it is None, the page shows its link `help`."""


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
    """Whether the uid can name a document. Administrators can create sign-ins with any uid of up to 128 characters."""
    reserved = text in (".", "..") or (text.startswith("__") and text.endswith("__"))
    return 0 < len(text) <= 128 and "/" not in text and not reserved


def account_closed() -> Refused:
    """The refusal of a deleted account."""
    return Refused("account-closed", "This account was deleted, and its files with it. Sign in with another one.")


def account_suspended() -> Refused:
    """The refusal of a suspended account."""
    return Refused("account-suspended", "This account is suspended. Its files are kept. Write to the operator.")


class Account(Struct, frozen=True, kw_only=True):
    """`accounts/{uid}`. A deleted account stays as a tombstone without personal data."""

    uid: str
    bid: str
    """The person's own billing account. A team may pay instead: see `shared.gcp.store.paying`."""
    wid: str
    state: AccountState
    email: str | None
    name: str | None
    locale: str | None
    """The language that the member chose; until they choose one, the browser's at the first login. None before it."""
    created: datetime
    deleted: datetime | None = None
    mark: str | None = None
    """The mark of the verified address that the account last used, or of an earlier address with which time of a
    current period was used; None before the first. See `shared.accounts.address_marks`."""
    sign_in_checked: datetime | None = None
    """When Firebase Auth was last asked about this person; the answer is in `signed_out`."""
    signed_out: datetime | None = None
    """Sign-ins from before this time are invalid: the member or an operator ended all of them."""
    ended_sign_ins: list[datetime] = []
    """The times of authentication of sign-ins that were ended one by one, oldest first: see `end_sign_in`."""
    missing: datetime | None = None
    """Since when `meter` found the person missing in Firebase Auth; None while the person is there."""
    suspended_for: SuspendedFor | None = None
    """None if the account is not suspended, or was suspended before this field existed; the latter counts as abuse."""
    suspension_notice: SuspensionNotice | None = None
    """None if the account is not suspended, or the operator has written nothing for the member."""
    team: TeamLink | None = None
    """The team that the person is in."""
    teams: list[str] = []
    """The billing accounts of all teams on whose time the person may have worked: their ledgers name the person."""
    lost_plans: list[Kept] = []
    """Plans of teams that the person has left, as long as what they had kept is not deleted."""
    made_team: datetime | None = None
    """When the person last made a team."""
    mails_about_time: bool = True
    """Whether the member is told by mail that the plan's time is nearly used."""

    @property
    def may_download(self) -> bool:
        """Whether files can be downloaded: also without time left, over the plan's storage, and while a payment is
        missing."""
        unpaid = self.state == AccountState.SUSPENDED and self.suspended_for == SuspendedFor.PAYMENT
        return self.state == AccountState.ACTIVE or unpaid

    @property
    def works_in(self) -> str | None:
        """The team on whose time the person works, and in whose storage the workspace counts; None if there is none."""
        return self.team.bid if self.team and self.team.seated else None

    def suspend(self, reason: SuspendedFor = SuspendedFor.ABUSE) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.SUSPENDED)
        return replace(self, state=AccountState.SUSPENDED, suspended_for=reason)

    def resume(self) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.ACTIVE)
        return replace(self, state=AccountState.ACTIVE, suspended_for=None, suspension_notice=None)

    def delete(self, now: datetime) -> "Account":
        check_transition("account", _TRANSITIONS, self.state, AccountState.DELETED)
        return replace(
            self,
            state=AccountState.DELETED,
            email=None,
            name=None,
            locale=None,
            deleted=now,
            ended_sign_ins=[],
            suspension_notice=None,
            mails_about_time=True,
        )

    def in_team(self, link: TeamLink | None) -> "Account":
        """The account of a person who is in this team; None: in none."""
        worked = [link.bid] if link and link.seated and link.bid not in self.teams else []
        return replace(self, team=link, teams=[*self.teams, *worked])

    def lose(self, team: Billing, now: datetime) -> "Account":
        """The account after it has left the time of the team with this billing account. Its snapshots are kept on by
        the team's plan, and by what the team had lost before: for 90 days since each was lost, whoever lost it."""
        present = Kept(plan=team.plan, since=now) if is_shared(team.plan) else None
        lost = dict.fromkeys([*self.lost_plans, *team.losses(now), *filter(None, [present])])
        return replace(self, lost_plans=[each for each in lost if now < each.until])

    def sign_out(self, since: datetime) -> "Account":
        """The account with all sign-ins from before `since` invalid."""
        return replace(self, signed_out=max(since, self.signed_out or since))

    def end_sign_in(self, signed_in: datetime) -> "Account":
        """The account with one sign-in invalid, whose person authenticated at `signed_in`, and with it every token
        renewed from it. Once MOST_ENDED are remembered, every older sign-in is invalid too."""
        return replace(self, ended_sign_ins=sorted({*self.ended_sign_ins, signed_in})[-MOST_ENDED:])

    def counts(self, issued: datetime | None, signed_in: datetime | None) -> bool:
        """Whether the sign-in is valid. It is not if its token was issued before all sign-ins were ended, if it was
        ended individually, or if its token lacks a time that is needed to decide."""
        if self.signed_out is not None and (issued is None or issued < self.signed_out):
            return False
        if not self.ended_sign_ins:
            return True
        is_old = len(self.ended_sign_ins) == MOST_ENDED and signed_in is not None and signed_in < self.ended_sign_ins[0]
        return signed_in is not None and signed_in not in self.ended_sign_ins and not is_old

    def check_not_closed(self) -> None:
        """Raises Refused if the account was deleted."""
        if self.state == AccountState.DELETED:
            raise account_closed()

    def check_sign_in(self, issued: datetime | None, signed_in: datetime | None) -> None:
        """Raises Refused unless the sign-in is valid."""
        if not self.counts(issued, signed_in):
            raise not_signed_in("This sign-in was ended. Sign in again.")

    def wants_sign_in_checked(self, now: datetime) -> bool:
        """Whether Firebase Auth must be asked again."""
        return self.sign_in_checked is None or now - self.sign_in_checked >= SIGN_IN_CHECK
