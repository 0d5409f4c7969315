"""Sign-ins: checks an ID token's sign-in, and finds or creates the account. Every function that acts for a member
starts here.

An ID token is valid for an hour, even if the person is disabled meanwhile. So Firebase Auth is asked about each member
once an hour, and before an account is created. The account records the answer.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from msgspec import Struct

from shared import logs
from shared.accounts import address_marks
from shared.accounts.account import Account, AccountState, account_suspended
from shared.errors import TryAgain, not_signed_in, refusing
from shared.gcp.identity import Call, Member, Person, member, people, person
from shared.gcp.store.accounts import (
    close_account,
    confirm_sign_in,
    ensure_account,
    find_account,
    note_gone,
    read_workspace,
)
from shared.gcp.store.marks import adopt, marked_accounts
from shared.gcp.store.sessions import begin_end
from shared.gcp.store.teams import leave_for_good
from shared.mail.mail import Mail
from shared.sessions.session import EndReason
from shared.sessions.workspace import Workspace
from shared.settings import settings
from shared.slots.allocation import check_may_download, check_may_open

STANDING = {403: ("account-closed", "account-suspended")}
"""What an authenticator refuses that requires an account in good standing. Firebase Auth may have disabled the person,
so an account in any standing may be refused as `account-suspended`."""


class SignedIn(Struct, frozen=True):
    """The result of an authenticator: a member with a valid sign-in, and the account in the standing that the endpoint
    requires. `standing` reads the account again, and raises Refused if it is not in that standing."""

    member: Member
    account: Account
    standing: Callable[[Member, datetime], Account]

    def accounts(self, now: datetime) -> Iterator[Account]:
        """The account for each attempt at a commit: first as the authenticator read it, then read again after each lost
        race. The race may have been lost to the end of all sign-ins. Raises Refused."""
        yield self.account
        while True:
            yield self.standing(self.member, now)


class InAnyStanding(Struct, frozen=True):
    """A member with a valid sign-in, and the account in any standing; None if the member has no account."""

    member: Member
    account: Account | None


@refusing(STANDING)
def may_open(call: Call) -> SignedIn:
    """Requires an account that may open its workspace. The account gets its address mark, because it is about to use
    time. Raises Refused."""
    return _signed_in(call, _opening)


@refusing(STANDING)
def may_change(call: Call) -> SignedIn:
    """Requires an account that is neither closed nor suspended. Raises Refused."""
    return _signed_in(call, _changing)


@refusing(STANDING)
def may_download(call: Call) -> SignedIn:
    """Requires an account that may see and download saved files. That holds also without time left, over the plan's
    storage, and while a payment is missing. Raises Refused."""
    return _signed_in(call, _downloading)


@refusing(STANDING)
def may_look(call: Call) -> SignedIn:
    """Requires an account that may see its used time. A suspended account may. Raises Refused."""
    return _signed_in(call, _looking)


def in_any_standing(call: Call) -> InAnyStanding:
    """Requires a valid sign-in only. No account is created. Raises Refused."""
    caller = member(call)
    account = find_account(caller.uid)
    if account:
        account.check_sign_in(caller.issued, caller.signed_in)
    return InAnyStanding(caller, account)


def _signed_in(call: Call, standing: Callable[[Member, datetime], Account]) -> SignedIn:
    caller = member(call)
    call.parse()
    return SignedIn(caller, standing(caller, call.now), standing)


def _opening(caller: Member, now: datetime) -> Account:
    account = marked_account_of(caller, now)
    check_may_open(account)
    return account


def _changing(caller: Member, now: datetime) -> Account:
    account = account_of(caller, now)
    check_may_open(account)
    return account


def _downloading(caller: Member, now: datetime) -> Account:
    account = account_of(caller, now)
    check_may_download(account)
    return account


def _looking(caller: Member, now: datetime) -> Account:
    account = account_of(caller, now)
    account.check_not_closed()
    return account


def account_of(caller: Member, now: datetime, *, locale: str | None = None, time_zone: str | None = None) -> Account:
    """The caller's account, created on the first visit. A deleted account is returned as its tombstone.

    Raises Refused if the sign-in was ended, or if Firebase Auth has disabled the person or does not know them; and
    TryAgain if Firebase Auth can't be asked about a new person.
    """
    account = ensure_account(
        caller.uid,
        email=caller.email,
        name=caller.name,
        locale=locale,
        time_zone=time_zone,
        plan=settings().first_plan,
        admit=partial(_check_with_auth, caller),
        may_set_locale=lambda account: account.counts(caller.issued, caller.signed_in),
        now=now,
    )
    if account.state == AccountState.DELETED:
        return account
    account.check_sign_in(caller.issued, caller.signed_in)
    if account.wants_sign_in_checked(now):
        account = _check_again(caller, account, now)
    return account


def marked_account_of(
    caller: Member, now: datetime, *, locale: str | None = None, time_zone: str | None = None
) -> Account:
    """The account, as `account_of` gives it, with the mark of the caller's verified address. Every endpoint that lets
    an account use time requires the mark. Needs the setting ADDRESS_MARK_KEY."""
    account = account_of(caller, now, locale=locale, time_zone=time_zone)
    return with_mark(account, caller.email if caller.email_verified else None, now)


def with_mark(account: Account, address: str | None, now: datetime) -> Account:
    """The account with the mark of its member's verified address. The account takes over the time that an erased
    account with the same address had used."""
    if address is None or account.state == AccountState.DELETED:
        return account
    mark = mark_of(address)
    # A suspended account keeps the address with which it was suspended.
    if account.mark == mark or (account.mark and account.state == AccountState.SUSPENDED):
        return account
    _take_from_gone(mark, account.uid, now)
    return adopt(account.uid, mark, now)


def mark_of(address: str) -> str:
    return address_marks.mark_of(address, settings().address_mark_key)


def close_and_drain(uid: str, now: datetime, mail: Mail | None = None) -> Workspace | None:
    """Closes the account of a person who has left, and begins the end of the session. `pool` finds what remains to be
    done. `mail` confirms it to the member.

    Returns the workspace; None if there is no account. The person leaves their team first, so that nobody waits for
    an owner who is gone.
    """
    if account := find_account(uid):
        leave_for_good(account, now)
    workspace = close_account(uid, now, mail)
    if workspace and workspace.session:
        begin_end(workspace.session, EndReason.DELETED, now)
    return workspace


def check_person(person_now: Person | None, caller: Member) -> Person:
    """Raises Refused unless Firebase Auth knows the person, has not disabled them, and has not ended this sign-in."""
    if person_now is None:
        raise not_signed_in("This sign-in does not exist any more. Sign in again.")
    if person_now.disabled:
        raise account_suspended()
    if caller.issued is None or caller.issued < person_now.valid_since:
        raise not_signed_in("This sign-in was ended. Sign in again.")
    return person_now


def _check_with_auth(caller: Member) -> None:
    check_person(person(caller.uid), caller)


def _check_again(caller: Member, account: Account, now: datetime) -> Account:
    """Asks Firebase Auth again. If Firebase Auth can't be asked, an existing account is let in: no token is renewed
    meanwhile."""
    try:
        person_now = person(caller.uid)
    except TryAgain as e:
        logs.warning("sign-in-unchecked", uid=caller.uid, reason=e.detail)
        return account
    if person_now is not None and person_now.disabled:
        drain(account, EndReason.SUSPENDED, now)
    return confirm_sign_in(account.uid, check_person(person_now, caller).valid_since, now)


def drain(account: Account, reason: EndReason, now: datetime) -> None:
    """Begins the end of the account's session, if there is one."""
    workspace = read_workspace(account.wid).record
    if workspace.session:
        begin_end(workspace.session, reason, now)
        logs.info("session-drained", session=workspace.session, reason=reason)


def _take_from_gone(mark: str, uid: str, now: datetime) -> None:
    """Takes over the used time of other accounts with this address whose person Firebase Auth does not know."""
    others = [each.uid for each in marked_accounts(mark) if each.uid != uid and each.state != AccountState.DELETED]
    people_by_uid = people(others)
    for other in others:
        if other not in people_by_uid:
            _note_missing_and_drain(other, now)


def _note_missing_and_drain(uid: str, now: datetime) -> None:
    """Firebase Auth does not know the person: notes that, and begins the end of the session.

    One answer closes no account, so that a wrong answer is undone when the person signs in again. `meter` closes the
    account if Firebase Auth gives the same answer an hour later.
    """
    workspace = note_gone(uid, now)
    if workspace is not None:
        logs.info("account-missing", uid=uid)
        if workspace.session:
            begin_end(workspace.session, EndReason.SIGNED_OUT, now)
