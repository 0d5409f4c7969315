"""Billing accounts: what is left of an allowance, the time zone of its periods, and the ledger.

A limited allowance is counted in the billing account's own document, guarded, so that it is exact. One without a limit
may be used by a whole company: it is counted in shards, so that no document is written more often than Firestore bears.
"""

from collections.abc import Iterable, Mapping
from zlib import crc32

from google.cloud import firestore
from msgspec import Struct

from shared.billing.account import Billing
from shared.billing.metering import LedgerLine
from shared.billing.plans import PLANS
from shared.gcp.store.database import Commit, document, read, read_all
from shared.record import Versioned

SHARDS = 16
"""Each session writes to one of them twice a minute: this many carry some 500 at about one write a second."""


class Shard(Struct, frozen=True):
    """`billing/{bid}/shards/{period}-{n}`: a part of the milliseconds charged in a period without a limit."""

    ms: int


def billing_ref(bid: str) -> firestore.DocumentReference:
    return document("billing", bid)


def shard_refs(bid: str, period: str) -> list[firestore.DocumentReference]:
    return [document(f"billing/{bid}/shards", f"{period}-{n}") for n in range(SHARDS)]


def line_ref(bid: str, line: LedgerLine) -> firestore.DocumentReference:
    return document(f"billing/{bid}/lines", f"{line.sid}-{line.n}")


def read_billing(bid: str) -> Versioned[Billing]:
    """Raises LookupError if there is none."""
    found = read(billing_ref(bid), Billing)
    if found is None:
        raise LookupError(f"billing account {bid} is missing")
    return found


def commit_move(before: Versioned[Billing], after: Billing) -> None:
    """Another time zone. Raises LostRace."""
    Commit().change(billing_ref(after.bid), before, after).run()


def counted(billing: Billing, period: str) -> int:
    """Milliseconds charged in a period: what the account's own document has, and what its shards have."""
    shards: list[Versioned[Shard] | None] = read_all([(ref, Shard) for ref in shard_refs(billing.bid, period)])
    return billing.used.get(period, 0) + sum(shard.record.ms for shard in shards if shard)


def add_charge(commit: Commit, before: Versioned[Billing], after: Billing, sid: str, added: Mapping[str, int]) -> None:
    """Milliseconds by period become part of the commit, in the account's own count or in the session's shard."""
    if after != before.record:
        commit.change(billing_ref(after.bid), before, after)
    if PLANS[after.plan].seconds is None:
        for period, ms in added.items():
            commit.count(shard_refs(after.bid, period)[crc32(sid.encode()) % SHARDS], {"ms": ms})


def add_lines(commit: Commit, bid: str, lines: Iterable[LedgerLine]) -> None:
    """Each is created once, whoever tries it again."""
    for line in lines:
        commit.create(line_ref(bid, line), line)
