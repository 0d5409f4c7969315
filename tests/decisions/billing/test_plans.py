"""The plan table: what is sold, and what a table must not say."""

import math
from itertools import pairwise

import pytest
from msgspec.structs import astuple, replace

from shared.billing.periods import PeriodKind
from shared.billing.plans import FIRST_PLAN, MOST_SEATS, PLANS, Plan, check_plans

COLUMNS = ("title", "price", "seconds", "per", "bytes", "seats", "idle", "background_limit", "snapshots", "verified")
TABLE = {
    "free": ("Free", 0, 1_800, "day", 100_000_000, 1, 600, 0, 5, True),
    "starter": ("Starter", 5, 18_000, "month", 1_000_000_000, 1, 900, 900, 10, False),
    "pro": ("Pro", 10, 72_000, "month", 5_000_000_000, 1, 900, 7_200, 20, False),
    "team": ("Team", 25, 360_000, "month", 10_000_000_000, 3, 900, 7_200, 20, False),
    "enterprise": ("Enterprise", None, None, "month", None, None, 1_800, 43_200, 50, False),
}
"""What is sold, in dollars, seconds and bytes, written out: whoever changes a plan says so here too."""


def test_what_is_sold() -> None:
    assert Plan.__struct_fields__ == COLUMNS, "no column is left out"
    assert {name: astuple(plan) for name, plan in PLANS.items()} == TABLE
    assert list(PLANS) == list(TABLE), "from small to large"
    assert (FIRST_PLAN, MOST_SEATS) == ("free", 30)


def test_a_larger_plan_is_smaller_in_nothing() -> None:
    """What lifts a limit is looked for from small to large."""
    monthly = [plan for plan in PLANS.values() if plan.per == PeriodKind.MONTH]
    for smaller, larger in pairwise(monthly):
        for field in ("price", "seconds", "bytes", "seats", "idle", "background_limit", "snapshots"):
            below, above = (getattr(plan, field) for plan in (smaller, larger))
            assert (math.inf if below is None else below) <= (math.inf if above is None else above), field


@pytest.mark.parametrize("seats", [None, MOST_SEATS + 1])
def test_a_limited_allowance_is_shared_by_no_more_than_one_document_bears(seats: int | None) -> None:
    check_plans({"team": replace(PLANS["team"], seats=MOST_SEATS)})
    check_plans({"enterprise": replace(PLANS["enterprise"], seats=seats)})
    with pytest.raises(ValueError, match="plan team"):
        check_plans({"team": replace(PLANS["team"], seats=seats)})
