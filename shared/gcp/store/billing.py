"""Billing accounts: what is left of an allowance, and the ledger.

A limited allowance is counted in the billing account's own document, guarded, so that it is exact. One without a limit
may be used by a whole company: it is counted in shards, so that no document is written more often than Firestore bears.
"""

from collections.abc import Iterable, Mapping
from zlib import crc32

from google.cloud import firestore

from shared.account import Billing
from shared.gcp.store.database import Commit, document, read
from shared.metering import LedgerLine
from shared.plans import PLANS
from shared.record import Read

SHARDS = 16
"""Each session writes to one of them twice a minute: this many carry some 500 at about one write a second."""


def billing_ref(bid: str) -> firestore.DocumentReference:
    return document("billing", bid)


def shard_ref(bid: str, period: str, number: int) -> firestore.DocumentReference:
    return document(f"billing/{bid}/shards", f"{period}-{number}")


def line_ref(bid: str, line: LedgerLine) -> firestore.DocumentReference:
    return document(f"billing/{bid}/lines", f"{line.sid}-{line.n}")


def read_billing(bid: str) -> Read[Billing]:
    """Raises LookupError if there is none."""
    found = read(billing_ref(bid), Billing)
    if found is None:
        raise LookupError(f"billing account {bid} is missing")
    return found


def add_charge(commit: Commit, before: Read[Billing], after: Billing, sid: str, added: Mapping[str, int]) -> None:
    """Milliseconds by period become part of the commit, in the account's own count or in the session's shard."""
    if after != before.record:
        commit.change(billing_ref(after.bid), before, after)
    if PLANS[after.plan].seconds is None:
        for period, ms in added.items():
            commit.count(shard_ref(after.bid, period, crc32(sid.encode()) % SHARDS), {"ms": ms})


def add_lines(commit: Commit, bid: str, lines: Iterable[LedgerLine]) -> None:
    """Each is created once, whoever tries it again."""
    for line in lines:
        commit.create(line_ref(bid, line), line)
