"""What was used: the ledger as one member may see it, what all members used together; and another time zone."""

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct

from shared.account import Billing
from shared.gcp.store.billing import SHARDS, billing_ref
from shared.gcp.store.database import Commit, document, read_all, run
from shared.metering import LedgerLine
from shared.plans import PLANS
from shared.record import Read
from shared.usage import first_and_last


class _Shard(Struct):
    used: dict[str, int]


def read_lines(bid: str, uid: str, month: str, most: int) -> list[LedgerLine]:
    """A member's own lines of a month: of the newest period first, and in it the newest first."""
    first, last = first_and_last(month)
    own = (
        billing_ref(bid)
        .collection("lines")
        .where(filter=FieldFilter("uid", "==", uid))
        .where(filter=FieldFilter("period", ">=", first))
        .where(filter=FieldFilter("period", "<=", last))
        .order_by("period", direction=firestore.Query.DESCENDING)
        .order_by("at", direction=firestore.Query.DESCENDING)
    )
    return [found.record for found in run(own.limit(most), LedgerLine)]


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
