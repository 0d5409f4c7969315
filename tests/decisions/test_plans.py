"""The plan table: what is sold, and what a table must not say."""

import math
from itertools import pairwise

import pytest
from msgspec.structs import replace

from shared.periods import Per
from shared.plans import GB, MB, MOST_SEATS, PLANS, check_plans


@pytest.mark.parametrize(
    ("name", "price", "minutes", "per", "size", "seats", "busy"),
    [
        ("free", 0, 30, Per.DAY, 100 * MB, 1, 0),
        ("starter", 5, 5 * 60, Per.MONTH, GB, 1, 15),
        ("pro", 10, 20 * 60, Per.MONTH, 5 * GB, 1, 120),
        ("team", 25, 100 * 60, Per.MONTH, 10 * GB, 3, 120),
        ("enterprise", None, None, Per.MONTH, None, None, 12 * 60),
    ],
)
def test_what_is_sold(
    name: str,
    price: float | None,
    minutes: int | None,
    per: Per,
    size: int | None,
    seats: int | None,
    busy: int,
) -> None:
    plan = PLANS[name]
    assert (plan.price, plan.per, plan.bytes, plan.seats, plan.busy) == (price, per, size, seats, busy * 60)
    assert plan.seconds == (None if minutes is None else minutes * 60)


def test_a_larger_plan_is_smaller_in_nothing() -> None:
    """What lifts a limit is looked for from small to large."""
    monthly = [plan for plan in PLANS.values() if plan.per == Per.MONTH]
    for smaller, larger in pairwise(monthly):
        for field in ("price", "seconds", "bytes", "seats", "idle", "busy", "snapshots"):
            below, above = (getattr(plan, field) for plan in (smaller, larger))
            assert (math.inf if below is None else below) <= (math.inf if above is None else above), field


@pytest.mark.parametrize("seats", [None, MOST_SEATS + 1])
def test_a_limited_allowance_is_shared_by_no_more_than_one_document_bears(seats: int | None) -> None:
    check_plans({"team": replace(PLANS["team"], seats=MOST_SEATS)})
    check_plans({"enterprise": replace(PLANS["enterprise"], seats=seats)})
    with pytest.raises(ValueError, match="plan team"):
        check_plans({"team": replace(PLANS["team"], seats=seats)})
