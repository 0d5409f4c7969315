"""Today's cost on a real database: from counters, for a bounded number of reads; and the warning about members."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.accounts.team import new_team
from shared.billing import own_prices
from shared.billing.payer import Payer, Provider
from shared.billing.plans import PLANS
from shared.billing.price_list import PRICES
from shared.billing.prices import PriceBook
from shared.billing.reconciliation import DayUse, PlanUse
from shared.billing.subscription import Reason, Standing
from shared.billing.time_allowance import pay
from shared.errors import Permanent, Refused
from shared.flows import costs_today, operator_looks
from shared.gcp.operation_counts import counted
from shared.gcp.store.billing import add_charge, billing_ref, most_used, read_billing
from shared.gcp.store.database import Commit, encode
from shared.gcp.store.database import document as document_ref
from shared.gcp.store.slots import kept_ref, levers_ref, opens_ref
from shared.gcp.store.subscriptions import payer_ref
from shared.gcp.store.teams import team_ref
from shared.slots.levers import PoolLevers
from shared.slots.opens import WEEK, HourOfOpens, OpensCounted, WarmDecision
from shared.slots.warm_policies import Adaptive, Announcement, WarmKept
from tests.support.records.factories import a_billing
from tests.support.stack.environment import SETTINGS, environment

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    with environment(SETTINGS):
        yield


def an_account(number: int, plan: str, hours: int, reason: Reason | None) -> None:
    bid = f"b-{number}"
    account = replace(a_billing(plan), bid=bid, owner=f"u-{number}").count({"2026-11": hours * HOUR_MS})
    Commit().create(billing_ref(bid), account).run()
    if reason:
        standing = Standing(plan=plan, reason=reason)
        Commit().create(payer_ref(bid), Payer(bid=bid, provider=Provider.STRIPE, standing=standing)).run()


@pytest.fixture
def month(empty_database: None) -> None:
    """Twenty-two days, of which one was used, and five accounts."""
    an_account(1, "pro", 19, Reason.PAID)
    an_account(2, "pro", 3, Reason.UNPAID)
    an_account(3, "team", 60, Reason.RETRYING)
    an_account(4, "free", 0, None)
    an_account(5, "pro", 12, None)
    for day in range(1, 23):
        use = PlanUse(ms=34 * HOUR_MS, background_ms=0, members=3, sessions=9, lines=136)
        found = DayUse(day=f"2026-11-{day:02}", plans={"pro": use} if day == 9 else {}, stored=10**9)
        Commit().create(document_ref("usage", found.day), found).run()


@pytest.mark.usefixtures("month")
def test_the_month_is_read_from_counters_for_a_bounded_number_of_reads() -> None:
    with counted() as cost:
        view = operator_looks.costs(NOW)
    today, accounts, controls = 3 * len(PLANS) + 2, 4 * len(PLANS), 2
    none_by_day, none_without_limit, dearest = 1, 1, 2 * 4
    assert (cost.reads, cost.writes) == (
        22 + today + accounts + controls + dearest + none_by_day + none_without_limit,
        0,
    )
    assert 0 < view.so_far_low < view.forecast_low < view.forecast_high
    assert sum(line.forecast_high for line in view.lines) == pytest.approx(view.forecast_high)
    assert view.lines == sorted(view.lines, key=lambda line: -line.forecast_high)
    plans = {plan.plan: plan for plan in view.plans}
    assert (plans["pro"].revenue, plans["team"].revenue) == (10, 25), "what is paid, and what is tried again"
    slots = next(line for line in view.lines if line.line == "slots at work: CPU")
    assert slots.low == pytest.approx(34 * 3600 * float(PRICES.price("run-cpu", SETTINGS["REGION"]).amount))


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize(
    "changed", [{"HEARTBEAT_SECONDS": "5"}, {"CHECKPOINT_SECONDS": "0"}, {"REGION": "us-central1"}]
)
def test_a_month_without_members_has_costs_with_any_settings(changed: dict[str, str]) -> None:
    with environment(SETTINGS | changed):
        view = operator_looks.costs(NOW)
    assert 0 < view.so_far_low < view.forecast_low
    assert (view.plans, view.dearest) == ([], [])


def slot_hours(levers: PoolLevers) -> float:
    """Of warm slots, to the month's end."""
    levers_ref().set(encode(levers))
    [line] = [line for line in operator_looks.costs(NOW).lines if line.line == "warm slots: CPU"]
    return line.forecast_high / float(PRICES.price("run-idle-cpu", SETTINGS["REGION"]).amount) / 3600


@pytest.mark.usefixtures("empty_database")
def test_a_month_takes_an_announcement_for_no_habit_and_an_adaptive_pool_by_the_hour() -> None:
    two = slot_hours(PoolLevers(warm=2))
    lesson = Announcement(id="class-of-90", starts=NOW, members=3)
    assert slot_hours(PoolLevers(warm=2, announced=(lesson,))) == two
    weeks = [HourOfOpens(NOW.replace(minute=0) - week * WEEK, 60, 60) for week in (4, 3, 2, 1)]
    opens, busy = OpensCounted(until=NOW, hours=tuple(weeks)), WarmKept(decision=WarmDecision(9, "it is busy"))
    Commit().create(opens_ref(), opens).create(kept_ref(), busy).run()
    adaptive = slot_hours(PoolLevers(policy=Adaptive(least=2, most=9, weeks=4, miss_cents=100)))
    assert two < adaptive < two * 1.05, "one hour of the week has more than two"


@pytest.mark.usefixtures("month")
def test_a_region_without_prices_is_said_so_and_nobody_is_warned_of() -> None:
    with environment(SETTINGS | {"REGION": "europe-west1"}):
        with pytest.raises(Refused, match="no price of"):
            operator_looks.costs(NOW)
        assert costs_today.warn_of_dear_members(NOW) == 0


@pytest.mark.usefixtures("month")
def test_own_prices_that_can_not_be_read_are_said_so_with_the_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = tmp_path / "own_prices.toml"
    wrong.write_text('[[price]]\nname = "storage"\namount = -1\nunit = "GiB-month"\n')
    monkeypatch.setattr(own_prices, "OWN_PRICES", wrong)
    own_prices.price_book.cache_clear()
    with pytest.raises(Permanent) as refused:
        operator_looks.costs(NOW)
    monkeypatch.undo()
    own_prices.price_book.cache_clear()
    assert (refused.value.name, refused.value.answer_status) == ("prices-wrong", 500)
    assert refused.value.detail.startswith(
        "own_prices.toml, line 3: the amount of storage is -1, and must be 0 or more. Correct the line"
    )


@pytest.mark.usefixtures("month")
def test_the_dearest_members_are_those_with_the_most_time_in_the_month() -> None:
    most = [(found.bid, ms // HOUR_MS) for found, ms in most_used("2026-11", 3)]
    assert most == [("b-3", 60), ("b-1", 19), ("b-5", 12)]
    assert most_used("2026-10", 3) == []
    rows = operator_looks.costs(NOW).dearest
    assert [(row.billing, row.uid, row.covered, row.loss) for row in rows] == [
        ("b-3", "u-3", True, False),
        ("b-1", "u-1", True, False),
        ("b-5", "u-5", False, False),
        ("b-2", "u-2", False, False),
    ]
    team = new_team("b-3", "Night school", "u-9", NOW)
    teams_own = replace(read_billing("b-3").record, owner="")
    Commit().create(team_ref("b-3"), team).run()
    billing_ref("b-3").set(encode(teams_own))
    [dearest, *others] = operator_looks.costs(NOW).dearest
    assert (dearest.uid, dearest.team) == ("u-9", "Night school")
    assert {row.team for row in others} == {None}
    assert [row.pays and round(row.pays, 2) for row in rows] == [23.8, 9.34, 0, 0]


def charged(number: int, plan: str, milliseconds: dict[str, int], sid: str) -> None:
    """An account whose session was charged so much, by period, as heartbeats do it."""
    bid = f"b-{number}"
    if not billing_ref(bid).get().exists:
        Commit().create(billing_ref(bid), replace(a_billing(plan), bid=bid, owner=f"u-{number}")).run()
    before, commit = read_billing(bid), Commit()
    add_charge(commit, before, pay(before.record, milliseconds), sid, milliseconds)
    commit.run()


@pytest.mark.usefixtures("empty_database")
def test_members_whose_time_is_by_the_day_or_without_limit_are_among_the_dearest() -> None:
    for day in ("2026-10-31", "2026-11-01", "2026-11-02", "2026-11-22"):
        charged(1, "free", {day: HOUR_MS // 2}, "s-1")
    for sid in ("s-2", "s-3", "s-4"):
        charged(2, "enterprise", {"2026-11": 9 * HOUR_MS}, sid)
    charged(3, "enterprise", {"2026-10": 99 * HOUR_MS, "2026-11": HOUR_MS}, "s-5")
    an_account(4, "pro", 19, Reason.PAID)
    closed = read_billing("b-1").record
    assert closed.by_month == {"2026-10": HOUR_MS // 2, "2026-11": 3 * HOUR_MS // 2}
    rows = operator_looks.costs(NOW).dearest
    assert [(row.billing, row.plan, row.seconds / 3600) for row in rows] == [
        ("b-2", "enterprise", 27),
        ("b-4", "pro", 19),
        ("b-3", "enterprise", 1),
        ("b-1", "free", 1.5),
    ]
    assert [(row.pays, row.covered, row.loss) for row in rows if row.plan == "free"] == [(0, False, False)]
    assert [(row.pays, row.covered) for row in rows if row.plan == "enterprise"] == [(None, True)] * 2
    october = [(found.bid, ms) for found, ms in most_used("2026-10", 3)]
    assert october == [("b-1", HOUR_MS // 2), ("b-3", 99 * HOUR_MS)]


@pytest.mark.usefixtures("month")
def test_who_costs_more_than_they_pay_is_warned_of_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert costs_today.warn_of_dear_members(NOW) == 0
    runs = {key: price for key, price in PRICES.prices.items() if key[0].startswith("run-")}
    dearer = {key: replace(price, amount=price.amount * 8) for key, price in runs.items()}
    dear_book = PriceBook({**PRICES.prices, **dearer})
    monkeypatch.setattr(costs_today, "price_book", lambda: dear_book)
    capsys.readouterr()
    assert costs_today.warn_of_dear_members(NOW) == 2
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["message"], each["billing"], each["plan"]) for each in told] == [
        ("member-costs-more", "b-3", "team"),
        ("member-costs-more", "b-1", "pro"),
    ]
    assert [row.loss for row in operator_looks.costs(NOW).dearest] == [True, True, False, False]
    assert Decimal(told[1]["pays"]) > 9
    assert costs_today.warn_of_dear_members(datetime(2026, 12, 1, 0, 20, tzinfo=UTC)) == 2, "of the month that is over"
