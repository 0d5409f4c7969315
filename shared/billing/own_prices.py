"""The operator's own prices, which stand in place of the list's."""

from functools import cache
from pathlib import Path

from shared.billing.price_list import PRICES, READ
from shared.billing.prices import PriceBook, read_prices

OWN_PRICES = Path(__file__).with_name("own_prices.toml")
"""Empty but for a comment, until an operator or `make prices ARGS=--write` writes into it."""


@cache
def price_book() -> PriceBook:
    """The list with the operator's prices. Raises ValueError as read_prices does."""
    return read_prices(OWN_PRICES, PRICES, READ)
