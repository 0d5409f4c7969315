"""The months that are simulated: how many members, in how many cells, and how their pools are kept warm."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from economics.arrivals import draw
from economics.cell import Pool, simulate
from economics.machines import Machines, machines
from economics.month import Month, moment
from economics.platform import Platform
from economics.tally import Tally
from shared.billing.plans import PLANS
from shared.billing.price_list import PRICES, SEOUL, US
from shared.billing.prices import PriceBook
from shared.economics.claims import stated
from shared.economics.estimate import idle_slot_hour
from shared.slots.opens import HOUR, REFILL, WEEK, HourOfOpens, burstiness, by_hour
from shared.slots.pool_size import Demand, SlotValue
from shared.slots.warm_policies import Adaptive, Fixed, WarmPolicy, week_of

MISS = Decimal("0.10")
"""US dollars: what a miss is worth, unless a scale says something else."""
ENOUGH = 2_000
"""Arrivals from which on one month is simulated. Of fewer several months are, at most MOST_MONTHS: a few long sessions
would decide otherwise. Of several cells one is simulated: all have as many members and slots."""
MOST_MONTHS = 10
LEAST_SLOTS = 10
WEEKS_BEFORE = 4
"""Weeks of which a pool knows the Opens when the month begins."""
REGIONS = (US, SEOUL)
"""In which each month is simulated and priced."""
SAFETY = 3
"""Standard deviations by which a cell has more slots than its busiest hour needs in the mean."""


class Keeping(StrEnum):
    """How a pool is kept warm."""

    NONE = "no warm slot"
    ONE = "one"
    TWO = "two"
    HOURS = "by the hour"
    """What is worth its price in each hour of the week, classes seen as bursts."""
    ANNOUNCED = "by the hour, classes announced"
    ADAPTIVE = "adaptive"
    """What the Opens of the last four weeks make worthwhile."""

    @property
    def is_fixed(self) -> bool:
        """Whether as many slots are warm whatever one costs, and so in each region."""
        return self in (Keeping.NONE, Keeping.ONE, Keeping.TWO)


class Scale(Struct, frozen=True, kw_only=True):
    """Members in cells that are alike."""

    name: str
    month: Month
    """Of one cell."""
    cells: int
    keeping: Keeping
    miss: Decimal = MISS
    """US dollars that it is worth that one member does not wait for a start."""
    platform: Platform = Platform()
    book: PriceBook = PRICES
    """By which a slot is worth its price, and tables are in dollars."""

    @property
    def pool(self) -> str:
        """How its pools are kept warm, in words."""
        return self.keeping if self.miss == MISS else f"{self.keeping}, a miss worth {self.miss} dollars"

    @property
    def members(self) -> int:
        return self.cells * self.month.members

    @property
    def regions(self) -> Sequence[str]:
        """In which its pool is not as in another one."""
        return REGIONS[:1] if self.keeping.is_fixed else REGIONS

    @property
    def simulated(self) -> int:
        """Months of one cell."""
        return max(1, min(MOST_MONTHS, math.ceil(ENOUGH / (self.month.members * self.month.sessions))))


class Result(Struct, frozen=True):
    """A scale and what was counted in each month that was simulated; and the same arrivals on machines that stop."""

    scale: Scale
    tallies: Mapping[str, Sequence[Tally]]
    """By region: where a slot costs more, a pool that weighs its price keeps fewer warm."""
    machines: Sequence[Machines]


def slots_for(month: Month) -> int:
    """Slots with which a cell hardly ever turns a member away: its busiest hour, with classes in a row that overlap."""
    claimed = month.hours / month.sessions + PLANS[month.plan].idle / 3600
    alone = max(month.alone_by_hour) * claimed
    classes = month.in_week * month.class_share / month.class_size * max(month.classes_in_week) * max(1.0, claimed)
    some = alone + SAFETY * math.sqrt(alone)
    at_once = max(1.0, classes + SAFETY * math.sqrt(classes)) if month.class_share else 0.0
    return max(LEAST_SLOTS, math.ceil(some + month.class_size * at_once))


def in_cells(
    name: str, month: Month, keeping: Keeping, *, miss: Decimal = MISS, platform: Platform | None = None
) -> Scale:
    """The fewest cells that are alike, of which none needs more slots than a cell may have. Members that do not divide
    evenly are one more in each cell."""
    platform, cells = platform or Platform(), 1
    while slots_for(of_one := replace(month, members=-(-month.members // cells))) > platform.most_slots:
        cells += 1
    return Scale(name=name, month=of_one, cells=cells, keeping=keeping, miss=miss, platform=platform)


def pool_of(scale: Scale, region: str) -> Pool:
    """The pool of one cell in a region. A pool by the hour knows the rates of the month, as from the weeks before it;
    its bursts are those of another month of the same habits."""
    month, most, before = scale.month, min(scale.platform.most_slots, slots_for(scale.month)), list[HourOfOpens]()
    refill = scale.platform.refill.median * math.exp(scale.platform.refill.spread**2 / 2)
    value = SlotValue(refill=refill, idle_hour=idle_slot_hour(stated(region), scale.book), miss=scale.miss)
    policy: WarmPolicy
    match scale.keeping:
        case Keeping.NONE:
            policy = Fixed(0)
        case Keeping.ONE:
            policy = Fixed(1)
        case Keeping.TWO:
            policy = Fixed(2)
        case Keeping.HOURS:
            window = timedelta(seconds=refill)
            burst = burstiness(_weeks_before(month, window), WEEKS_BEFORE * (HOUR / window))
            policy = week_of([Demand(per_hour=rate, burst=burst) for rate in month.by_hour], value, most, "UTC")
        case Keeping.ANNOUNCED:
            policy = week_of([Demand(per_hour=rate) for rate in month.alone_by_hour], value, most, "UTC")
        case Keeping.ADAPTIVE:
            policy = Adaptive(least=0, most=most, weeks=WEEKS_BEFORE, miss_cents=int(scale.miss * 100))
            before = _weeks_before(month, REFILL)
            value = replace(value, refill=REFILL / timedelta(seconds=1))
    announces = scale.keeping == Keeping.ANNOUNCED
    return Pool(policy=policy, value=value, announces=announces, most=most, before=tuple(before))


def _weeks_before(month: Month, window: timedelta) -> list[HourOfOpens]:
    """The Opens of the weeks before the month, of members with the same habits."""
    shifted = (moment(each.at) - WEEKS_BEFORE * WEEK for each in draw(month, part=-1).arrivals)
    return by_hour((at for at in shifted if at < moment(0)), window)


def run(scales: Sequence[Scale], processes: int = 1) -> list[Result]:
    """Simulates each cell once in each region, also if several scales have cells that are alike. In one process, or in
    several."""
    parts = [
        (scale, region, part)
        for scale in _distinct(scales)
        for region in scale.regions
        for part in range(scale.simulated)
    ]
    if processes == 1:
        done = [_simulated(*each) for each in parts]
    else:
        with ProcessPoolExecutor(processes) as executor:
            done = list(executor.map(_simulated, *zip(*parts, strict=True)))
    found = {(_key(scale), region, part): each for (scale, region, part), each in zip(parts, done, strict=True)}
    return [_result(scale, found) for scale in scales]


def _result(scale: Scale, found: Mapping[tuple[str, str, int], tuple[Tally, Machines]]) -> Result:
    key, parts = _key(scale), range(scale.simulated)
    there = {region: region if region in scale.regions else scale.regions[0] for region in REGIONS}
    tallies = {region: [found[key, of, part][0] for part in parts] for region, of in there.items()}
    return Result(scale, tallies, [found[key, scale.regions[0], part][1] for part in parts])


def _distinct(scales: Sequence[Scale]) -> list[Scale]:
    """One of those whose cells are alike."""
    return [*{_key(scale): scale for scale in scales}.values()]


def _key(scale: Scale) -> str:
    return repr((scale.month, scale.keeping, scale.miss, scale.platform))


def _simulated(scale: Scale, region: str, part: int) -> tuple[Tally, Machines]:
    drawn = draw(scale.month, part)
    return simulate(scale.month, scale.platform, pool_of(scale, region), drawn), machines(drawn.arrivals)
