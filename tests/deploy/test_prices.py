"""The price list compared with a catalogue of Cloud Billing, and what becomes the operator's own prices."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from deploy.google_apis.schema_check import Json
from deploy.prices import CALLED, Finding, Row, as_file, compare, kept_own, read_catalogue, told, write_own
from deploy.resources.apis import api, apis
from shared.billing.price_list import PRICES, SEOUL, US
from shared.billing.prices import read_prices
from tests.deploy.project import Project, deployment

TODAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def catalogue() -> dict[str, list[Json]]:
    project = Project.begin()
    project.apply([each for each in apis(deployment()) if each.id == api("cloudbilling")])
    return read_catalogue(project.apis, {service for each in CALLED.values() for service in each.services})


def rows(catalogue: dict[str, list[Json]], region: str) -> dict[str, Row]:
    return {row.name: row for row in compare(PRICES, catalogue, region)}


def names(found: dict[str, Row], finding: Finding) -> Sequence[str]:
    return [row.name for row in found.values() if row.finding == finding]


def test_each_price_is_found_by_what_the_catalogue_calls_it(catalogue: dict[str, list[Json]]) -> None:
    assert set(catalogue) == {"Cloud Run", "Cloud Firestore", "App Engine", "Cloud Storage", "Artifact Registry"}
    assert len(catalogue["Cloud Run"]) == 14, "all pages were read"
    seoul = rows(catalogue, SEOUL)
    run = [name for name in CALLED if name.startswith("run-")]
    assert sorted(names(seoul, Finding.SAME)) == sorted([*run, "firestore-read", "firestore-write", "storage"])
    assert seoul["run-cpu"].called == "Services CPU Tier 2 (Request-based billing)"
    assert seoul["run-instance-cpu"].called == f"Services CPU (Instance-based billing) in in {SEOUL}"
    assert seoul["storage"].called == "Standard Storage Seoul", "and not that of several regions"
    assert seoul["firestore-read"].amount == Decimal("0.038"), "for 100,000, above what is free"


def test_what_differs_is_told_and_nothing_is_guessed(catalogue: dict[str, list[Json]]) -> None:
    seoul = rows(catalogue, SEOUL)
    assert names(seoul, Finding.DIFFERS) == ["firestore-storage"]
    assert seoul["firestore-storage"].amount == Decimal("0.18")
    assert names(seoul, Finding.NOT_FOUND) == ["firestore-backup", "firestore-delete", "firestore-recovery"]
    assert names(seoul, Finding.OTHER_UNIT) == ["registry-storage"]
    assert "payment" in names(seoul, Finding.NOT_LOOKED_UP)
    table = told([*seoul.values()])
    assert "firestore-storage               0.15          0.18  the GiB-month: differs Cloud Firestore Storage" in table
    assert "the same: firestore-read, " in table


def test_two_amounts_for_one_price_are_told_and_not_taken(catalogue: dict[str, list[Json]]) -> None:
    [first] = [sku for sku in catalogue["Cloud Run"] if sku["description"] == "Requests"]
    info = first["pricingInfo"][0]
    expression = {**info["pricingExpression"], "tieredRates": [{"unitPrice": {"units": "1"}}]}
    other = {**first, "pricingInfo": [{**info, "pricingExpression": expression}]}
    found = rows({**catalogue, "Cloud Run": [*catalogue["Cloud Run"], other]}, US)["run-request"]
    assert (found.finding, found.amount) == (Finding.AMBIGUOUS, None)
    committed = {**other, "category": {**first["category"], "usageType": "Commit1Yr"}}
    found = rows({**catalogue, "Cloud Run": [*catalogue["Cloud Run"], committed]}, US)["run-request"]
    assert found.finding == Finding.SAME


def test_what_is_written_are_prices_that_ondol_reads(catalogue: dict[str, list[Json]], tmp_path: Path) -> None:
    file = tmp_path / "own_prices.toml"
    file.write_text(as_file([*rows(catalogue, SEOUL).values()], SEOUL, TODAY))
    book = read_prices(file, PRICES, date(2020, 1, 1))
    changed = {key: price for key, price in book.prices.items() if price != PRICES.prices.get(key)}
    [(key, price)] = changed.items()
    assert (key[0], price.amount, price.reading.read) == ("firestore-storage", Decimal("0.18"), TODAY)
    assert price.free == PRICES.price("firestore-storage", SEOUL).free, "what is free stays as the list says"


OWN = f'''# of our contract
[[price]]
name = "storage"
where = "{SEOUL}"
amount = 0.019  # until March
unit = "GiB-month"
'''


def test_what_an_operator_has_written_stays(catalogue: dict[str, list[Json]], tmp_path: Path) -> None:
    file = tmp_path / "own_prices.toml"
    file.write_text(OWN)
    seoul = [*rows(catalogue, SEOUL).values()]
    for _ in range(2):
        write_own(file, seoul, SEOUL, TODAY)
    text = file.read_text()
    assert (text.startswith(OWN), text.count("firestore-storage")) == (True, 1)
    elsewhere = text.replace('"firestore-storage"\nwhere = "everywhere"', f'"firestore-storage"\nwhere = "{US}"')
    assert elsewhere != text
    file.write_text(elsewhere)
    write_own(file, seoul, SEOUL, TODAY)
    assert file.read_text().count("firestore-storage") == 2, "what was read of another region stays"


def test_a_price_that_the_list_has_caught_up_with_is_written_no_more(catalogue: dict[str, list[Json]]) -> None:
    seoul = rows(catalogue, SEOUL)
    before = as_file([*seoul.values()], SEOUL, TODAY)
    same = seoul["firestore-storage"]._replace(finding=Finding.SAME)
    assert "firestore-storage" in before
    after = as_file([same], SEOUL, TODAY, f"{before}\n{OWN}")
    assert ("firestore-storage" in after, after.endswith(OWN)) == (False, True)


@pytest.mark.parametrize("where", ["", 'where = "everywhere"\n', f'where = "{SEOUL}"\n'])
def test_the_catalogue_takes_no_price_from_the_operator(
    where: str, catalogue: dict[str, list[Json]], tmp_path: Path
) -> None:
    own = f'[[price]]\nname = "firestore-storage"\namount = 0.1\nunit = "GiB-month"\n{where}'
    file = tmp_path / "own_prices.toml"
    file.write_text(own)
    seoul = [*rows(catalogue, SEOUL).values()]
    write_own(file, seoul, SEOUL, TODAY)
    assert file.read_text() == own
    assert [row.name for row in kept_own(seoul, SEOUL, own)] == ["firestore-storage"]


@pytest.mark.parametrize("text", ["[[price]", '[[price]]\nname = "storag"\namount = 1\nunit = "GiB-month"\n'])
def test_a_file_with_a_mistake_is_left_as_it_is(text: str, catalogue: dict[str, list[Json]], tmp_path: Path) -> None:
    file = tmp_path / "own_prices.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"own_prices\.toml"):
        write_own(file, [*rows(catalogue, SEOUL).values()], SEOUL, TODAY)
    assert (file.read_text(), [each.name for each in tmp_path.iterdir()]) == (text, [file.name])


def test_a_region_that_the_list_does_not_have_gets_prices_of_its_own(
    catalogue: dict[str, list[Json]], tmp_path: Path
) -> None:
    lisbon = "europe-west99"
    there = {
        service: [{**sku, "serviceRegions": [lisbon]} for sku in skus if SEOUL in sku["serviceRegions"]]
        for service, skus in catalogue.items()
    }
    found = rows(there, lisbon)
    assert names(found, Finding.MISSING) == ["firestore-read", "firestore-write", "storage"]
    file = tmp_path / "own_prices.toml"
    file.write_text(as_file([*found.values()], lisbon, TODAY))
    assert read_prices(file, PRICES, TODAY).price("firestore-read", lisbon).amount == Decimal("0.038")
