"""The same habits with more and fewer members."""

from decimal import Decimal

import pytest

from shared.billing.price_list import PRICES
from shared.economics.curve import of_members
from shared.economics.estimate import estimate
from shared.economics.misses import misses
from tests.decisions.economics.workloads import a_plan, a_workload

MIX = {"free": a_plan(members=70), "pro": a_plan(members=25), "team": a_plan(members=5, accounts=2)}


def members_at(number: int) -> dict[str, int]:
    point = of_members(a_workload(plans=MIX), number, Decimal("0.01"))
    return {name: plan.members for name, plan in point.plans.items()}


def test_the_mix_of_plans_stays_in_whole_members() -> None:
    assert members_at(1_000) == {"free": 700, "pro": 250, "team": 50}
    assert members_at(10) == {"free": 7, "pro": 3, "team": 1}, "a half is rounded up"


@pytest.mark.parametrize("members", [10, 1_000, 100_000])
def test_the_pool_is_the_smallest_with_few_enough_misses(members: int) -> None:
    point = of_members(a_workload(plans=MIX), members, Decimal("0.01"))
    smaller = of_members(a_workload(plans=MIX), members, Decimal("0.5"))
    assert misses(point).high / point.sessions <= Decimal("0.01")
    assert smaller.pool.warm <= point.pool.warm <= (point.pool.most,)


def test_a_member_of_many_costs_less_than_one_of_few() -> None:
    each = [
        estimate(point, PRICES).total.high / point.members
        for point in (of_members(a_workload(), number, Decimal("0.01")) for number in (10, 100, 1_000, 10_000))
    ]
    assert each == sorted(each, reverse=True)


def test_nobody_has_no_mix() -> None:
    with pytest.raises(ValueError, match="no mix"):
        of_members(a_workload(plans={"pro": a_plan(members=0)}), 10, Decimal("0.01"))
