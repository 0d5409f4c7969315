"""Scopes: the workloads that the sheet of quantities computes side by side, each in two columns, low and high."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.prices import PriceBook
from shared.economics.costs import Estimate
from shared.economics.curve import POINTS, of_members
from shared.economics.estimate import estimate
from shared.economics.workload import Workload


class Scope(Struct, frozen=True, kw_only=True):
    """One workload and what the model computes of it."""

    title: str
    """The key of its heading in the words, or a number of members."""
    workload: Workload
    costs: Estimate
    """Its costs, by the model."""
    plan: str | None = None
    """The plan, if the workload is that of one plan's members."""
    point: int | None = None
    """The number of members, on the curve on which the pool follows them."""
    cold: bool = False
    """Whether no slot is kept warm."""


def scopes_of(workload: Workload, book: PriceBook, misses: Decimal, *, free_tiers: bool) -> Sequence[Scope]:
    """All members first, then those of each plan, no warm slots, and the points of the curve."""

    def scope(title: str, workload: Workload, **more: Any) -> Scope:
        return Scope(title=title, workload=workload, costs=estimate(workload, book, free_tiers=free_tiers), **more)

    no_warm = replace(workload, pool=replace(workload.pool, warm=(0,)))
    return [
        scope("everybody", workload),
        *(scope(name, workload.only(name), plan=name) for name in workload.plans),
        scope("cold", no_warm, cold=True),
        *(scope(f"{at:,}", of_members(workload, at, misses), point=at) for at in POINTS),
    ]
