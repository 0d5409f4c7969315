"""The operator's own prices, which stand in place of the list's: the one price book of the console, the pool, the
estimate, the spreadsheet and the simulation."""

from functools import cache
from pathlib import Path

from shared.billing.price_list import PRICES, READ
from shared.billing.prices import PriceBook, read_prices
from shared.errors import Permanent

OWN_PRICES = Path(__file__).with_name("own_prices.toml")
"""Empty but for a comment, until an operator or `make prices ARGS=--write` writes into it."""


@cache
def price_book() -> PriceBook:
    """The list with the operator's prices. Raises Permanent where the file can't be read: `make deploy` and `make up`
    look for that before anything is started."""
    try:
        return read_prices(OWN_PRICES, PRICES, READ)
    except ValueError as e:
        raise Permanent("prices-wrong", f"{e} Until then no costs can be told.") from e
