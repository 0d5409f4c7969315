"""What was used: the ledger as one member may see it, what all members used together; and another time zone."""

from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct

from shared.account import Billing
from shared.gcp.store.billing import SHARDS, billing_ref, line_ref
from shared.gcp.store.database import Commit, document, read_all, run
from shared.metering import LedgerLine
from shared.plans import PLANS
from shared.record import Read
from shared.usage import first_and_last

AT_ONCE = 500
"""Lines that one query brings, so that each ends within the time that a call is given."""


class _Shard(Struct):
    used: dict[str, int]


def read_lines(bid: str, uid: str, month: str, most: int) -> list[LedgerLine]:
    """A member's own lines of a month: of the newest period first, and in it the newest first."""
    query, lines = _newest_first(bid, uid, month), list[LedgerLine]()
    while len(lines) < most:
        wanted = min(AT_ONCE, most - len(lines))
        page = [found.record for found in run(query.limit(wanted), LedgerLine)]
        lines += page
        if len(page) < wanted:
            break
        last = page[-1]
        query = query.start_after({"period": last.period, "at": last.at, "__name__": line_ref(bid, last)})
    return lines


def _newest_first(bid: str, uid: str, month: str) -> Any:
    first, last = first_and_last(month)
    own = billing_ref(bid).collection("lines").where(filter=FieldFilter("uid", "==", uid))
    within = own.where(filter=FieldFilter("period", ">=", first)).where(filter=FieldFilter("period", "<=", last))
    for field in ("period", "at", "__name__"):
        within = within.order_by(field, direction=firestore.Query.DESCENDING)
    return within


def used_by_all(billing: Billing, period: str) -> int:
    """Milliseconds that all members have used of a period. What a plan without a limit counted is in shards."""
    used = billing.used.get(period, 0)
    if PLANS[billing.plan].seconds is not None:
        return used
    shards = [(document(f"billing/{billing.bid}/shards", str(number)), _Shard) for number in range(SHARDS)]
    counted: list[dict[str, int]] = [shard.record.used for shard in read_all(shards) if shard]
    return used + sum(each.get(period, 0) for each in counted)


def commit_move(before: Read[Billing], after: Billing) -> None:
    """Another time zone. Raises LostRace."""
    Commit().change(billing_ref(after.bid), before, after).run()
