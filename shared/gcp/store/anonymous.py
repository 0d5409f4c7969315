"""Anonymises what bookkeeping keeps of an erased person: sessions, ledger lines and audit lines.

Only this module changes a ledger line, and only the names in it. Each function changes some documents and returns how
many; changed documents no longer match its query.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.accounts.account import Account
from shared.accounts.audit import AuditLine
from shared.billing.metering import LedgerLine
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.billing import billing_ref, line_ref
from shared.gcp.store.database import Commit, Unreadable, database, read, run_paged
from shared.gcp.store.operators import audit_ref
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import session_ref
from shared.sessions.session import Session

R = TypeVar("R")

SESSIONS = 100
"""Sessions in one commit. A session may have fifty decisions, and a commit may have 10 MiB."""
LINES = 300


def anonymise_sessions(uid: str, alias: str) -> int:
    sessions = database().collection("sessions").where(filter=FieldFilter("uid", "==", uid))
    return change_found(
        sessions, Session, SESSIONS, lambda session: (session_ref(session.sid), session.anonymous(alias))
    )


def anonymise_lines(uid: str, alias: str) -> int:
    account = read(account_ref(uid), Account)
    if account is None or not account.record.bid:
        return 0
    return sum(_anonymise_lines_of(bid, uid, alias) for bid in [account.record.bid, *account.record.teams])


def _anonymise_lines_of(bid: str, uid: str, alias: str) -> int:
    lines = billing_ref(bid).collection("lines").where(filter=FieldFilter("uid", "==", uid))
    return change_found(lines, LedgerLine, LINES, lambda line: (line_ref(bid, line), line.anonymous(alias)))


def anonymise_audit(uid: str, alias: str) -> int:
    """Anonymises audit lines about the account of `uid`, and lines of what `uid` did as an operator."""
    done = 0
    for field in ("target", "by"):
        lines = database().collection("audit").where(filter=FieldFilter(field, "==", uid))
        done += change_found(
            lines, AuditLine, LINES, lambda line: (audit_ref(line.request), line.anonymous(uid, alias))
        )
    return done


@until_won("Concurrent requests keep changing the records of this erased member.")
def change_found(
    query: Any, kind: type[R], most: int, change: Callable[[R], tuple[firestore.DocumentReference, R]]
) -> int:
    """Changes up to `most` documents in one guarded commit. Returns how many. An unreadable document stops no other.

    Raises TryAgain after too many lost races (`meter` writes to ended sessions until it has checked them), and
    Unreadable once only unreadable documents are left.
    """
    odd = list[dict[str, Any]]()
    records = list(islice(run_paged(query, kind, readable=True, odd=odd.append, page=most), most))
    if not records and odd:
        raise Unreadable(f"{kind.__name__}: some can't be read, and still say whose they are")
    if not records:
        return 0
    commit = Commit()
    for each in records:
        reference, after = change(each.record)
        commit.change(reference, each, after)
    commit.run()
    return len(records)
