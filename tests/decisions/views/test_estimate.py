"""The estimate that anybody may ask for."""

from decimal import Decimal
from typing import Any

import pytest

from shared.billing.price_list import PRICES
from shared.economics.asked import Asked, workload_of
from shared.economics.estimate import estimate
from shared.economics.levers import levers
from shared.economics.line_words import LEVERS
from shared.economics.misses import misses
from shared.economics.peers import peers
from shared.views.estimate import estimate_view

USUAL = Asked(place="iowa", members=300, plan="starter", warm=3)


@pytest.mark.parametrize("free_tiers", [False, True])
def test_it_is_that_of_the_model(free_tiers: bool) -> None:
    asked = Asked(place="iowa", members=300, hours=7.5, by_instance=True, cpu=2, memory=4, free_tiers=free_tiers)
    workload, view = workload_of(asked), estimate_view(asked, PRICES, "en")
    costs = estimate(workload, PRICES, free_tiers=free_tiers)
    assert (view.total.low, view.total.high) == (float(costs.total.low), float(costs.total.high))
    assert view.each.low == float(costs.total.low / 300)
    assert view.hour.high == float(costs.total.high / (300 * Decimal("7.5")))
    assert view.cold.high == float(misses(workload).high / workload.sessions)
    assert sum(line.cost.high for line in view.lines) == pytest.approx(view.total.high)
    assert sum(line.cost.low for line in view.lines if line.standing) == pytest.approx(view.standing.low)
    for line in view.lines:
        assert line.quantity.high * line.price / line.per == pytest.approx(line.cost.high)
    others = peers(workload, PRICES, free_tiers=free_tiers)
    assert [(peer.name, peer.cost.high) for peer in view.peers] == [
        (each.name, float(each.cost.high)) for each in others
    ]


def test_the_dearest_line_stands_first_and_nothing_that_costs_nothing() -> None:
    costs = [line.cost.high for line in estimate_view(USUAL, PRICES, "en").lines]
    assert costs == sorted(costs, reverse=True)
    assert min(costs) > 0


def test_the_curve_has_a_pool_for_so_many_members() -> None:
    curve = estimate_view(USUAL, PRICES, "en").curve
    assert [point.warm for point in curve] == sorted(point.warm for point in curve)
    each = [point.cost.high / point.members for point in curve]
    assert each == sorted(each, reverse=True)
    assert curve[0].stopping / 10 == pytest.approx(curve[-1].stopping / 10_000)


def test_levers_save_what_the_model_says_without_free_tiers() -> None:
    workload = workload_of(USUAL)
    saved = {lever.what: float(lever.saves(workload, PRICES)) for lever in levers(workload)}
    assert {each.title: each.saves for each in estimate_view(USUAL, PRICES, "en").levers} == pytest.approx(saved)
    assert set(saved) == set(LEVERS)


def test_the_same_in_korean() -> None:
    english, korean = (estimate_view(USUAL, PRICES, language) for language in ("en", "ko"))
    assert english.total == korean.total

    def words(view: Any) -> set[str]:
        parts = (*view.lines, *view.peers, *view.levers)
        return {
            getattr(part, each) for part in parts for each in ("title", "why", "what", "noticed") if hasattr(part, each)
        }

    assert words(english) & words(korean) <= {"GitHub Codespaces", "Google Cloud Workstations"}
