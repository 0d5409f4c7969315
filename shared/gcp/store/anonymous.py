"""What bookkeeping keeps of somebody who is erased, without them: sessions, ledger lines and the operators' log.

A ledger line is changed here and nowhere else, and only in whose it is. Each function does a piece, and says how much
that was: what it has done it does not find again.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.accounts.account import Account
from shared.accounts.audit import AuditLine
from shared.billing.metering import LedgerLine
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.billing import billing_ref, line_ref
from shared.gcp.store.database import Commit, LostRace, Unreadable, database, read, run_paged
from shared.gcp.store.operators import audit_ref
from shared.gcp.store.sessions import session_ref
from shared.sessions.session import Session

R = TypeVar("R")

SESSIONS = 100
"""Sessions in one commit: each may have fifty decisions in it, and a commit 10 MiB."""
LINES = 300
ATTEMPTS = 5
"""Tries of one commit: `meter` writes to sessions that have ended, until it has checked them."""


def anonymise_sessions(uid: str, alias: str) -> int:
    found = database().collection("sessions").where(filter=FieldFilter("uid", "==", uid))
    return _change(found, Session, SESSIONS, lambda session: (session_ref(session.sid), session.anonymous(alias)))


def anonymise_lines(uid: str, alias: str) -> int:
    account = read(account_ref(uid), Account)
    if account is None or not account.record.bid:
        return 0
    bid = account.record.bid
    found = billing_ref(bid).collection("lines").where(filter=FieldFilter("uid", "==", uid))
    return _change(found, LedgerLine, LINES, lambda line: (line_ref(bid, line), line.anonymous(alias)))


def anonymise_audit(uid: str, alias: str) -> int:
    """Audit lines of what was done to the account of `uid`, and of what `uid` did as an operator."""
    done = 0
    for field in ("target", "by"):
        found = database().collection("audit").where(filter=FieldFilter(field, "==", uid))
        done += _change(found, AuditLine, LINES, lambda line: (audit_ref(line.request), line.anonymous(uid, alias)))
    return done


def _change(query: Any, kind: type[R], most: int, change: Callable[[R], tuple[firestore.DocumentReference, R]]) -> int:
    """One commit, each change guarded; how many. What can't be read keeps no other from its turn.

    Raises LostRace if others always were faster, and Unreadable once nothing else is left: then not all is done.
    """
    odd = list[dict[str, Any]]()
    for left in _down(ATTEMPTS):
        found = list(islice(run_paged(query, kind, readable=True, odd=odd.append, page=most), most))
        if not found and odd:
            raise Unreadable(f"{kind.__name__}: some can't be read, and still say whose they are")
        if not found:
            return 0
        commit = Commit()
        for each in found:
            reference, after = change(each.record)
            commit.change(reference, each, after)
        try:
            commit.run()
        except LostRace:
            if not left:
                raise
            continue
        return len(found)
    raise AssertionError("unreachable")


def _down(count: int) -> Iterator[int]:
    yield from range(count - 1, -1, -1)
