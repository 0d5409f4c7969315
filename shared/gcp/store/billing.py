"""Billing accounts: used and granted time, the time zone of the periods, and the ledger.

A limited allowance is counted in the billing account's own document, guarded, and so exactly. An unlimited one may be
used by a whole company: it is counted in shards, because Firestore limits how often one document is written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from zlib import crc32

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.field_path import FieldPath
from msgspec import Struct

from shared.billing.account import Billing
from shared.billing.metering import LedgerLine
from shared.billing.plans import PLANS
from shared.gcp.store.database import Commit, database, document, read, read_all, run_readable
from shared.record import Versioned

SHARDS = 16
"""Each session writes to one shard twice a minute. So many shards carry about 500 sessions at one write a second
each."""
FULLEST = 160
"""Shards by which the accounts with the most time without limit are found: all of ten accounts, or more."""


class Shard(Struct, frozen=True):
    """`billing/{bid}/shards/{period}-{n}`: a part of the milliseconds charged in a period without a limit."""

    ms: int
    bid: str = ""
    period: str = ""
    """Both are empty where nothing was charged since these fields exist."""


def billing_ref(bid: str) -> firestore.DocumentReference:
    return document("billing", bid)


def shard_refs(bid: str, period: str) -> list[firestore.DocumentReference]:
    return [document(f"billing/{bid}/shards", f"{period}-{n}") for n in range(SHARDS)]


def line_ref(bid: str, line: LedgerLine) -> firestore.DocumentReference:
    return document(f"billing/{bid}/lines", f"{line.sid}-{line.n}")


def read_billing(bid: str) -> Versioned[Billing]:
    """Raises LookupError if there is no such billing account."""
    billing = read(billing_ref(bid), Billing)
    if billing is None:
        raise LookupError(f"billing account {bid} is missing")
    return billing


def most_used(month: str, limit: int) -> list[tuple[Billing, int]]:
    """The accounts with the most time in a month, and their milliseconds: `limit` of plans by the month, `limit` of
    plans by the day, and `limit` of plans without limit."""
    found = {account.bid: account for field in ("used", "by_month") for account in most_in(field, month, limit)}
    unlimited = most_without_limit(month, limit)
    found |= {account.bid: account for account, _ in unlimited}
    in_shards = {account.bid: ms for account, ms in unlimited}
    return [
        (account, account.used.get(month, 0) + account.by_month.get(month, 0) + in_shards.get(bid, 0))
        for bid, account in found.items()
    ]


def most_in(field: str, month: str, limit: int) -> list[Billing]:
    of_month = FieldPath(field, month).to_api_repr()
    most = database().collection("billing").where(filter=FieldFilter(of_month, ">", 0))
    most = most.order_by(of_month, direction=firestore.Query.DESCENDING).limit(limit)
    return [found.record for found in run_readable(most, Billing)[0]]


def most_without_limit(month: str, limit: int) -> list[tuple[Billing, int]]:
    """The accounts with the most in the fullest shards, and the milliseconds in all of their shards: the accounts with
    the most time, unless there are so many that not all of their shards are among the fullest."""
    shards = database().collection_group("shards").where(filter=FieldFilter("period", "==", month))
    shards = shards.order_by("ms", direction=firestore.Query.DESCENDING).limit(FULLEST)
    parts = Counter[str]()
    for shard in run_readable(shards, Shard)[0]:
        parts[shard.record.bid] += shard.record.ms
    most = [bid for bid, _ in parts.most_common(limit)]
    accounts: list[Versioned[Billing] | None] = read_all([(billing_ref(bid), Billing) for bid in most]) if most else []
    return [(account.record, _in_shards(account.record.bid, month)) for account in accounts if account]


def commit_move(before: Versioned[Billing], after: Billing) -> None:
    """Commits another time zone. Raises LostRace."""
    Commit().change(billing_ref(after.bid), before, after).run()


def counted(billing: Billing, period: str) -> int:
    """Milliseconds charged in a period: the sum of the account's own count and its shards."""
    return billing.used.get(period, 0) + _in_shards(billing.bid, period)


def _in_shards(bid: str, period: str) -> int:
    shards: list[Versioned[Shard] | None] = read_all([(ref, Shard) for ref in shard_refs(bid, period)])
    return sum(shard.record.ms for shard in shards if shard)


def add_charge(commit: Commit, before: Versioned[Billing], after: Billing, sid: str, added: Mapping[str, int]) -> None:
    """Adds charged milliseconds, by period, to the commit: to the account's own count, or to the session's shard."""
    if after != before.record:
        commit.change(billing_ref(after.bid), before, after)
    if PLANS[after.plan].seconds is None:
        for period, ms in added.items():
            shard = shard_refs(after.bid, period)[crc32(sid.encode()) % SHARDS]
            commit.count(shard, {"ms": ms}, bid=after.bid, period=period)


def add_lines(commit: Commit, bid: str, lines: Iterable[LedgerLine]) -> None:
    """Adds ledger lines to the commit. A line that exists already makes the commit fail."""
    for line in lines:
        commit.create(line_ref(bid, line), line)
