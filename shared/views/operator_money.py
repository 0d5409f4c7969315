"""What members pay, as operators are shown it: revenue by plan, who owes, and where the provider and Ondol disagree.
Money is in US cents a month, at the plan table's prices. Times are in Unix seconds."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from shared.accounts.owner import Owner
from shared.billing.disagreement import DisagreementKind
from shared.billing.payer import Payer, Provider, is_for_sale, monthly_cents
from shared.billing.plans import PLANS
from shared.billing.subscription import Reason
from shared.snapshots.checkpoint import Count
from shared.views.plan import PlanView, plan_view

DASHBOARDS: Mapping[Provider, str] = {Provider.STRIPE: "https://dashboard.stripe.com/customers/{customer}"}
"""Where an operator sees a customer, and gives money back."""


class PlanMoney(Struct):
    """What one plan brings."""

    plan: PlanView
    accounts: Count
    """Billing accounts with this plan, also those that are kept for the books of members who were erased."""
    price: Count | None
    """None if the plan is not sold each month."""
    paid: Count
    """Payers whose subscription goes on."""
    ending: Count
    """Payers who have paid and cancelled."""
    retrying: Count
    """Payers whose payment has failed, and is tried again."""
    cents: Count
    """What those with `paid` and `ending` pay a month."""


class MoneyView(Struct):
    """What members pay now, by plan."""

    plans: list[PlanMoney]
    cents: Count
    """What all plans bring a month."""
    ending_cents: Count
    """How much of it ends, because its payers have cancelled."""
    owed_cents: Count
    """What payers whose payment is tried again would pay a month. It is no part of `cents`."""
    unpaid: Count
    """Payers whose plan ended because a payment is missing."""
    disagreeing: Count
    """Payers about whom the provider and Ondol disagree."""
    unasked: Count
    """Payers about whom the provider could not be asked for more than a day."""


class DisagreementView(Struct):
    kind: DisagreementKind
    since: float
    subscriptions: list[str]


class PayerRow(Struct):
    billing: str
    uid: str
    """The owner of the billing account; of a team's who pays for it. Empty if nobody is left in the team."""
    team: str | None
    """The team's name; None for a person's account."""
    plan: str
    reason: Reason
    until: float | None
    """When the plan ends, unless something changes."""
    asked: float | None
    """When the provider was last asked."""
    customer_url: str | None
    """The customer's page at the provider, where money is given back; None without a customer."""
    disagreement: DisagreementView | None


class PayersView(Struct):
    """A page of payers."""

    payers: list[PayerRow]
    next: str | None
    """More payers follow if this is not None: ask for them with `after`."""


def money_view(
    accounts: Mapping[str, int],
    payers: Mapping[tuple[str, Reason], int],
    *,
    unpaid: int,
    disagreeing: int,
    unasked: int,
) -> MoneyView:
    """`accounts` are billing accounts by plan, `payers` are counted by plan and reason."""
    plans = [
        _plan(name, accounts[name], {reason: payers.get((name, reason), 0) for reason in Reason}) for name in PLANS
    ]
    return MoneyView(
        plans=plans,
        cents=sum(each.cents for each in plans),
        ending_cents=sum((each.price or 0) * each.ending for each in plans),
        owed_cents=sum((each.price or 0) * each.retrying for each in plans),
        unpaid=unpaid,
        disagreeing=disagreeing,
        unasked=unasked,
    )


def _plan(name: str, accounts: int, payers: Mapping[Reason, int]) -> PlanMoney:
    price = monthly_cents(name) if is_for_sale(name) else None
    paid, ending, retrying = payers[Reason.PAID], payers[Reason.ENDING], payers[Reason.RETRYING]
    return PlanMoney(plan_view(name), accounts, price, paid, ending, retrying, (price or 0) * (paid + ending))


def customer_url(payer: Payer) -> str | None:
    """The customer's page at the provider; None without a customer."""
    return DASHBOARDS[payer.provider].format(customer=payer.customer) if payer.customer else None


def payers_view(page: Sequence[tuple[Payer, Owner, str]], next: str | None) -> PayersView:
    """Each payer with the owner and the plan of the billing account."""
    return PayersView([_row(*each) for each in page], next)


def _row(payer: Payer, owner: Owner, plan: str) -> PayerRow:
    found, odd = payer.standing, payer.disagreement
    return PayerRow(
        billing=payer.bid,
        uid=owner.uid,
        team=owner.team,
        plan=plan,
        reason=found.reason,
        until=found.until.timestamp() if found.until else None,
        asked=payer.asked.timestamp() if payer.asked else None,
        customer_url=customer_url(payer),
        disagreement=DisagreementView(odd.kind, odd.since.timestamp(), odd.subscriptions) if odd else None,
    )
