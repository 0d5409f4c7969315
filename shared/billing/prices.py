"""Prices: what a unit of each service costs, in which regions, where that was read, and whether it was verified.

`shared.billing.price_list` has the list prices. An operator's file replaces any of them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import replace

MONTH_DAYS = 30
"""Every month of the model has so many days, as docs/deploy.md counts them."""
MONTH_HOURS = 24 * MONTH_DAYS
EVERYWHERE = "everywhere"
TIER_1, TIER_2 = "tier 1", "tier 2"
TIER_2_REGIONS = frozenset(
    {
        "africa-south1",
        "asia-east2",
        "asia-northeast3",
        "asia-south2",
        "asia-southeast1",
        "asia-southeast2",
        "australia-southeast1",
        "australia-southeast2",
        "europe-central2",
        "europe-west10",
        "europe-west12",
        "europe-west2",
        "europe-west3",
        "europe-west6",
        "me-central1",
        "me-central2",
        "northamerica-northeast1",
        "northamerica-northeast2",
        "southamerica-east1",
        "southamerica-west1",
        "us-west2",
        "us-west3",
        "us-west4",
    }
)
"""Regions in which Cloud Run is dearer (https://cloud.google.com/run/docs/locations). Others are of tier 1."""


class Span(StrEnum):
    """How often a free quantity is granted anew."""

    DAY = "day"
    MONTH = "month"


class Free(Struct, frozen=True):
    """The quantity that costs nothing. Google counts it by billing account or by project, and the model by month."""

    quantity: Decimal
    every: Span = Span.MONTH
    credited_at: Decimal | None = None
    """The amount at which Google credits the free quantity, if it is not the price's own: Cloud Run credits the price
    of tier 1 in every region."""
    always: bool = False
    """The price itself begins above this quantity. Other free quantities are offers, without which the model counts
    unless it is told otherwise."""


class Reading(Struct, frozen=True):
    """Where a price was read, and when."""

    source: str
    """The page on which the seller publishes the price."""
    read: date
    verified: bool
    """Read in the seller's own words: on a copy of that page, or in a copy of the seller's catalogue. Other prices are
    what third parties say, or an estimate."""
    how: str


class Price(Struct, frozen=True):
    """`amount` US dollars for `per` units."""

    name: str
    where: str
    """A region, a tier of Cloud Run's regions, or EVERYWHERE."""
    amount: Decimal
    unit: str
    per: int
    reading: Reading
    free: Free | None = None

    @property
    def priced_by(self) -> str:
        """What the amount buys, such as `100,000 documents read`."""
        return f"{self.per:,} {self.unit}" if self.per > 1 else f"the {self.unit}"

    def cost(self, quantity: Decimal) -> Decimal:
        """US dollars for so many units, without the free quantity."""
        return quantity * self.amount / self.per

    def free_in_month(self) -> Decimal:
        """Units that are free in a month, if use is spread evenly over its days; 0 of what costs nothing."""
        if self.free is None or not self.amount:
            return Decimal(0)
        quantity = self.free.quantity * (MONTH_DAYS if self.free.every == Span.DAY else 1)
        return quantity if self.free.credited_at is None else quantity * self.free.credited_at / self.amount


class PriceBook(Struct, frozen=True):
    """Prices by name and place."""

    prices: Mapping[tuple[str, str], Price]

    def price(self, name: str, region: str) -> Price:
        """The price in a region. Raises LookupError that says what the operator's file lacks."""
        for where in places(region):
            if found := self.prices.get((name, where)):
                return found
        raise LookupError(
            f'no price of {name} is known for {region}: add it to the file of prices, with where = "{region}"'
        )

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.prices}


def places(region: str) -> tuple[str, str, str]:
    """Where a price may stand that holds in the region, the nearest first."""
    return region, TIER_2 if region in TIER_2_REGIONS else TIER_1, EVERYWHERE


def book_of(prices: Iterable[Price]) -> PriceBook:
    """Raises ValueError if two prices have the same name and place, or prices of one name have two units."""
    found, units = dict[tuple[str, str], Price](), dict[str, str]()
    for price in prices:
        if (price.name, price.where) in found:
            raise ValueError(f"{price.name} has two prices {_in(price.where)}")
        if units.setdefault(price.name, price.priced_by) != price.priced_by:
            raise ValueError(f"{price.name} is priced by {units[price.name]} and by {price.priced_by}")
        found[price.name, price.where] = price
    return PriceBook(found)


class _GivenPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[price]]` of the operator's file."""

    name: str
    amount: Decimal
    unit: str
    where: Annotated[str, Meta(pattern="^(everywhere|tier [12]|[a-z]+-[a-z]+[0-9]+)?$")] = ""
    per: Annotated[int, Meta(ge=1)] | None = None
    free: Decimal | None = None
    """Units that are free each month; without it, as many as of the price that it takes the place of."""
    source: str = ""
    read: date | None = None


class _GivenFile(Struct, frozen=True, forbid_unknown_fields=True):
    price: list[_GivenPrice] = field(default_factory=list)


ROOT = Path(__file__).resolve().parents[2]
TABLE = re.compile(r"^[ \t]*\[\[[ \t]*price[ \t]*\]\]", re.MULTILINE)
"""Where a price of the operator's file begins."""
OF_PRICE = re.compile(r"`\$\.price\[(\d+)\](?:\.(\w+))?`")
"""Where msgspec says that a value is."""
WHAT_TO_DO = "Correct the line, or delete its [[price]], and run `make deploy`."


def read_prices(path: Path, book: PriceBook, today: date) -> PriceBook:
    """The book with the prices of an operator's file in place of its own. Raises ValueError that says which line of
    the file can't be used, why, and what to do."""
    text = path.read_text()
    try:
        given = msgspec.convert(tomllib.loads(text, parse_float=Decimal), _GivenFile)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as e:
        found = OF_PRICE.search(str(e))
        line = _line(text, int(found[1]), found[2] or "") if found else None
        raise _wrong(path, line, OF_PRICE.sub(lambda at: f"`{at[2] or 'price'}`", str(e))) from e
    replaced, seen = dict(book.prices), set[tuple[str, str]]()
    for number, each in enumerate(given.price):
        try:
            for price in _replacing(each, book, today, path.name):
                if (price.name, price.where) in seen:
                    raise WrongField("name", f"{price.name} has two prices {_in(price.where)}")
                seen.add((price.name, price.where))
                replaced[price.name, price.where] = price
        except WrongField as e:
            raise _wrong(path, _line(text, number, e.field), f"{e}") from e
    return PriceBook(replaced)


class WrongField(ValueError):
    """What is wrong with a field of a price in the operator's file."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def _wrong(path: Path, line: int | None, why: str) -> ValueError:
    file = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    return ValueError(f"{file}{f', line {line}' if line else ''}: {why}. {WHAT_TO_DO}")


def _line(text: str, number: int, field: str) -> int:
    """The line of a field of the price with this number, from 0 on; where the price begins if it has no such line."""
    begins = [table.start() for table in TABLE.finditer(text)][number : number + 2]
    if not begins:  # written in another form of TOML
        return 1
    part = text[begins[0] : begins[1] if len(begins) > 1 else len(text)]
    found = re.search(rf"^[ \t]*\"?{re.escape(field)}\"?[ \t]*=", part, re.MULTILINE) if field else None
    return text.count("\n", 0, begins[0] + (found.start() if found else 0)) + 1


def _replacing(given: _GivenPrice, book: PriceBook, today: date, file: str) -> list[Price]:
    """The prices that one of the file stands for: without a place, all of that name."""
    like = [price for price in book.prices.values() if price.name == given.name]
    if not like:
        near = get_close_matches(given.name, book.names, 1)
        raise WrongField("name", f"there is no price named {given.name}{f'; is {near[0]} meant?' if near else ''}")
    if given.unit != like[0].unit:
        wanted = f'write unit = "{like[0].unit}"'
        raise WrongField("unit", f"{given.name} is priced by the {like[0].unit}, not the {given.unit}: {wanted}")
    for field_, what, number in (
        ("amount", "amount", given.amount),
        ("free", "free quantity", given.free or Decimal(0)),
    ):
        if not number.is_finite() or number < 0:
            raise WrongField(field_, f"the {what} of {given.name} is {number}, and must be 0 or more")
    reading = Reading(given.source or file, given.read or today, verified=True, how="the operator's file says so")
    own = Price(given.name, given.where, given.amount, given.unit, given.per or like[0].per, reading)
    free = None if given.free is None else Free(given.free)
    replaced = [price for price in like if given.where in ("", price.where)]
    if given.where and not replaced:
        held = [book.prices.get((given.name, where)) for where in _wider(given.where)]
        replaced = [replace(price, where=given.where) for price in held if price][:1]
    if not replaced:
        return [replace(own, free=free)]
    return [replace(own, where=price.where, free=price.free if given.free is None else free) for price in replaced]


def _wider(where: str) -> tuple[str, ...]:
    """Where the price stands that holds in a place without one of its own, the nearest first."""
    if where in (TIER_1, TIER_2, EVERYWHERE):
        return (EVERYWHERE,)
    return places(where)[1:]


def _in(where: str) -> str:
    return where if where == EVERYWHERE else f"in {where}"
