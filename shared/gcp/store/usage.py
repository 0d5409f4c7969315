"""Used time: a member's own lines of the ledger."""

from collections.abc import Sequence
from datetime import datetime

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.billing.metering import LedgerLine
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import run_paged, run_sums
from shared.views.usage_report import first_and_last


def read_lines(
    bid: str, uid: str, month: str, most: int, after: tuple[str, datetime] | None = None
) -> list[LedgerLine]:
    """A member's own lines of a month, by period and then by time, newest first. `after`: only lines after this period
    and time in that order."""
    first, last = first_and_last(month)
    own = billing_ref(bid).collection("lines").where(filter=FieldFilter("uid", "==", uid))
    within = own.where(filter=FieldFilter("period", ">=", first)).where(filter=FieldFilter("period", "<=", last))
    for field in ("period", "at"):
        within = within.order_by(field, direction=firestore.Query.DESCENDING)
    if after is not None:
        within = within.start_after({"period": after[0], "at": after[1]})
    return [line.record for line in run_paged(within, LedgerLine, most)]


def used_by(bid: str, uids: Sequence[str], period: str) -> dict[str, int]:
    """Milliseconds that each person was charged in a period, by the lines of the ledger: one sum for each."""
    within = billing_ref(bid).collection("lines").where(filter=FieldFilter("period", "==", period))
    own = [within.where(filter=FieldFilter("uid", "==", uid)) for uid in uids]
    return dict(zip(uids, run_sums(own, "ms"), strict=True))
