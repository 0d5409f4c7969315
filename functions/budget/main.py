"""The month's budget is spent: close new sessions, and say so to the operators. Sessions that are open go on."""

from datetime import datetime
from functools import partial

import functions_framework
import msgspec
from msgspec import Struct

from shared import logs
from shared.accounts.cloud_budget import Cost, budget_spent
from shared.endpoint import endpoint
from shared.errors import bad_request
from shared.gcp.identity import invoker
from shared.gcp.store.limits import read_limits
from shared.gcp.store.operators import set_limits


class Message(Struct):
    """A message of Pub/Sub, without the fields that nobody reads here."""

    data: bytes
    """JSON, in base64."""


class Push(Struct):
    """What a push subscription of Pub/Sub delivers."""

    message: Message


class BudgetAnswer(Struct):
    """What was done."""

    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="budget"), Push, refuses={403: ("forbidden",)}, task=True)
def budget(_caller: str, body: Push, now: datetime) -> BudgetAnswer:
    """Close new sessions once the month has cost as much as its budget."""
    try:
        cost = msgspec.json.decode(body.message.data, type=Cost)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise bad_request(f"{e}.") from e
    line = budget_spent(cost, now)
    if line is None:
        return BudgetAnswer("within the budget")
    set_limits(line, line.asked)
    limits = read_limits()
    if limits is not None and limits.record.new_sessions:
        return BudgetAnswer("an operator has opened new sessions again")
    # at each delivery: the answer to an earlier one may have been lost before this line was written
    logs.error("budget-spent", cost=cost.cost_amount, budget=cost.budget_amount, currency=cost.currency_code)
    return BudgetAnswer("new sessions are closed")
