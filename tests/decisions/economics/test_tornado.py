"""What a change of each input does, and what the same costs elsewhere."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shared.billing.price_list import PRICES, SEOUL
from shared.economics.estimate import estimate
from shared.economics.peers import peers
from shared.economics.ranges import NOTHING, exactly
from shared.economics.tornado import tornado
from shared.economics.workload import Habits
from tests.decisions.economics.workloads import POOL, a_workload


def test_the_inputs_are_sorted_by_what_they_do() -> None:
    swings = tornado(a_workload(habits=Habits()), PRICES)
    widths = [swing.width for swing in swings]
    assert widths == sorted(widths, reverse=True)
    assert {"members", "hours", "warm slots", "memory of a slot", "habits: changing"} < {each.input for each in swings}
    assert len({each.input for each in swings}) == len(swings)


def test_an_input_changes_the_costs_by_exactly_its_lines() -> None:
    workload = a_workload()
    swings = {swing.input: swing for swing in tornado(workload, PRICES)}
    warm = swings["warm slots"]
    # two slots more: idle CPU and memory, a hundredth of their time at the full price, and 10 GB of disk each
    one = 2_592_000 * (Decimal("0.0000075") + Decimal("0.01") * Decimal("0.000029"))
    disk = 720 * Decimal("0.000109589") * 10**10 / 2**30
    assert round(warm.high - warm.low, 15) == round(2 * (one + disk), 15)
    stored = swings["stored"]
    assert stored.high - stored.low == Decimal("0.5"), "a quarter of 50 GiB less and more"
    costs = estimate(workload, PRICES).total
    assert stored.low < costs.middle < stored.high


def test_what_is_known_exactly_swings_nothing() -> None:
    swings = {swing.input: swing for swing in tornado(a_workload(), PRICES)}
    assert swings["habits: changing"].width == 0
    assert swings["pool: refill"].width == 0


def test_what_a_month_costs_elsewhere() -> None:
    """100 members with 200 hours and 400 sessions, after each of which a machine stands idle for half an hour: 400
    hours."""
    found = {peer.name: peer for peer in peers(a_workload(), PRICES)}
    disks = 100 * Decimal("0.10") * 10**10 / 2**30
    assert found["a server for each, always on"].cost == exactly(72_000 * Decimal("0.03350571") + disks)
    assert found["a small server for each, always on"].cost == exactly(72_000 * Decimal("0.016752855") + disks)
    assert found["a server for each, which stops"].cost == exactly(400 * Decimal("0.03350571") + disks)
    assert found["GitHub Codespaces"].cost == exactly(72 + 70)
    assert found["Google Cloud Workstations"].cost == exactly(
        144 + 400 * 2 * Decimal("0.05") + 400 * Decimal("0.06701142") + disks
    )
    assert found["Ondol without warm slots"].cost.high < estimate(a_workload(), PRICES).total.high - 40


def test_the_dearest_comes_first_and_a_ratio_is_of_the_bounds() -> None:
    found = peers(a_workload(region=SEOUL), PRICES)
    assert [peer.cost.high for peer in found] == sorted((peer.cost.high for peer in found), reverse=True)
    costs = estimate(a_workload(region=SEOUL), PRICES).total
    times = found[0].times_of(costs)
    assert (times.low, times.high) == (found[0].cost.low / costs.high, found[0].cost.high / costs.low)
    with pytest.raises(ValueError, match="nothing can be compared with costs of 0"):
        found[0].times_of(NOTHING)


def test_a_pool_without_warm_slots_can_not_have_fewer() -> None:
    workload = a_workload(plans={}, pool=replace(POOL, warm=(0,)))
    swings = {swing.input: swing for swing in tornado(workload, PRICES)}
    assert swings["warm slots"].low == swings["stored"].low < swings["warm slots"].high
