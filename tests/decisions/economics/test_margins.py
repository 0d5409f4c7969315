"""What plans earn, exactly."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shared.billing.price_list import PRICES, SEOUL, US
from shared.economics.claims import working
from shared.economics.costs import Driver
from shared.economics.estimate import estimate
from shared.economics.margins import BreakEven, break_even, dearest_member, earn
from shared.economics.ranges import exactly
from shared.economics.workload import PoolWorkload, Workload
from tests.decisions.economics.workloads import a_plan, a_workload

MIX = {
    "free": a_plan(members=800),
    "pro": a_plan(members=170),
    "team": a_plan(members=30, accounts=10),
}


def test_revenue_and_the_fees_of_payments() -> None:
    """Of a payment 2.9 % and 30 cents, and 0.7 % for subscriptions. A team pays once."""
    result = earn(a_workload(plans=MIX), PRICES)
    assert {name: plan.revenue for name, plan in result.plans.items()} == {"free": 0, "pro": 1_700, "team": 250}
    assert {name: plan.fees for name, plan in result.plans.items()} == {
        "free": 0,
        "pro": Decimal("112.2"),  # 61.20 and 51.00
        "team": Decimal("12"),  # 9.00 and 3.00
    }
    assert (result.revenue, result.fees) == (Decimal(1_950), Decimal("124.2"))


@pytest.mark.parametrize("free_tiers", [False, True])
def test_what_plans_cause_and_their_shares_of_the_rest_are_all_costs(free_tiers: bool) -> None:
    result = earn(a_workload(plans=MIX), PRICES, free_tiers=free_tiers)
    for bound in ("low", "high"):
        caused = sum((getattr(plan.use, bound) for plan in result.plans.values()), Decimal(0))
        shares = sum((getattr(plan.standing, bound) for plan in result.plans.values()), Decimal(0))
        assert round(caused, 15) == round(getattr(result.costs.part(Driver.USE), bound), 15)
        assert round(shares, 15) == round(getattr(result.costs.part(Driver.STANDING), bound), 15)
    margins = sum((plan.margin.worst for plan in result.plans.values()), Decimal(0))
    assert round(margins, 15) == round(result.margin.worst, 15)


def test_a_contribution_is_what_is_left_for_the_standing_costs() -> None:
    plan = earn(a_workload(), PRICES).plans["pro"]
    assert plan.contribution.worst == 1_000 - plan.fees - plan.use.high
    assert plan.margin.best == 1_000 - plan.fees - plan.use.low - plan.standing.low


def test_a_plan_by_agreement_needs_its_price() -> None:
    with pytest.raises(ValueError, match="plan enterprise: its price is by agreement, so the workload must say it"):
        earn(a_workload(plans={"enterprise": a_plan()}), PRICES)
    agreed = a_plan(price=Decimal(40), accounts=1)
    assert earn(a_workload(plans={"enterprise": agreed}), PRICES).revenue == 40


def test_ondol_breaks_even_where_contributions_pay_the_standing_costs() -> None:
    workload = a_workload(plans=MIX)
    found = break_even(workload, PRICES)
    assert found == BreakEven(best=37, worst=39)
    result = earn(workload, PRICES)
    contribution = result.revenue - result.fees - result.costs.part(Driver.USE).high
    assert found.worst is not None
    assert (found.worst - 1) * contribution < result.costs.part(Driver.STANDING).high * 1000
    assert found.worst * contribution >= result.costs.part(Driver.STANDING).high * 1000


def test_members_who_pay_nothing_never_break_even() -> None:
    assert break_even(working(US), PRICES) == BreakEven(best=None, worst=None)


DEAREST = {
    # region, plan: what an account pays after fees, and what it costs
    (US, "free"): ("0", "1.64", "2.19", False),
    (US, "starter"): ("4.52", "0.57", "0.81", True),
    (US, "pro"): ("9.34", "2.28", "3.29", True),
    (US, "team"): ("23.8", "11.11", "15.60", True),
    (SEOUL, "team"): ("23.8", "15.41", "21.15", True),
}


@pytest.mark.parametrize(("region", "name"), DEAREST)
def test_the_account_that_uses_all_of_its_plan(region: str, name: str) -> None:
    workload = Workload(region=region, plans={name: a_plan()}, pool=PoolWorkload(warm=(2,), most=10))
    found = dearest_member(name, workload, PRICES)
    pays, low, high, is_covered = DEAREST[region, name]
    assert found.pays == Decimal(pays)
    assert (round(found.costs.low, 2), round(found.costs.high, 2)) == (Decimal(low), Decimal(high))
    assert found.is_covered is is_covered


def test_an_account_without_limit_may_cost_a_container_for_the_whole_month() -> None:
    workload = a_workload(plans={"enterprise": a_plan()})
    found = dearest_member("enterprise", workload, PRICES)
    assert (found.pays, found.is_covered) == (None, None)
    assert found.costs.low > 720 * 3600 * Decimal("0.000029")
    agreed = replace(workload, plans={"enterprise": a_plan(price=Decimal(100))})
    assert dearest_member("enterprise", agreed, PRICES).pays == Decimal("96.1")


def test_more_members_of_a_plan_change_nothing_of_what_one_member_causes() -> None:
    few, many = (earn(a_workload(plans={"pro": a_plan(members=members)}), PRICES).plans["pro"] for members in (10, 990))
    assert round(few.use.high * 99, 15) == round(many.use.high, 15)
    assert estimate(a_workload(plans={"pro": a_plan(members=0)}), PRICES).part(Driver.USE) == exactly(0)
