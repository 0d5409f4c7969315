"""The sheet of prices: each price that the model uses, in each region, and the one that applies."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from shared.billing.price_list import SEOUL, US
from shared.billing.prices import MONTH_DAYS, Price, PriceBook, Span
from shared.economics.spreadsheet.book import Place, Sheet, span

PRICE = "0.000000000"
NAMES = 5
"""The row of the first price."""


class Prices(Struct, frozen=True):
    """Where the sheet of prices has what formulas of other sheets take."""

    names: str
    """The range of all names."""
    columns: Mapping[str, str]
    """Ranges beside it: `unit`, `amount`, `per`, `free`, which is a month's and 0 unless it counts."""
    cells: Mapping[str, tuple[Place, Place]]
    """By name: the amount that applies, and the units that it is for."""
    known: Mapping[str, tuple[Decimal, int, str, Decimal]]
    """By name what the model says: amount, units, what the unit is called, and what is free in a month."""

    def of(self, what: str, name: Place) -> str:
        """The formula of one of the columns for the price that a cell names."""
        return f"INDEX({self.columns[what]},MATCH({name},{self.names},0))"

    def cost(self, name: str, quantity: str) -> str:
        """The formula of what so much costs."""
        amount, per = self.cells[name]
        return f"({quantity})*{amount}/{per}"


def regions_of(region: str) -> Sequence[str]:
    """The list's regions, and the workload's."""
    return list(dict.fromkeys([US, SEOUL, region]))


def write_prices(sheet: Sheet, prices: PriceBook, region: str, *, free_tiers: bool) -> Prices:
    """The sheet. Raises LookupError if the region lacks a price."""
    regions = regions_of(region)
    sheet.title("prices title", "prices about")
    count = len(regions)
    sheet.widths(23, 23, 11, *[15] * (3 * count), 15, 15, 9, 60, 12, 12, 46)
    applies = 3 + 3 * count
    for at, key in enumerate(("price of unit", "free units", "credited at")):
        sheet.text(NAMES - 2, 3 + at * count, sheet.say(key), bold=True)
    for at in range(3):
        for column, each in enumerate(regions):
            sheet.text(NAMES - 1, 3 + at * count + column, each, bold=True, align="right", bg_color="#f0f3f6")
    sheet.heads(NAMES - 1, ["price name", "unit", "per"])
    sheet.heads(NAMES - 1, ["price applies", "free applies", "always", "source", "read", "verified", "how"], at=applies)
    header = span(sheet.place(NAMES - 1, 3), sheet.place(NAMES - 1, 2 + count))
    chosen = f"MATCH(region,{header},0)"
    cells, known = dict[str, tuple[Place, Place]](), dict[str, tuple[Decimal, int, str, Decimal]]()
    names = sorted(prices.names)
    for row, name in enumerate(names, NAMES):
        found = prices.price(name, region)
        sheet.text(row, 0, name, font_name="Consolas")
        sheet.text(row, 1, sheet.say(f"unit {found.unit}"))
        per = sheet.number(row, 2, found.per)
        for column, each in enumerate(regions, 3):
            _write_of_region(sheet, row, range(column, column + 3 * count, count), _price(prices, name, each))
        amounts, free, credited = (
            f"INDEX({span(sheet.place(row, 3 + at * count), sheet.place(row, 2 + (at + 1) * count))},{chosen})"
            for at in range(3)
        )
        amount = sheet.formula(row, applies, amounts, found.amount, PRICE)
        always = sheet.number(row, applies + 2, int(found.free is not None and found.free.always))
        whole = f"{free}*IF(OR({credited}=0,{amount}=0),1,{credited}/{amount})"
        counts = free_tiers or (found.free is not None and found.free.always)
        value = found.free_in_month() if counts else Decimal(0)
        sheet.formula(row, applies + 1, f"IF(OR(free_tiers=1,{always}=1),{whole},0)", value)
        _write_reading(sheet, row, applies + 3, found)
        cells[name] = (amount, per)
        known[name] = (found.amount, found.per, sheet.say(f"unit {found.unit}"), value)
    sheet.freeze(NAMES, 1)
    last = NAMES + len(names) - 1

    def of_all(number: int) -> str:
        return span(sheet.place(NAMES, number), sheet.place(last, number))

    columns = {"unit": of_all(1), "per": of_all(2), "amount": of_all(applies), "free": of_all(applies + 1)}
    return Prices(of_all(0), columns, cells, known)


def _price(prices: PriceBook, name: str, region: str) -> Price | None:
    try:
        return prices.price(name, region)
    except LookupError:
        return None


def _write_of_region(sheet: Sheet, row: int, columns: Sequence[int], price: Price | None) -> None:
    """The price, its free quantity of a month, and at what the seller credits that, if not at the price."""
    if price is None:
        return
    sheet.given(row, columns[0], price.amount, PRICE)
    if price.free is not None:
        sheet.given(row, columns[1], price.free.quantity * (MONTH_DAYS if price.free.every == Span.DAY else 1))
        if price.free.credited_at is not None:
            sheet.given(row, columns[2], price.free.credited_at, PRICE)


def _write_reading(sheet: Sheet, row: int, column: int, price: Price) -> None:
    reading = price.reading
    sheet.text(row, column, reading.source)
    sheet.text(row, column + 1, reading.read.isoformat())
    sheet.text(row, column + 2, sheet.say("yes" if reading.verified else "no"))
    sheet.text(row, column + 3, reading.how)
