"""What was used: the ledger as one member may see it."""

from datetime import datetime

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.billing.metering import LedgerLine
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import run_paged
from shared.views.usage_report import first_and_last


def read_lines(
    bid: str, uid: str, month: str, most: int, after: tuple[str, datetime] | None = None
) -> list[LedgerLine]:
    """A member's own lines of a month: of the newest period first, and in it the newest first. `after`: those that come
    after this period and moment."""
    first, last = first_and_last(month)
    own = billing_ref(bid).collection("lines").where(filter=FieldFilter("uid", "==", uid))
    within = own.where(filter=FieldFilter("period", ">=", first)).where(filter=FieldFilter("period", "<=", last))
    for field in ("period", "at"):
        within = within.order_by(field, direction=firestore.Query.DESCENDING)
    if after is not None:
        within = within.start_after({"period": after[0], "at": after[1]})
    return [found.record for found in run_paged(within, LedgerLine, most)]
