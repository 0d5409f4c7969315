"""Whether a sign-in counts, and whose account it is: what stands between an ID token and anything of a member's.

An ID token lives for an hour, whatever has become of the person meanwhile. So Firebase Auth is asked about each member
once an hour, and before an account is made; what it said is in the account.
"""

from datetime import datetime
from functools import lru_cache, partial

from shared import logs
from shared.accounts.account import Account, AccountState, account_suspended
from shared.errors import TryAgain, not_signed_in
from shared.gcp.identity import Member, Person, people, person
from shared.gcp.store.accounts import close_account, confirm_sign_in, ensure_account, note_gone, read_workspace
from shared.gcp.store.marks import adopt, marked_accounts
from shared.gcp.store.sessions import begin_end
from shared.sessions.session import EndReason
from shared.sessions.tokens import Signer
from shared.sessions.workspace import Workspace
from shared.settings import settings


def account_of(caller: Member, now: datetime, *, locale: str | None = None, time_zone: str | None = None) -> Account:
    """The caller's account, made on the first visit. A tombstone is returned as it is.

    Raises Refused for a sign-in that was ended, or whose person Firebase Auth has disabled or does not know; and
    TryAgain if it can't be asked about somebody new.
    """
    account = ensure_account(
        caller.uid,
        email=caller.email,
        name=caller.name,
        locale=locale,
        time_zone=time_zone,
        plan=settings().first_plan,
        admit=partial(_known, caller),
        may_settle=lambda found: found.counts(caller.issued),
        now=now,
    )
    if account.state == AccountState.DELETED:
        return account
    account.check_sign_in(caller.issued)
    if account.wants_sign_in_checked(now):
        account = _checked(caller, account, now)
    return with_mark(account, caller.email if caller.email_verified else None, now)


def with_mark(account: Account, address: str | None, now: datetime) -> Account:
    """The account with the mark of its member's verified address, and with what an erased one of the same had used."""
    if address is None or account.state == AccountState.DELETED:
        return account
    mark = mark_of(address)
    # who is suspended keeps the address that they were suspended with, whatever they call themselves since
    if account.mark == mark or (account.mark and account.state == AccountState.SUSPENDED):
        return account
    _take_from_gone(mark, account.uid, now)
    return adopt(account.uid, mark, now)


def mark_of(address: str) -> str:
    return _signer().address_mark(address)


def close_and_drain(uid: str, now: datetime) -> Workspace | None:
    """Close the account of somebody who is gone, and begin the end of their session; `pool` finds what is left to do.

    The workspace, if there is any.
    """
    workspace = close_account(uid, now)
    if workspace and workspace.session:
        begin_end(workspace.session, EndReason.DELETED, now)
    return workspace


def note_missing_and_drain(uid: str, now: datetime, *, hand_over: bool = False) -> Workspace | None:
    """Firebase Auth was asked about them, and knows nobody: note it, and begin the end of their session.

    One answer closes no account: what a wrong one has done is taken back when they sign in again. `meter` closes it if
    its own answer, an hour later, is the same. The workspace, if there is an account that is not closed.
    """
    workspace = note_gone(uid, now, hand_over=hand_over)
    if workspace is not None:
        logs.info("account-missing", uid=uid)
        if workspace.session:
            begin_end(workspace.session, EndReason.SIGNED_OUT, now)
    return workspace


def check_person(found: Person | None, caller: Member) -> Person:
    """Raises Refused unless Firebase Auth lets this person in, with the very sign-in that they show."""
    if found is None:
        raise not_signed_in("Nobody has this sign-in any more. Sign in again.")
    if found.disabled:
        raise account_suspended()
    if caller.issued is None or caller.issued < found.valid_since:
        raise not_signed_in("This sign-in was ended. Sign in again.")
    return found


def _known(caller: Member) -> None:
    check_person(person(caller.uid), caller)


def _checked(caller: Member, account: Account, now: datetime) -> Account:
    """While Firebase Auth can't be asked, nobody who has an account is kept out: it renews no token meanwhile."""
    try:
        found = person(caller.uid)
    except TryAgain as e:
        logs.warning("sign-in-unchecked", uid=caller.uid, why=e.detail)
        return account
    if found is not None and found.disabled:
        drain(account, EndReason.SUSPENDED, now)
    return confirm_sign_in(account.uid, check_person(found, caller).valid_since, now)


def drain(account: Account, reason: EndReason, now: datetime) -> None:
    """Begin the end of the account's session, if it has one."""
    workspace = read_workspace(account.wid).record
    if workspace.session:
        begin_end(workspace.session, reason, now)
        logs.info("drained", session=workspace.session, reason=reason)


def _take_from_gone(mark: str, uid: str, now: datetime) -> None:
    """What other accounts that were used with this address had used, if Firebase Auth does not know their person."""
    others = [each.uid for each in marked_accounts(mark) if each.uid != uid and each.state != AccountState.DELETED]
    known = people(others)
    for other in others:
        if other not in known:
            note_missing_and_drain(other, now, hand_over=True)


@lru_cache(maxsize=1)
def _signer() -> Signer:
    return Signer(settings().signing_key)
