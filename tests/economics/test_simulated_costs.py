"""What a simulated month costs: the model with counted quantities, and the tables of docs/economics.md."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from economics.arrivals import Arrival, Leaving
from economics.costs import by_line, cell_costs, compared, total, workload_of
from economics.documents import PAGE, PLACE, STATED, small_scales, tables, written
from economics.limits import events_of_minute, limits, operations
from economics.machines import machines
from economics.month import HOUR, LENGTH, Month
from economics.report import costs, served
from economics.scales import Keeping, Result, Scale, run
from economics.tally import ByMinute, Level, percentile
from shared.billing.price_list import PRICES, SEOUL, US
from shared.economics.estimate import estimate
from shared.economics.quantities import Event
from shared.economics.ranges import exactly

IN_WORDS = ("43.79 to 53.93", "58.93 to 70.94", "67.49 to 79.78", "13.61", "18.0%", "2.5%", "10.3%", "5.7%")
"""Figures of the document's tables that stand in its sentences too."""
MEETS_THE_AIM = "by the hour, classes announced, a miss worth 0.50 dollars"


@pytest.fixture(scope="module")
def two() -> list[Result]:
    """One cell, and four that are as that one."""
    month = Month(members=200, class_size=5)
    return run([Scale(name=f"{cells}", month=month, cells=cells, keeping=Keeping.TWO) for cells in (1, 4)])


def test_the_model_is_given_what_was_counted(two: list[Result]) -> None:
    result = two[0]
    tally = result.tallies[US][0]
    workload = workload_of(result.scale.month, tally, US)
    found = estimate(workload, PRICES)
    assert workload.sessions == pytest.approx(tally.claims)
    assert found.line("slots at work: CPU").quantity.low == pytest.approx(Decimal(tally.connected) / 1000)
    assert found.line("warm slots: CPU").quantity.low == pytest.approx(Decimal(tally.kept.area()) / 1000)
    assert found.line("slots without a browser: CPU").quantity.low == pytest.approx(Decimal(tally.alone) / 1000)
    assert workload.counted[Event.LEDGER_LINE] == exactly(tally.lines)
    assert workload.counted[Event.POOL_RUN] == exactly(tally.runs.total())
    assert total(result, US, PRICES) == found.total
    by_lines = sum((cost.high for _, cost in by_line(result, US, PRICES)), Decimal(0))
    assert round(by_lines, 20) == round(found.total.high, 20), "in another order, which the last digits may tell"


def test_cells_that_are_alike_are_simulated_once_and_cost_as_often_as_there_are(two: list[Result]) -> None:
    one, four = two
    assert one.tallies[US][0] is four.tallies[SEOUL][0]
    assert total(four, SEOUL, PRICES) == total(one, SEOUL, PRICES) * 4
    saved = total(one, US, PRICES).high - total(one, US, PRICES, free_tiers=True).high
    saved_by_four = total(four, US, PRICES).high - total(four, US, PRICES, free_tiers=True).high
    assert saved_by_four == saved > 5, "free tiers are granted once"
    alone = {peer.name: peer.cost for peer in compared(one, US, PRICES)}
    for peer in compared(four, US, PRICES):
        assert peer.cost == alone[peer.name] * 4


def test_the_dearest_comes_first_elsewhere(two: list[Result]) -> None:
    costs = [peer.cost.high for region in (US, SEOUL) for peer in compared(two[0], region, PRICES)]
    assert costs == sorted(costs[:5], reverse=True) + sorted(costs[5:], reverse=True)


def test_each_region_costs_what_its_own_pool_kept_warm() -> None:
    month = Month(members=200, class_size=5)
    [result] = run([Scale(name="1", month=month, cells=1, keeping=Keeping.HOURS)])
    kept = {region: Decimal(result.tallies[region][0].kept.area()) / 1000 for region in (US, SEOUL)}
    assert 0 < kept[SEOUL] < kept[US]
    for region, seconds in kept.items():
        [costs] = cell_costs(result, region, PRICES)
        assert round(costs.line("warm slots: CPU").quantity.high, 15) == seconds
    rows = served([result]).splitlines()[2:]
    assert [row.split(" | ")[2] for row in rows] == [US, SEOUL]


def test_limits_are_those_of_the_busiest_minute(two: list[Result]) -> None:
    result = two[0]
    tally = result.tallies[US][0]
    found = {limit.what: limit for limit in limits(result)}
    assert found["writes to the Admin API in a minute"].used == max(tally.writes) > 0
    assert found["services"].part == tally.slots / 1000
    pool, at_once = (found[f"deliveries of the queue {what}"] for what in ("pool in a second", "reclaim at once"))
    assert (pool.limit, at_once.limit) == (5, 20), "of functions/queues.toml"
    assert 0 < round(pool.used, 9) <= 1 and 0 < at_once.part < 1
    assert found["requests to allocate at once"].limit == 80 * 20, "threads of all instances"
    used = operations(result)
    # a session that is open all the time writes 3.6 records a second at most, if it saves as often as it may
    assert 0 < used.to_sessions < used.writes < used.reads
    assert used.writes < tally.in_use.top * 0.2 + 2


def test_the_minutes_of_meter_have_what_it_reads(two: list[Result]) -> None:
    result = two[0]
    month, platform, tally = result.scale.month, result.scale.platform, result.tallies[US][0]
    quarter, between_runs = (events_of_minute(tally, minute, month, platform) for minute in (15, 16))
    assert (quarter[Event.METER_RUN], quarter[Event.COMPARISON]) == (1, 2), "two hundred accounts"
    assert between_runs[Event.METER_RUN] == between_runs[Event.SESSION_CHECK] == 0
    assert quarter[Event.SESSION_CHECK] == tally.in_use.top


def test_machines_run_while_somebody_works_and_for_half_an_hour_more() -> None:
    arrivals = [
        Arrival(0, 1, HOUR, Leaving.STOPS),
        Arrival(HOUR, 2, HOUR, Leaving.STOPS),
        Arrival(HOUR + HOUR // 4, 1, HOUR, Leaving.STOPS),  # the first member's machine still runs
        Arrival(9 * HOUR, 1, HOUR, Leaving.STOPS),
    ]
    found = machines(arrivals)
    assert (found.starts, found.hours) == (3, Decimal("2.75") + Decimal("1.5") + Decimal("1.5"))


def test_levels_minutes_and_percentiles() -> None:
    level = Level()
    level.change(2, 0)
    level.change(-1, LENGTH // 2)
    assert (level.area(), level.top) == (LENGTH * 3 // 2, 2)
    minutes = ByMinute()
    minutes.add_stretch(30_000, 150_000)
    assert [*minutes.counts[:4]] == [30_000, 60_000, 30_000, 0]
    minutes.add_stretch(LENGTH - 1_000, LENGTH + 5_000)
    assert minutes.total() == 121_000
    assert [percentile(range(1, 101), part) for part in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([], 0.5) == 0


def test_rows_of_the_document_are_those_that_the_command_writes() -> None:
    """Of two pools of the smallest scale: that with which the aim is met, and one slot at all times.
    `make economics ARGS=--docs` writes all rows."""
    page = PAGE.read_text()
    scales = [scale for scale in small_scales(Month()) if scale.pool in (Keeping.ONE, MEETS_THE_AIM)]
    results = run(scales)
    assert len(results) == 2
    for table in (served(results), costs(results)):
        for row in table.splitlines():
            assert row in page.splitlines()
    whole = total(results[1], SEOUL, PRICES)
    assert f"{whole.middle:.2f}" == "64.93", "the aim is met"
    assert "64.93" in page
    assert total(results[1], US, PRICES).high < 65
    assert total(results[1], SEOUL, PRICES, free_tiers=True).high < 65
    for figures in IN_WORDS:
        assert page.count(figures) > 1, f"{figures} is said, and in no table"


def test_the_document_has_a_place_for_each_table_that_is_made(two: list[Result]) -> None:
    page = PAGE.read_text()
    places = [place[2] for place in PLACE.finditer(page)]
    made = tables([replace(result, scale=replace(result.scale, name=STATED)) for result in two] + two)
    assert sorted(places) == sorted(made)
    assert written(page, {"served": "| a table |"}).count("| a table |") == 1
    assert written(page, {}) == page
