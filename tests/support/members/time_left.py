"""A member with little left of their plan's time, set behind the back of `heartbeat`."""

from datetime import UTC, datetime

from msgspec.structs import replace

from shared.billing.time_allowance import left_in, period_of
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import encode
from tests.support.members.person import Person
from tests.support.stack.environment import environment
from tests.support.stack.observe import document
from tests.support.stack.running import Running


def leave(stack: Running, person: Person, seconds: float, plan: str = "starter") -> str:
    """So much of this period is left on the plan, if it has a limit. Returns the billing account's id."""
    person.me()
    bid = str((document(stack, f"accounts/{person.uid}") or {})["bid"])
    leave_of(stack, bid, seconds, plan)
    return bid


def leave_of(stack: Running, bid: str, seconds: float, plan: str = "starter") -> None:
    """As `leave`, for a billing account."""
    with environment(stack.env):
        billing = replace(read_billing(bid).record, plan=plan, used={})
        period = period_of(billing, datetime.now(UTC)).id
        left = left_in(billing, period)
        used = {} if left is None else {period: left - round(1000 * seconds)}
        billing_ref(bid).set(encode(replace(billing, used=used)))
