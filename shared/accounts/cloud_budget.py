"""What Google's news of a month's cost asks of us: pure.

A Cloud Billing budget tells several times a day what the month has cost so far, whether or not a threshold is passed.
The figures come hours late: the budget bounds what a month may cost, and not to the dollar.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from shared.accounts.audit import Action, AuditLine

BUDGET = "budget"
"""Who closed new sessions, in the audit log."""


class Cost(Struct, frozen=True, rename="camel"):
    """The data of one message: Cloud Billing's `BudgetNotification`, without what we have no use for.

    https://cloud.google.com/billing/docs/how-to/budgets-programmatic-notifications
    """

    cost_amount: Annotated[float, Meta(ge=0)]
    budget_amount: Annotated[float, Meta(gt=0)]
    cost_interval_start: datetime
    """When the month began."""
    currency_code: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


def budget_spent(cost: Cost, now: datetime) -> AuditLine | None:
    """The change that closes new sessions, None while the month has cost less than the budget.

    A month and an amount have one such change, so that new sessions stay open once an operator has opened them again.
    """
    if cost.cost_amount < cost.budget_amount:
        return None
    amount = f"{cost.budget_amount:.0f}"
    return AuditLine(
        request=f"budget-{cost.cost_interval_start:%Y-%m}-{amount}",
        at=now,
        by=BUDGET,
        email=None,
        action=Action.LIMITS,
        target=None,
        asked={"new_sessions": False},
        note=f"The month's budget of {amount} {cost.currency_code} is spent.",
    )
