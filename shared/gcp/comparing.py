"""Accounts compared with Firebase Auth by the hundred: who is gone there is erased here, whatever event was lost.

Those in open sessions are looked at in each run; all others in turn, from where the run before has come to.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from shared import logs
from shared.account import Account, AccountState
from shared.deadlines import Deadline
from shared.gcp.identity import PEOPLE_AT_ONCE, Person, delete_person, people
from shared.gcp.sign_ins import close_and_drain
from shared.gcp.store.accounts import note_missing, read_turn, turn, write_turn
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import begin_end, in_use
from shared.record import Read
from shared.session import EndReason, Session

HUNDREDS = 10
"""How many hundreds of accounts one run looks at. Each hundred is a call to Firebase Auth and a hundred reads."""
MISSING_GRACE = timedelta(hours=1)
"""An account whose person is missing is closed if the person still is after this: an erasure is for good, a wrong
answer is not."""
MOST_MISSING = 5
"""Accounts of a hundred that may be missing at once. More are no people that left, but a Firebase Auth that was emptied
or is another project's."""


class Compared(Struct, frozen=True):
    accounts: int
    ended: int
    """Accounts that were closed, and sessions whose end was begun."""


def compare(now: datetime, deadline: Deadline) -> Compared:
    """Raises TryAgain if Firebase Auth does not answer."""
    ended = _look_at_sessions(now, deadline)
    looked = 0
    reached = read_turn()
    for _ in range(HUNDREDS):
        if deadline.is_over():
            break
        accounts = turn(reached.record.after if reached else "", PEOPLE_AT_ONCE)
        ended += _look_at_accounts(accounts, now)
        looked += len(accounts)
        is_last = len(accounts) < PEOPLE_AT_ONCE
        reached = write_turn(reached, "" if is_last else accounts[-1].record.uid)
        if is_last or reached is None:
            break
    return Compared(looked, ended)


def _look_at_sessions(now: datetime, deadline: Deadline) -> int:
    """End the sessions whose member Firebase Auth has disabled, or whose sign-ins were ended since; how many."""
    ended, sessions = 0, in_use()
    while not deadline.is_over() and (some := list(islice(sessions, PEOPLE_AT_ONCE))):
        known = people(sorted({session.uid for session in some}))
        for session in some:
            reason = why_end(session, known.get(session.uid))
            if reason is not None:
                begin_end(session.sid, reason, now)
                logs.info("drained", session=session.sid, reason=reason)
                ended += 1
    return ended


def why_end(session: Session, person: Person | None) -> EndReason | None:
    """Why a session ends for what Firebase Auth says of its member; None if it goes on. Who is not known there is left
    to the look at accounts, which is slower to believe it."""
    if person is None:
        return None
    if person.disabled:
        return EndReason.SUSPENDED
    return EndReason.SIGNED_OUT if person.valid_since > session.opened else None


def _look_at_accounts(accounts: Sequence[Read[Account]], now: datetime) -> int:
    known = people([account.record.uid for account in accounts])
    gone = [account for account in accounts if account.record.uid not in known]
    ended = _finish_deletions(accounts, known)
    open_ = [account for account in gone if account.record.state != AccountState.DELETED]
    if len(open_) > MOST_MISSING:
        logs.error("too-many-missing", missing=len(open_), accounts=len(accounts))
        return ended
    for account in open_:
        ended += _missing(account, now)
    return ended


def _missing(account: Read[Account], now: datetime) -> bool:
    """Whether the account was closed."""
    record = account.record
    if record.missing is None:
        try:
            note_missing(account, now)
        except LostRace:
            logs.info("comparison-overtaken", uid=record.uid)
        return False
    if now - record.missing < MISSING_GRACE:
        return False
    close_and_drain(record.uid, now)
    logs.info("account-deleted", uid=record.uid, found_by="comparison")
    return True


def _finish_deletions(accounts: Iterable[Read[Account]], known: dict[str, Person]) -> int:
    """A member who has deleted their account is forgotten by Firebase Auth too, if that failed at the time."""
    done = 0
    for account in accounts:
        deleted, person = account.record.deleted, known.get(account.record.uid)
        # whoever was made later under the same uid is somebody else
        if deleted is not None and person is not None and person.created < deleted:
            delete_person(person.uid)
            done += 1
    return done
