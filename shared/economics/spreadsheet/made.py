"""A workload's estimate as an .xlsx file."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from shared.billing.prices import PriceBook
from shared.economics.curve import FEW_MISSES
from shared.economics.line_words import Language
from shared.economics.spreadsheet.book import Book, Value
from shared.economics.spreadsheet.cost_sheet import write_costs
from shared.economics.spreadsheet.inputs import complete, write_inputs
from shared.economics.spreadsheet.other_sheets import Other
from shared.economics.spreadsheet.per_event import write_per_event
from shared.economics.spreadsheet.plan_sheet import write_plans
from shared.economics.spreadsheet.pool_sheet import laid_out as pool_laid_out
from shared.economics.spreadsheet.pool_sheet import write_pool
from shared.economics.spreadsheet.price_sheet import regions_of, write_prices
from shared.economics.spreadsheet.quantity_sheet import laid_out, write_quantities
from shared.economics.spreadsheet.scopes import scopes_of
from shared.economics.workload import Workload

SHEETS = ("inputs", "costs", "plans", "members", "elsewhere", "quantities", "per event", "pool", "prices")


class Spreadsheet(Struct, frozen=True):
    """A file, and what the model says of each of its formulas, by sheet and cell."""

    content: bytes
    values: Mapping[tuple[str, str], Value]


def spreadsheet(
    workload: Workload, prices: PriceBook, language: Language, *, free_tiers: bool = False, misses: Decimal = FEW_MISSES
) -> Spreadsheet:
    """Raises LookupError if the book lacks a price for the region, and ValueError if the workload has no members, or
    what the spreadsheet has no cell for."""
    workload = complete(workload)
    scopes = scopes_of(workload, prices, misses, free_tiers=free_tiers)
    book = Book(language)
    sheets = {key: book.sheet(key) for key in SHEETS}
    inputs = write_inputs(
        book, sheets["inputs"], workload, free_tiers=free_tiers, misses=misses, regions=regions_of(workload.region)
    )
    priced = write_prices(sheets["prices"], prices, workload.region, free_tiers=free_tiers)
    quantities, pool = laid_out(sheets["quantities"].name), pool_laid_out(sheets["pool"].name, scopes)
    write_quantities(sheets["quantities"], inputs, write_per_event(sheets["per event"]), pool, scopes)
    write_pool(sheets["pool"], pool, quantities.of, scopes)
    costs = write_costs(book, sheets["costs"], quantities, priced, scopes[0])
    write_plans(book, sheets["plans"], inputs, quantities, priced, costs, scopes, prices)
    other = Other(book, quantities, priced, costs, scopes, prices)
    other.write_members(sheets["members"])
    other.write_elsewhere(sheets["elsewhere"])
    return Spreadsheet(book.content(), book.values)
