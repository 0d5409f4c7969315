"""The tornado: what a change of each input does to the costs of a month, the largest first."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from shared.billing.prices import PriceBook
from shared.economics.estimate import estimate
from shared.economics.ranges import Range, exactly
from shared.economics.workload import PlanWorkload, Workload
from shared.settings import MIB

Changed = tuple[Workload, Workload]
PART = Decimal("0.25")
"""An input that is one number is changed by this part of it, down and up."""


class Swing(Struct, frozen=True, kw_only=True):
    """The costs of a month, in US dollars, with one input changed and all others in the middle of their ranges."""

    input: str
    low: Decimal
    high: Decimal
    """With the input's low and its high value. More of an input may cost less."""

    @property
    def width(self) -> Decimal:
        return abs(self.high - self.low)


def tornado(workload: Workload, book: PriceBook) -> list[Swing]:
    """The inputs by what they do to the costs, the largest first. Raises LookupError if the book lacks a price."""
    middle: Workload = _settled(workload)

    def cost(changed: Workload) -> Decimal:
        return estimate(changed, book).total.middle

    swings = [Swing(input=name, low=cost(low), high=cost(high)) for name, (low, high) in _inputs(workload, middle)]
    return sorted(swings, key=lambda swing: (-swing.width, swing.input))


def _settled(whole: Any) -> Any:
    """The struct with each range in it at its middle."""
    return replace(whole, **{name: exactly(value.middle) for name, value in _ranges(whole)} | _settled_parts(whole))


def _settled_parts(whole: Any) -> dict[str, Any]:
    parts = dict[str, Any]()
    for each in fields(whole):
        value = getattr(whole, each.name)
        if isinstance(value, Struct) and not isinstance(value, Range):
            parts[each.name] = _settled(value)
        elif isinstance(value, Mapping):
            parts[each.name] = {name: _settled(row) for name, row in value.items()}
    return parts


def _ranges(whole: Any) -> Iterator[tuple[str, Range]]:
    for each in fields(whole):
        value = getattr(whole, each.name)
        if isinstance(value, Range):
            yield each.name, value


def _inputs(workload: Workload, middle: Workload) -> Iterator[tuple[str, Changed]]:
    """Each input's name, and the workload with its low and its high value."""
    for part in ("habits", "pool", "standing"):
        for name, bounds in _ranges(getattr(workload, part)):
            changed = partial(_with_part, middle, part, name)
            yield f"{part}: {name.replace('_', ' ')}", (changed(bounds.low), changed(bounds.high))
    less, more = 1 - PART, 1 + PART
    for name in ("members", "sessions", "hours", "stored"):
        yield name, (_with_plans(middle, name, less), _with_plans(middle, name, more))
    yield "warm slots", (_with_warm(middle, -1), _with_warm(middle, 1))
    yield "seconds between heartbeats", (_with_heartbeat(middle, less), _with_heartbeat(middle, more))
    yield "memory of a slot", (_with_memory(middle, less), _with_memory(middle, more))


def _with_part(workload: Workload, part: str, name: str, value: Decimal) -> Workload:
    return replace(workload, **{part: replace(getattr(workload, part), **{name: exactly(value)})})


def _with_heartbeat(workload: Workload, times: Decimal) -> Workload:
    return replace(workload, heartbeat=max(workload.save, workload.heartbeat * times))


def _with_plans(workload: Workload, name: str, times: Decimal) -> Workload:
    def changed(plan: PlanWorkload) -> PlanWorkload:
        value = getattr(plan, name)
        return replace(plan, **{name: round(value * times) if name == "members" else value * times})

    return replace(workload, plans={each: changed(plan) for each, plan in workload.plans.items()})


def _with_warm(workload: Workload, more: int) -> Workload:
    warm = tuple(max(0, slots + more) for slots in workload.pool.warm)
    return replace(workload, pool=replace(workload.pool, warm=warm, most=max(workload.pool.most, *warm)))


def _with_memory(workload: Workload, times: Decimal) -> Workload:
    return replace(workload, shape=replace(workload.shape, memory=round(workload.shape.memory * times / MIB) * MIB))
