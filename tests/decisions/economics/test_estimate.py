"""What a month costs, by line: exact quantities times exact prices."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from shared.billing.plans import GB
from shared.billing.price_list import PRICES, SEOUL, US
from shared.economics.costs import Driver
from shared.economics.estimate import estimate
from shared.economics.events import events_of_members
from shared.economics.line_words import LINES
from shared.economics.quantities import Event
from shared.economics.ranges import between, exactly
from shared.economics.workload import GIB, Engine, PoolWorkload, Workload
from shared.slots.shape import HomeMedium, SlotShape
from tests.decisions.economics.workloads import HABITS, POOL, a_plan, a_workload

QUANTITIES = {
    # two slots for 720 hours
    "warm slots: CPU": 2 * 720 * 3600,
    "warm slots: memory": 2 * 2 * 720 * 3600,
    # a hundredth of that
    "probes of warm slots: CPU": 51_840,
    # one instance of half a GiB
    "waiting functions: CPU": 720 * 3600,
    "waiting functions: memory": 360 * 3600,
    # 1,440 audits a day of 5 documents, 10 slots and each session that is open; 96 runs of meter a day of 14 documents,
    # 100 accounts, the turn after them, and each open session twice. Sessions are open for 300 of 720 hours: 200 hours,
    # and 400 quarters of an hour without a browser
    "documents that scheduled functions read": 43_200 * 15 + 18_000 + 2_880 * 115 + 2 * 1_200,
    "documents that scheduled functions write": 2_880,
    "lists that scheduled functions ask for": 2_880 + 1_200,
    "scheduled jobs": 2,
    "images": 5,
    "builds of functions": 100,
    "builds of the slot's image": 50,
    "alerts": 16,
    "secrets": 8,
    # 200 hours
    "slots at work: CPU": 720_000,
    "slots at work: memory": 1_440_000,
    # 400 sessions of which each waits for Pro's quarter of an hour
    "slots without a browser: CPU": 360_000,
    "slots without a browser: memory": 720_000,
    # two containers of 10 s for each session
    "starts of containers: memory": 16_000,
    # half of the time a save each 20 s, and half of the time a heartbeat each 30 s
    "documents deleted": 18_000,
    "documents kept": Decimal("0.1"),
    "backups of documents": Decimal("1.1"),
    "members' files": 50,
    # 400 sessions of 0.01 GiB and 200 hours of 0.02
    "egress": 8,
    # 1,600 loads
    "page": Decimal("0.8"),
    "sign-ins": 100,
}


@pytest.mark.parametrize("line", QUANTITIES)
def test_how_much_is_used(line: str) -> None:
    assert round(estimate(a_workload(), PRICES).line(line).quantity.high, 15) == QUANTITIES[line]


COSTS = {
    ("warm slots: CPU", US): "12.96",
    ("warm slots: memory", US): "25.92",
    ("warm slots: CPU", SEOUL): "18.144",
    ("warm slots: memory", SEOUL): "36.288",
    ("waiting functions: CPU", US): "6.48",
    ("slots at work: CPU", US): "17.28",
    ("slots at work: memory", US): "3.6",
    ("slots at work: CPU", SEOUL): "24.192",
    ("slots at work: memory", SEOUL): "5.04",
    ("slots without a browser: CPU", US): "0.9",
    ("members' files", US): "1",
    ("members' files", SEOUL): "1.15",
    ("egress", US): "0.96",
    ("documents deleted", US): "0.0018",
    ("scheduled jobs", US): "0.2",
    ("images", US): "0.5",
    ("alerts", US): "1.6",
    ("sign-ins", US): "0",
}


@pytest.mark.parametrize(("line", "region"), COSTS)
def test_what_a_line_costs(line: str, region: str) -> None:
    assert estimate(a_workload(region=region), PRICES).line(line).cost == exactly(COSTS[line, region])


def test_documents_are_those_of_each_event_times_how_often_it_happens() -> None:
    costs = estimate(a_workload(), PRICES)
    # 18,000 saves and 12,000 ordinary heartbeats of two reads; and for each of 400 sessions 1 of the hello; checks
    # each quarter of an hour of 200 hours and one more for each session; four times 4 to 7 by the page, 1 if Firebase
    # Auth is asked, 6 to 8 of Open, 11 to 12 of the end, 9 to 317 of tidying, 30 to 60 runs of the pool of 8 to 10
    # documents
    fixed = 30_000 * 2 + 400 + 800 + 400
    assert costs.line("documents read").quantity.low == fixed + 400 * (4 * 4 + 6 + 11 + 9 + 30 * 8)
    assert costs.line("documents read").quantity.high == fixed + 400 * (4 * 7 + 1 + 8 + 12 + 317 + 60 * 10)
    # two for each heartbeat, one for each save, one for each line of the ledger: 800 quarters of an hour and 400 ends;
    # for each session 3 of Open, 1 of the hello, 1 if Firebase Auth was asked, 8 to 10 of the end, 2 to 4 of tidying, 3
    # to 5 of the pool
    fixed = 30_000 * 2 + 18_000 + 1_200 + 400 * (3 + 1)
    assert costs.line("documents written").quantity.low == fixed + 400 * (8 + 2 + 3)
    assert costs.line("documents written").quantity.high == fixed + 400 * (1 + 10 + 4 + 5)


def test_every_line_is_its_quantity_times_its_price_and_says_why() -> None:
    costs = estimate(a_workload(edge=True), PRICES)
    for line in costs.lines:
        is_tier = line.price.free is not None and line.price.free.always
        assert (line.paid == line.quantity) is not is_tier, line.name
        assert line.cost.high == line.paid.high * line.price.amount / line.price.per, line.name
        assert all(LINES[line.name])
    assert len({line.name for line in costs.lines}) == len(costs.lines)
    assert costs.total == costs.part(Driver.STANDING) + costs.part(Driver.USE)
    with pytest.raises(LookupError, match="there is no line 'rent'"):
        costs.line("rent")


def test_what_members_cause_is_proportional_to_what_they_do_and_the_rest_is_there_without_them() -> None:
    one = estimate(a_workload(), PRICES)
    two = estimate(a_workload(plans={"pro": a_plan(members=50), "team": a_plan(members=150)}), PRICES)
    doubled = one.part(Driver.USE) * 2
    for bound in ("low", "high"):  # Pro and Team have the same idle time
        assert round(getattr(two.part(Driver.USE), bound), 20) == round(getattr(doubled, bound), 20)
    none = estimate(a_workload(plans={}), PRICES)
    assert none.part(Driver.USE) == exactly(0)
    looked_at = ("documents that scheduled functions read", "documents that scheduled functions write")
    without = (*looked_at, "lists that scheduled functions ask for")
    for line in none.lines:
        if line.driver == Driver.STANDING and line.name not in without:
            assert line == one.line(line.name)


def test_free_tiers_are_taken_off_once_for_each_price() -> None:
    costs, free = estimate(a_workload(), PRICES), estimate(a_workload(), PRICES, free_tiers=True)
    paid = {line.name: line.paid.high for line in free.lines}
    cpu = [line for line in free.lines if line.price.name == "run-cpu"]
    assert sum(line.quantity.high - line.paid.high for line in cpu) == 180_000
    assert paid["warm slots: CPU"] == costs.line("warm slots: CPU").quantity.high, "nothing of it is free"
    assert paid["scheduled jobs"] == paid["builds of functions"] == paid["page"] == 0
    assert paid["secrets"] == 2, "six are free"
    assert paid["members' files"] == 45
    assert free.total.low <= free.total.high < costs.total.high
    seoul = estimate(a_workload(region=SEOUL), PRICES, free_tiers=True)
    assert seoul.line("members' files").paid.high == 50, "Cloud Storage gives nothing away there"


def test_sign_ins_cost_nothing_up_to_50_000_members_with_and_without_free_tiers() -> None:
    for free_tiers in (False, True):
        many = estimate(a_workload(plans={"pro": a_plan(members=50_100)}), PRICES, free_tiers=free_tiers)
        assert many.line("sign-ins").cost == exactly("0.55")


def test_slots_that_are_billed_by_instance_cost_the_same_at_work_and_idle() -> None:
    costs = estimate(a_workload(engine=Engine.INSTANCE_BASED), PRICES)
    assert costs.line("warm slots: CPU").cost == exactly("93.312")
    assert costs.line("slots at work: CPU").cost == exactly("12.96")
    assert costs.line("slots without a browser: CPU").cost == exactly("6.48")
    assert not [line for line in costs.lines if line.name.startswith("probes")]


def test_a_home_on_a_disk_costs_a_disk_and_one_in_memory_none() -> None:
    def with_home(medium: HomeMedium) -> Workload:
        return a_workload(shape=SlotShape(cpu=1, memory=2 * GIB, home_bytes=10 * GB, home_medium=medium))

    disks = [line for line in estimate(with_home(HomeMedium.DISK), PRICES).lines if line.name.startswith("disks")]
    # 10 GB for 1,440 hours of warm slots, and for 200 + 100 hours of members' slots
    assert [round(line.quantity.high * GIB / GB, 9) for line in disks] == [14_400, 3_000]
    assert not [line for line in estimate(with_home(HomeMedium.MEMORY), PRICES).lines if line.name.startswith("disks")]


def test_an_edge_and_ai_are_lines_where_they_are_used() -> None:
    plain = {line.name for line in estimate(a_workload(), PRICES).lines}
    habits = replace(HABITS, ai_tokens_in=Decimal(100_000), ai_tokens_out=Decimal(10_000))
    more = estimate(a_workload(edge=True, habits=habits), PRICES)
    assert {line.name for line in more.lines} - plain == {
        "edge",
        "requests to the edge",
        "AI tokens in",
        "AI tokens out",
    }
    assert more.line("edge").cost == exactly(5)
    assert more.line("AI tokens in").cost == exactly(20)
    assert more.line("AI tokens out").cost == exactly(10)


def test_a_job_without_a_browser_keeps_a_slot_and_a_function_at_work() -> None:
    plan = a_plan(background_hours=Decimal(1))
    costs = estimate(a_workload(plans={"pro": plan}), PRICES)
    assert costs.line("slots at work: CPU").quantity == exactly(300 * 3600)
    held = costs.line("functions that hold slots: CPU").quantity
    assert held == between(4_500, 360_000), "80 holds share an instance, or each has its own"


def test_a_job_without_a_browser_saves_and_sends_heartbeats_as_members_at_work_do() -> None:
    """A hundred hours of the browser's two hundred in the background: the same events, and the holds."""
    beside = events_of_members(a_workload())
    plan = a_plan(hours=Decimal(1), background_hours=Decimal(1))
    alone = events_of_members(a_workload(plans={"pro": plan}))
    # 240 holds of 25 minutes, or twice as many that end sooner
    assert (beside[Event.HOLD], alone[Event.HOLD]) == (exactly(0), between(240, 480))
    assert {**alone, Event.HOLD: exactly(0)} == beside


def test_a_pool_by_the_hour_of_the_week_is_warm_for_as_many_hours() -> None:
    week = tuple(3 if 9 <= hour % 24 < 18 else 1 for hour in range(168))
    pool = PoolWorkload(warm=week, most=10)
    assert pool.warm_hours == 720 * (3 * 9 + 1 * 15) / Decimal(24) == 1_260


WRONG: dict[str, dict[str, Any]] = {
    "plan pro: members, accounts, sessions and hours are 0 or more": {"plans": {"pro": a_plan(hours=Decimal(-1))}},
    "plan pro: a month has 720 hours": {"plans": {"pro": a_plan(hours=Decimal(721))}},
    "warm slots are one number, or 168": {"pool": replace(POOL, warm=(1, 2))},
    "11 slots can't be warm where at most 10 exist": {"pool": replace(POOL, warm=(11,))},
    "saves come at least as often as heartbeats": {"save": Decimal(40)},
}


@pytest.mark.parametrize("why", WRONG)
def test_a_workload_that_can_not_be_is_refused(why: str) -> None:
    with pytest.raises(ValueError, match=why):
        a_workload(**WRONG[why])


def test_a_region_without_a_price_is_refused_by_name() -> None:
    with pytest.raises(LookupError, match="is known for europe-west3"):
        estimate(a_workload(region="europe-west3"), PRICES)
