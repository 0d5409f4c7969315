"""Accounts compared with Firebase Auth by the hundred: who is gone there is erased here, whatever event was lost.

Those in open sessions are looked at in each run; all others in turn, from where the run before has come to.
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
from shared.gcp.store.accounts import note_missing, read_turn, turn, write_turn
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import begin_end, in_use
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.time_budget import TimeBudget

HUNDREDS = 10
"""How many hundreds of accounts one run looks at. Each hundred is a call to Firebase Auth and a hundred reads."""
MISSING_GRACE = timedelta(hours=1)
"""An account whose person is missing is closed if the person still is after this: an erasure is for good, a wrong
answer is not."""
MOST_MISSING = 5
"""Accounts of a hundred that one run closes. More that are missing at once may be no people who left, but a Firebase
Auth that was emptied or is another project's; so may be more than it knows, as the accounts of a small Ondol are few.
"""


class Compared(Struct, frozen=True):
    accounts: int
    ended: int
    """Accounts that were closed, and sessions whose end was begun."""


def compare(now: datetime, deadline: TimeBudget) -> Compared:
    """Raises TryAgain if Firebase Auth does not answer."""
    ended = _look_at_sessions(now, deadline)
    looked = 0
    reached = read_turn()
    for _ in range(HUNDREDS):
        if deadline.is_over():
            break
        after = reached.record.after if reached else ""
        accounts, last = turn(after, PEOPLE_AT_ONCE)
        ended += _look_at_accounts(accounts, now, are_rest=bool(after and not last))
        looked += len(accounts)
        reached = write_turn(reached, last)
        if not last or reached is None:
            break
    return Compared(looked, ended)


def _look_at_sessions(now: datetime, deadline: TimeBudget) -> int:
    """End the sessions whose member Firebase Auth has disabled, or whose sign-ins were ended since; how many."""
    ended, sessions = 0, in_use()
    while not deadline.is_over() and (some := list(islice(sessions, PEOPLE_AT_ONCE))):
        known = people(sorted({session.uid for session in some}))
        for session in some:
            reason = why_end(session, known.get(session.uid))
            if reason is not None:
                ended += _or_told(partial(_drain, session.sid, reason, now))
    return ended


def _drain(sid: str, reason: EndReason, now: datetime) -> bool:
    begin_end(sid, reason, now)
    logs.info("drained", session=sid, reason=reason)
    return True


def why_end(session: Session, person: Person | None) -> EndReason | None:
    """Why a session ends for what Firebase Auth says of its member; None if it goes on. Who is not known there is left
    to the look at accounts, which is slower to believe it."""
    if person is None:
        return None
    if person.disabled:
        return EndReason.SUSPENDED
    return EndReason.SIGNED_OUT if person.valid_since > session.opened else None


def _look_at_accounts(accounts: Sequence[Versioned[Account]], now: datetime, *, are_rest: bool) -> int:
    """`are_rest`: they may be few. Then Firebase Auth is judged by what it says of the first hundred as well."""
    known = people([account.record.uid for account in accounts])
    ended = _finish_deletions(accounts, known)
    for account in accounts:
        if account.record.uid in known and account.record.missing is not None:
            _or_told(partial(_note, account, None))
    due = list[Versioned[Account]]()
    for account in _believed(accounts, known, are_rest=are_rest):
        if account.record.missing is None:
            _or_told(partial(_note, account, now))
        elif now - account.record.missing >= MISSING_GRACE:
            due.append(account)
    for account in due[:MOST_MISSING]:
        ended += _or_told(partial(_close, account.record.uid, now))
    return ended


def _gone(accounts: Iterable[Versioned[Account]], known: dict[str, Person]) -> list[Versioned[Account]]:
    open_ = (account for account in accounts if account.record.state != AccountState.DELETED)
    return [account for account in open_ if account.record.uid not in known]


def _believed(
    accounts: Sequence[Versioned[Account]], known: dict[str, Person], *, are_rest: bool
) -> list[Versioned[Account]]:
    """The accounts whose person may be taken for gone, if the next answer says so too.

    MOST_MISSING of a hundred, if as many are known. Of more only those who came after somebody who is known: a Firebase
    Auth that was emptied knows nobody who came before the last of those whom it has lost.
    """
    gone = _gone(accounts, known)
    judged = list(accounts)
    if gone and are_rest:
        first, _ = turn("", PEOPLE_AT_ONCE)
        judged, known = judged + first, known | people([account.record.uid for account in first])
    there = [account for account in judged if account.record.uid in known]
    missing = _gone(judged, known)
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
    """Since when they are missing. Nothing has ended by it."""
    try:
        note_missing(account, since)
    except LostRace:
        logs.info("comparison-overtaken", uid=account.record.uid)
    return False


def _or_told(act: Callable[[], bool]) -> bool:
    """What is odd about one keeps no other from their turn. Raises TryAgain: then nobody can be asked about."""
    try:
        return act()
    except TryAgain:
        raise
    except Exception as e:
        logs.exception("not-compared", e)
        return False


def _finish_deletions(accounts: Iterable[Versioned[Account]], known: dict[str, Person]) -> int:
    """A member who has deleted their account is forgotten by Firebase Auth too, if that failed at the time."""
    done = 0
    for account in accounts:
        deleted, person = account.record.deleted, known.get(account.record.uid)
        # whoever was made later under the same uid is somebody else
        if deleted is not None and person is not None and person.created < deleted:
            done += _or_told(partial(_delete, person.uid))
    return done


def _delete(uid: str) -> bool:
    delete_person(uid)
    return True
