"""The cost of a running month: what was used on some days becomes a month of the model, and is counted back to them."""

from decimal import Decimal

from msgspec.structs import replace

from shared.billing.plans import PLANS
from shared.billing.price_list import PRICES, US
from shared.billing.prices import PriceBook
from shared.billing.reconciliation import DayUse, PlanUse
from shared.economics.estimate import estimate
from shared.economics.today import HOUR_MS, Accounts, cost_of_month, dear_member, workload_of
from shared.economics.workload import PoolWorkload, Workload

BASE = Workload(region=US, plans={}, pool=PoolWorkload(warm=(2,), most=10))
ACCOUNTS = {"free": Accounts(20, 0), "pro": Accounts(4, 3), "enterprise": Accounts(1, 1)}


def a_day(number: int, **hours: int) -> DayUse:
    """Of so many hours by plan, a quarter of them without a browser, in two sessions an hour."""
    uses = {
        plan: PlanUse(ms=each * HOUR_MS, background_ms=each * HOUR_MS // 4, members=1, sessions=2 * each, lines=9)
        for plan, each in hours.items()
    }
    return DayUse(day=f"2026-11-{number:02}", plans=uses, stored=10**9)


DAYS = [a_day(1, free=2, pro=4), a_day(2, pro=8, enterprise=4), a_day(3)]


def workload(length: int = 3) -> Workload:
    return workload_of(DAYS, Decimal(length), ACCOUNTS, BASE, 2**30)


def test_three_days_become_a_month_of_ten_times_as_much() -> None:
    found = workload()
    assert [found.hours, found.background_hours, found.sessions] == [Decimal(135), Decimal(45), Decimal(360)]
    pro = found.plans["pro"]
    assert (pro.members, pro.payers, pro.hours, pro.sessions) == (4, 3, Decimal("22.5"), Decimal(60))
    stored = sum(plan.stored.low * plan.members for plan in found.plans.values())
    assert stored == 1, "GiB of the newest snapshots, whoever has them"
    assert set(found.plans) == {"free", "pro", "enterprise"}


def test_an_account_with_several_members_at_work_together_is_counted_as_several() -> None:
    busy = workload_of([a_day(1, enterprise=240)], Decimal(1), {"enterprise": Accounts(1, 1)}, BASE, 0)
    assert busy.plans["enterprise"].members == 10
    assert busy.hours + busy.background_hours == 240 * 30


def test_a_plan_that_was_removed_from_the_table_costs_what_it_used() -> None:
    days = [a_day(1, gold=4, pro=4), a_day(2)]
    accounts = {"gold": Accounts(2, 1), "pro": Accounts(1, 1)}
    found = workload_of(days, Decimal(2), accounts, BASE, 0)
    assert (found.plans["gold"].members, found.plans["gold"].hours) == (2, Decimal("22.5"))
    assert [*found.plans] == ["pro", "gold"]
    gold = cost_of_month(found, Decimal(2), 30, PRICES).plans["gold"]
    assert gold.revenue == 0 < gold.use.low, "what it pays is not known"
    member = dear_member("gold", 90 * HOUR_MS, BASE, PRICES, pays=True)
    assert (member.pays, member.is_covered) == (None, True)
    assert member.costs.low > 0


def test_the_cost_so_far_is_that_of_the_days_and_the_forecast_that_of_the_month() -> None:
    whole = estimate(workload(), PRICES)
    cost = cost_of_month(workload(), Decimal(3), 30, PRICES)
    assert cost.forecast == whole.total
    assert round(cost.so_far.high, 9) == round(whole.total.high / 10, 9)
    longer = cost_of_month(workload(), Decimal(3), 31, PRICES)
    assert round(longer.forecast.low, 9) == round(whole.total.low * 31 / 30, 9)
    ended = cost_of_month(workload(30), Decimal(30), 30, PRICES)
    assert ended.so_far == ended.forecast
    [at_work] = [so_far for line, so_far, _ in cost.lines if line.name == "slots at work: CPU"]
    assert round(at_work.low, 9) == round(18 * 3600 * PRICES.price("run-cpu", US).amount, 9)


def test_only_accounts_that_pay_are_revenue() -> None:
    plans = cost_of_month(workload(), Decimal(3), 30, PRICES).plans
    assert plans["pro"].revenue == 3 * Decimal(str(PLANS["pro"].price))
    assert plans["free"].revenue == plans["enterprise"].revenue == 0
    assert plans["free"].margin.best < 0 < plans["pro"].revenue


def dearer(times: int) -> PriceBook:
    runs = {key: price for key, price in PRICES.prices.items() if key[0].startswith("run-")}
    return PriceBook(
        {**PRICES.prices, **{key: replace(each, amount=each.amount * times) for key, each in runs.items()}}
    )


def test_a_member_who_costs_more_than_they_pay_is_told_from_others() -> None:
    used = 20 * HOUR_MS
    covered = dear_member("pro", used, BASE, PRICES, pays=True)
    assert (covered.is_covered, covered.pays and round(covered.pays, 2)) == (True, Decimal("9.34"))
    beyond = dear_member("pro", used, BASE, dearer(10), pays=True)
    assert beyond.pays and beyond.costs.low > beyond.pays
    assert beyond.is_loss and not beyond.is_covered
    given = dear_member("pro", used, BASE, dearer(10), pays=False)
    assert (given.is_covered, given.is_loss) == (False, False), "nobody expects that they pay"
    assert not covered.is_loss
    assert dear_member("enterprise", used, BASE, dearer(10), pays=True).pays is None
