"""Compare accounts with Firebase Auth: end sessions and close accounts of people who are disabled or missing there.

Each run checks the members of all open sessions. All other accounts are checked in turn, by the hundred, from where the
previous run stopped. So a lost event of Firebase Auth does no harm.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from msgspec import Struct

from shared import logs
from shared.accounts.account import Account, AccountState
from shared.errors import TryAgain
from shared.flows.sign_ins import close_and_drain
from shared.gcp.identity import PEOPLE_AT_ONCE, Person, delete_person, people
from shared.gcp.store.accounts import doubt_sign_in, note_missing, read_turn, turn, write_turn
from shared.gcp.store.database import LostRace
from shared.gcp.store.races import TooBusy
from shared.gcp.store.sessions import begin_end, sessions_in_use
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.time_budget import TimeBudget

HUNDREDS = 10
"""How many hundreds of accounts one run checks. Each hundred is one call to Firebase Auth and a hundred reads."""
MISSING_GRACE = timedelta(hours=1)
"""An account is closed if Firebase Auth does not know its person for this long. Erasing can't be undone, and one answer
may be wrong."""
MOST_MISSING = 5
"""Missing accounts in a hundred that one run closes. If more are missing, Firebase Auth may have been emptied, or be
another project's. If more are missing than known, the same may hold: a small Ondol has few accounts."""


class Compared(Struct, frozen=True):
    accounts: int
    ended: int
    """Accounts that were closed, and sessions whose end was begun."""


def compare(now: datetime, budget: TimeBudget) -> Compared:
    """One run of the comparison. Raises TryAgain if Firebase Auth does not answer."""
    ended = _check_sessions(now, budget)
    looked = 0
    reached = read_turn()
    for _ in range(HUNDREDS):
        if budget.is_over():
            break
        after = reached.record.after if reached else ""
        accounts, last = turn(after, PEOPLE_AT_ONCE)
        ended += _check_accounts(accounts, now, are_rest=bool(after and not last))
        looked += len(accounts)
        reached = write_turn(reached, last)
        if not last or reached is None:
            break
    return Compared(looked, ended)


def _check_sessions(now: datetime, budget: TimeBudget) -> int:
    """Ends the sessions of members whom Firebase Auth has disabled, or whose sign-ins were ended. Returns how many."""
    ended, sessions = 0, sessions_in_use()
    while not budget.is_over() and (some := list(islice(sessions, PEOPLE_AT_ONCE))):
        people_by_uid = people(sorted({session.uid for session in some}))
        for session in some:
            reason = reason_to_end(session, people_by_uid.get(session.uid))
            if reason is not None:
                ended += _or_logged(partial(_drain, session, reason, now))
    return ended


def _drain(session: Session, reason: EndReason, now: datetime) -> bool:
    """Also has the sign-in checked again: the token that opened this session could open another one for up to an
    hour."""
    begin_end(session.sid, reason, now)
    doubt_sign_in(session.uid)
    logs.info("session-drained", session=session.sid, reason=reason)
    return True


def reason_to_end(session: Session, person: Person | None) -> EndReason | None:
    """Why the session ends, by what Firebase Auth says of its member; None if it goes on. A missing person is left to
    the comparison of accounts, which waits for a second answer."""
    if person is None:
        return None
    if person.disabled:
        return EndReason.SUSPENDED
    return EndReason.SIGNED_OUT if person.valid_since > session.entered_since else None


def _check_accounts(accounts: Sequence[Versioned[Account]], now: datetime, *, are_rest: bool) -> int:
    """`are_rest`: these are the last accounts, perhaps few. Then the first hundred are counted as well, to judge
    whether Firebase Auth's answer is plausible."""
    people_by_uid = people([account.record.uid for account in accounts])
    ended = _finish_deletions(accounts, people_by_uid)
    for account in accounts:
        if account.record.uid in people_by_uid and account.record.missing is not None:
            _or_logged(partial(_note, account, None))
    due = list[Versioned[Account]]()
    for account in _believed(accounts, people_by_uid, are_rest=are_rest):
        if account.record.missing is None:
            _or_logged(partial(_note, account, now))
        elif now - account.record.missing >= MISSING_GRACE:
            due.append(account)
    for account in due[:MOST_MISSING]:
        ended += _or_logged(partial(_close, account.record.uid, now))
    return ended


def _gone(accounts: Iterable[Versioned[Account]], people_by_uid: dict[str, Person]) -> list[Versioned[Account]]:
    open_ = (account for account in accounts if account.record.state != AccountState.DELETED)
    return [account for account in open_ if account.record.uid not in people_by_uid]


def _believed(
    accounts: Sequence[Versioned[Account]], people_by_uid: dict[str, Person], *, are_rest: bool
) -> list[Versioned[Account]]:
    """The accounts whose person may be regarded as missing, if the next answer agrees.

    Up to MOST_MISSING in a hundred, if at least as many people are known. If more are missing, only accounts created
    after that of a known person: a Firebase Auth that was emptied knows only people who came later.
    """
    gone = _gone(accounts, people_by_uid)
    judged = list(accounts)
    if gone and are_rest:
        first, _ = turn("", PEOPLE_AT_ONCE)
        judged, people_by_uid = judged + first, people_by_uid | people([account.record.uid for account in first])
    there = [account for account in judged if account.record.uid in people_by_uid]
    missing = _gone(judged, people_by_uid)
    if len(missing) <= min(MOST_MISSING, len(there)):
        return gone
    first_known = min((account.record.created for account in there), default=None)
    believed = [account for account in gone if first_known and account.record.created > first_known]
    logs.error("too-many-missing", missing=len(missing), accounts=len(judged), believed=len(believed))
    return believed


def _close(uid: str, now: datetime) -> bool:
    close_and_drain(uid, now)
    logs.info("account-deleted", uid=uid, found_by="comparison")
    return True


def _note(account: Versioned[Account], since: datetime | None) -> bool:
    """Notes since when the person is missing. This ends nothing."""
    try:
        note_missing(account, since)
    except LostRace:
        logs.info("comparison-overtaken", uid=account.record.uid)
    return False


def _or_logged(act: Callable[[], bool]) -> bool:
    """The result of `act`; False if it failed. A failure with one account is logged, and stops no other account. Raises
    any TryAgain except TooBusy: then Firebase Auth can't be asked about anybody."""
    try:
        return act()
    except Exception as e:
        if isinstance(e, TryAgain) and not isinstance(e, TooBusy):
            raise
        logs.exception("not-compared", e)
        return False


def _finish_deletions(accounts: Iterable[Versioned[Account]], people_by_uid: dict[str, Person]) -> int:
    """Deletes people from Firebase Auth whose account is deleted, if that failed when the account was deleted."""
    done = 0
    for account in accounts:
        deleted, person = account.record.deleted, people_by_uid.get(account.record.uid)
        # a person created later has the same uid and is somebody else
        if deleted is not None and person is not None and person.created < deleted:
            done += _or_logged(partial(_delete, person.uid))
    return done


def _delete(uid: str) -> bool:
    delete_person(uid)
    return True
