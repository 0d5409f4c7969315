"""What a month costs, by line: each line is a quantity times a price."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.prices import Price, PriceBook
from shared.economics.ranges import NOTHING, Range


class Driver(StrEnum):
    """What a line grows with."""

    STANDING = "standing"
    """It is there whether or not anybody works."""
    USE = "use"
    """It is proportional to what members do."""


class Line(Struct, frozen=True, kw_only=True):
    """One line of the costs of a month. `line_words` says where its quantity comes from."""

    name: str
    driver: Driver
    quantity: Range
    price: Price
    paid: Range
    """The quantity without what is free of it."""

    @property
    def cost(self) -> Range:
        """US dollars."""
        return Range(self.price.cost(self.paid.low), self.price.cost(self.paid.high))


class Estimate(Struct, frozen=True):
    """The costs of a month."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> Range:
        return sum_of(self.lines)

    def part(self, driver: Driver) -> Range:
        return sum_of([line for line in self.lines if line.driver == driver])

    def line(self, name: str) -> Line:
        """Raises LookupError."""
        for line in self.lines:
            if line.name == name:
                return line
        raise LookupError(f"there is no line {name!r}")


def sum_of(lines: Sequence[Line]) -> Range:
    """US dollars of these lines."""
    total = NOTHING
    for line in lines:
        total += line.cost
    return total


def without_free(lines: Sequence[Line], *, offers: bool) -> Iterator[Line]:
    """The lines with what is free taken off, with or without what sellers offer for free. Lines of the same price share
    its free quantity, the first ones first."""
    left = dict[tuple[str, str], tuple[Decimal, Decimal]]()
    for line in lines:
        key = (line.price.name, line.price.where)
        is_free = line.price.free is not None and (offers or line.price.free.always)
        free = line.price.free_in_month() if is_free else Decimal(0)
        of_low, of_high = left.get(key, (free, free))
        paid = Range(max(Decimal(0), line.quantity.low - of_low), max(Decimal(0), line.quantity.high - of_high))
        left[key] = (of_low - line.quantity.low + paid.low, of_high - line.quantity.high + paid.high)
        yield replace(line, paid=paid)


class Lines:
    """Makes lines with the prices of one region."""

    def __init__(self, book: PriceBook, region: str, driver: Driver) -> None:
        self._book, self._region, self._driver = book, region, driver
        self.made = list[Line]()

    def add(self, name: str, quantity: Range, price: str) -> None:
        """Raises LookupError if the book has no such price in the region."""
        found = self._book.price(price, self._region)
        self.made.append(Line(name=name, driver=self._driver, quantity=quantity, price=found, paid=quantity))

    def add_running(self, name: str, seconds: Range, cpu: Decimal, gib: Decimal, prices: tuple[str, str]) -> None:
        """Two lines for containers that run: their CPU and their memory."""
        self.add(f"{name}: CPU", seconds * cpu, prices[0])
        self.add(f"{name}: memory", seconds * gib, prices[1])
