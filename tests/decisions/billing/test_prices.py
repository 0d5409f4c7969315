"""The price list, exactly; and the file by which an operator replaces prices."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.billing.price_list import PRICES, SEOUL, US
from shared.billing.prices import (
    EVERYWHERE,
    TIER_1,
    TIER_2,
    Free,
    Price,
    PriceBook,
    Reading,
    book_of,
    places,
    read_prices,
)
from tests.support.checkout import ROOT

TODAY = date(2026, 12, 24)
LISTED = {
    ("run-cpu", US): "0.000024",
    ("run-memory", US): "0.0000025",
    ("run-idle-cpu", US): "0.0000025",
    ("run-idle-memory", US): "0.0000025",
    ("run-cpu", SEOUL): "0.0000336",
    ("run-memory", SEOUL): "0.0000035",
    ("run-idle-cpu", SEOUL): "0.0000035",
    ("run-idle-memory", SEOUL): "0.0000035",
    ("run-instance-cpu", US): "0.000018",
    ("run-instance-memory", US): "0.000002",
    ("run-request", US): "0.0000004",
    ("firestore-read", US): "0.0000003",
    ("firestore-write", US): "0.0000009",
    ("firestore-delete", US): "0.0000001",
    ("storage", US): "0.02",
    ("storage", SEOUL): "0.023",
    ("storage-class-a", SEOUL): "0.000005",
    ("storage-class-b", SEOUL): "0.0000004",
    ("egress", US): "0.12",
    ("tasks-operation", SEOUL): "0.0000004",
    ("scheduler-job", SEOUL): "0.1",
    ("registry-storage", SEOUL): "0.1",
    ("edge-plan", SEOUL): "5",
    ("edge-request", SEOUL): "0.0000003",
    ("codespaces", SEOUL): "0.18",
    ("codespaces-storage", SEOUL): "0.07",
}
"""Dollars for one unit."""


@pytest.mark.parametrize(("name", "region"), LISTED)
def test_what_one_unit_costs(name: str, region: str) -> None:
    assert PRICES.price(name, region).cost(Decimal(1)) == Decimal(LISTED[name, region])


def test_every_price_says_where_and_when_it_was_read_and_how() -> None:
    for price in PRICES.prices.values():
        assert re.match(r"https://\S+$", price.reading.source), price.name
        assert date(2026, 7, 1) <= price.reading.read <= date(2026, 11, 30), price.name
        assert price.reading.how and price.unit and price.amount > 0, price.name


def test_the_decision_page_names_every_price_that_is_not_verified() -> None:
    page = (ROOT / "docs/decisions/0065-prices-and-the-model.md").read_text()
    table = page.partition("## Prices that are not verified")[2]
    verified = dict.fromkeys(PRICES.names, True)
    for price in PRICES.prices.values():
        verified[price.name] &= price.reading.verified
    for name, is_verified in verified.items():
        assert (re.search(rf"(?<![\w-]){name}(?![\w-])", table) is None) is is_verified, name


def test_what_is_free_in_a_month() -> None:
    """By day times 30. Cloud Run credits the free seconds at the price of tier 1: 4.32 dollars, which buy less CPU in
    Seoul."""
    assert PRICES.price("firestore-read", US).free_in_month() == 1_500_000
    assert PRICES.price("firestore-write", SEOUL).free_in_month() == 600_000
    assert PRICES.price("auth-member", US).free_in_month() == 50_000
    assert PRICES.price("run-idle-cpu", US).free_in_month() == 0
    here, there = PRICES.price("run-cpu", US), PRICES.price("run-cpu", SEOUL)
    assert here.free_in_month() == 180_000
    assert here.cost(here.free_in_month()) == Decimal("4.32")
    assert round(there.cost(there.free_in_month()), 20) == Decimal("4.32")
    assert replace(there, amount=Decimal(0)).free_in_month() == 0, "an operator pays nothing for it, by an agreement"


def test_a_region_has_its_own_prices_or_those_of_its_tier_or_those_of_everywhere() -> None:
    assert places("europe-west1") == ("europe-west1", TIER_1, EVERYWHERE)
    assert places("europe-west3") == ("europe-west3", TIER_2, EVERYWHERE)
    assert PRICES.price("run-cpu", "europe-west3") == PRICES.price("run-cpu", SEOUL)
    with pytest.raises(LookupError, match=r'no price of storage is known for europe-west3: .* where = "europe-west3"'):
        PRICES.price("storage", "europe-west3")


def with_file(folder: Path, text: str) -> PriceBook:
    path = folder / "prices.toml"
    path.write_text(text)
    return read_prices(path, PRICES, TODAY)


def test_an_operator_replaces_a_price_of_one_region(tmp_path: Path) -> None:
    book = with_file(
        tmp_path,
        """
        [[price]]
        name = "firestore-read"
        where = "asia-northeast3"
        amount = 0.3
        unit = "document read"
        per = 1000000
        source = "https://example.com/contract"
        read = 2026-12-01
        """,
    )
    price = book.price("firestore-read", SEOUL)
    assert (price.cost(Decimal(100_000)), price.free_in_month()) == (Decimal("0.03"), Decimal(1_500_000))
    assert (price.reading.source, price.reading.read) == ("https://example.com/contract", date(2026, 12, 1))
    assert book.price("firestore-read", US) == PRICES.price("firestore-read", US)
    assert len(book.prices) == len(PRICES.prices)


def test_the_example_of_the_decision_page_is_such_a_file(tmp_path: Path) -> None:
    page = (ROOT / "docs/decisions/0065-prices-and-the-model.md").read_text()
    book = with_file(tmp_path, page.split("```toml\n")[1].split("```")[0])
    assert book.price("run-cpu", SEOUL).amount == Decimal("0.00003")
    assert book.price("run-cpu", "europe-west3") == PRICES.price("run-cpu", SEOUL), "of the tier"


def test_without_a_place_a_price_holds_wherever_the_list_has_one(tmp_path: Path) -> None:
    row = '[[price]]\nname = "run-cpu"\namount = "0.00002"\nunit = "vCPU-second"\nfree = 0'
    book = with_file(tmp_path, row)
    for region in (US, SEOUL):
        price = book.price("run-cpu", region)
        assert (price.amount, price.free_in_month()) == (Decimal("0.00002"), Decimal(0))
        assert (price.reading.source, price.reading.read) == ("prices.toml", TODAY)


def test_a_price_of_one_region_keeps_what_is_free_in_its_tier_and_everywhere(tmp_path: Path) -> None:
    row = f'[[price]]\nname = "run-cpu"\nwhere = "{SEOUL}"\namount = 0.00003\nunit = "vCPU-second"\n'
    price = with_file(tmp_path, row).price("run-cpu", SEOUL)
    assert price.free == PRICES.price("run-cpu", SEOUL).free, "Google credits it at the price of tier 1"
    assert price.free_in_month() == Decimal(180_000) * Decimal("0.000024") / Decimal("0.00003")
    assert with_file(tmp_path, row + "free = 7").price("run-cpu", SEOUL).free_in_month() == 7
    row = '[[price]]\nname = "run-request"\nwhere = "tier 2"\namount = 0.5\nunit = "request"\n'
    assert with_file(tmp_path, row).price("run-request", SEOUL).free_in_month() == 2_000_000


def test_an_operator_adds_a_region(tmp_path: Path) -> None:
    row = '[[price]]\nname = "storage"\nwhere = "europe-west1"\namount = 0.02\nunit = "GiB-month"'
    price = with_file(tmp_path, row).price("storage", "europe-west1")
    assert (price.cost(Decimal(50)), price.free_in_month()) == (Decimal(1), Decimal(0))


ROW = '[[price]]\nname = "run-cpu"\namount = 1\nunit = "vCPU-second"\n'
WRONG = {
    "another name": (ROW.replace("run-cpu", "run-cpus"), "line 2: there is no price named run-cpus; is run-cpu meant?"),
    "a name like none": (ROW.replace("run-cpu", "zzz"), "there is no price named zzz."),
    "another unit": (
        ROW.replace("vCPU-second", "hour"),
        'line 4: run-cpu is priced by the vCPU-second, not the hour: write unit = "vCPU-second".',
    ),
    "twice": (ROW + ROW, "line 6: run-cpu has two prices in tier 1."),
    "below zero": (ROW.replace("= 1", "= -1"), "line 3: the amount of run-cpu is -1, and must be 0 or more."),
    "infinite": (
        ROW + "# ours\nfree = inf",
        "line 6: the free quantity of run-cpu is Infinity, and must be 0 or more.",
    ),
    "no number": (ROW.replace("= 1", '= "much"'), "line 3: Invalid decimal string - at `amount`."),
    "no place": (ROW + 'where = "Seoul"', "line 5: Expected `str` matching regex"),
    "an unknown field": ("\n\n" + ROW + "sale = true", "line 3: Object contains unknown field `sale` - at `price`."),
    "an unknown table": ("[prices]", "prices"),
    "no TOML": ("price", "(at end of document)"),
    "the second": (ROW + "\n" + ROW.replace("run-cpu", "storag"), "line 7: there is no price named storag"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_can_not_be_used_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    text, reason = WRONG[what]
    with pytest.raises(ValueError, match=r"^prices\.toml(, line \d+)?: ") as refused:
        with_file(tmp_path, text)
    assert reason in str(refused.value)
    assert str(refused.value).endswith(". Correct the line, or delete its [[price]], and run `make deploy`.")


def test_a_list_names_no_price_twice_and_each_by_one_unit() -> None:
    price = Price(
        "a", EVERYWHERE, Decimal(1), "hour", 1, Reading("https://example.com", TODAY, True, "so"), Free(Decimal(1))
    )
    with pytest.raises(ValueError, match="a has two prices everywhere"):
        book_of([price, price])
    with pytest.raises(ValueError, match="a is priced by the hour and by 10 hour"):
        book_of([price, replace(price, where=US, per=10)])
