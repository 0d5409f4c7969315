"""Workloads and price lists drawn at random, as far as a spreadsheet can hold them."""

from decimal import Decimal
from random import Random

from msgspec.structs import replace

from shared.billing.plans import GB, PLANS
from shared.billing.price_list import PRICES, SEOUL, US
from shared.billing.prices import PriceBook
from shared.economics.quantities import FixedQuantities
from shared.economics.ranges import Range
from shared.economics.workload import GIB, Engine, Habits, PlanWorkload, PoolWorkload, Workload
from shared.slots.shape import HomeMedium, SlotShape


def any_workload(draw: Random) -> Workload:
    """Some plans are without members, and some are left out."""
    names = draw.sample([*PLANS], draw.randint(1, len(PLANS)))
    plans = {name: _plan(draw, name) for name in names}
    if not any(plan.members for plan in plans.values()):
        plans[names[0]] = replace(plans[names[0]], members=7)
    warm = draw.randint(0, 12)
    save = _number(draw, 5, 60)
    return Workload(
        region=draw.choice([US, SEOUL]),
        plans=plans,
        pool=PoolWorkload(
            warm=(warm,), most=warm + draw.randint(1, 90), refill=_range(draw, 1, 90), starting=_range(draw, 1, 30)
        ),
        shape=SlotShape(
            cpu=draw.choice([1, 2, 4, 8]),
            memory=draw.choice([1, 2, 4, 8]) * GIB,
            home_bytes=draw.randint(1, 60) * GB // 2,
            home_medium=draw.choice([*HomeMedium]),
        ),
        engine=draw.choice([*Engine]),
        habits=_habits(draw),
        standing=_standing(draw),
        save=save,
        heartbeat=save + _number(draw, 0, 60),
        edge=draw.random() < 0.5,
        soft_deleted=_range(draw, 0, 50),
    )


def any_prices(draw: Random) -> PriceBook:
    """The list with each price up to twice as high, so that no two lines cost the same by chance."""
    times = {key: 1 + Decimal(draw.randint(0, 1000)) / 1000 for key in PRICES.prices}
    return PriceBook({key: replace(price, amount=price.amount * times[key]) for key, price in PRICES.prices.items()})


def _plan(draw: Random, name: str) -> PlanWorkload:
    members = draw.choice([0, draw.randint(1, 20), draw.randint(20, 5_000)])
    return PlanWorkload(
        members=members,
        accounts=draw.choice([None, members // 2]),
        price=draw.choice([None, _number(draw, 0, 90)]) if PLANS[name].price is not None else _number(draw, 0, 90),
        sessions=_number(draw, 0, 60),
        hours=_number(draw, 0, 160),
        background_hours=draw.choice([Decimal(0), _number(draw, 0, 200)]),
        stored=_range(draw, 0, 10),
    )


def _habits(draw: Random) -> Habits:
    return Habits(
        changing=_range(draw, 0, 1),
        layers=_range(draw, 1, 30),
        page_loads=_range(draw, 1, 20),
        slot_requests=_range(draw, 10, 500),
        leaving=_range(draw, 0, 1),
        egress_of_session=_range(draw, 0, 1),
        egress_of_hour=_range(draw, 0, 1),
        documents_of_member=_range(draw, 0, 1),
        log_of_request=_range(draw, 0, 1),
        page_of_load=_range(draw, 0, 1),
        ai_tokens_in=draw.choice([Decimal(0), _number(draw, 0, 9_000_000)]),
        ai_tokens_out=draw.choice([Decimal(0), _number(draw, 0, 900_000)]),
    )


def _standing(draw: Random) -> FixedQuantities:
    return FixedQuantities(
        waiting_functions=draw.randint(0, 4),
        function_gib=draw.choice([Decimal("0.25"), Decimal("0.5"), Decimal(1)]),
        secrets=draw.randint(0, 20),
        conditions=draw.randint(0, 40),
        images_gib=_range(draw, 0, 40),
        build_minutes=_range(draw, 0, 5_000),
        slot_build_minutes=_range(draw, 0, 500),
        probe_part=_range(draw, 0, 1),
    )


def _number(draw: Random, low: int, high: int) -> Decimal:
    return low + Decimal(draw.randint(0, 1_000_000)) / 1_000_000 * (high - low)


def _range(draw: Random, low: int, high: int) -> Range:
    return Range(*sorted((_number(draw, low, high), _number(draw, low, high))))
