"""What an operator adds to an account's time, or takes from it."""

from datetime import datetime

from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.time_allowance import period_of


def granted(billing: Billing, now: datetime, ms: int) -> Billing:
    period = period_of(billing, now).id
    return replace(billing, granted=billing.granted | {period: billing.granted.get(period, 0) + ms})
