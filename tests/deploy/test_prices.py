"""The price list compared with a catalogue of Cloud Billing, and what becomes the operator's own prices."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from deploy.catalogue_names import CALLED, OTHERS, SERVICES
from deploy.google_apis.schema_check import Json
from deploy.prices import Finding, Row, as_file, compare, kept_own, read_catalogue, told, write_own
from deploy.resources.apis import api, apis
from local.google_apis.documents import document
from shared.billing.price_list import PRICES, SEOUL, US
from shared.billing.prices import read_prices
from tests.deploy.project import Project, deployment

TODAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def catalogue() -> dict[str, list[Json]]:
    project = Project.begin()
    project.apply([each for each in apis(deployment()) if each.id == api("cloudbilling")])
    return read_catalogue(project.apis, SERVICES)


def rows(catalogue: dict[str, list[Json]], region: str) -> dict[str, Row]:
    return {row.name: row for row in compare(PRICES, catalogue, region)}


def names(found: dict[str, Row], finding: Finding) -> Sequence[str]:
    return [row.name for row in found.values() if row.finding == finding]


def test_each_price_is_found_by_what_the_catalogue_calls_it(catalogue: dict[str, list[Json]]) -> None:
    assert len(catalogue["Cloud Run"]) == 17, "all pages were read"
    seoul = rows(catalogue, SEOUL)
    run = [name for name in CALLED if name.startswith("run-") and name != "run-disk"]
    machines = ["machine", "machine-disk", "machine-large", "machine-small"]
    storage = ["storage", "storage-class-a", "storage-class-b", "storage-soft-deleted"]
    others = ["egress", "logging", "scheduler-job", "secret-access", "secret-version"]
    same = [*run, "firestore-read", "firestore-write", *machines, *storage, *others]
    assert sorted(names(seoul, Finding.SAME)) == sorted(same)
    assert seoul["machine"].called == "E2 Instance Core running in Seoul and E2 Instance Ram running in Seoul"
    assert seoul["run-cpu"].called == "Services CPU Tier 2 (Request-based billing)"
    assert seoul["run-instance-cpu"].called == f"Services CPU (Instance-based billing) in in {SEOUL}"
    assert seoul["storage"].called == "Standard Storage Seoul", "and not that of several regions"
    assert seoul["firestore-read"].amount == Decimal("0.038"), "for 100,000, above what is free"


def test_what_differs_is_told_and_nothing_is_guessed(catalogue: dict[str, list[Json]]) -> None:
    seoul = rows(catalogue, SEOUL)
    assert names(seoul, Finding.DIFFERS) == ["firestore-storage"]
    assert seoul["firestore-storage"].amount == Decimal("0.18")
    missing = [name for name in names(seoul, Finding.NOT_FOUND) if CALLED[name].is_read]
    assert missing == ["firestore-backup", "firestore-delete", "firestore-recovery"]
    assert names(seoul, Finding.OTHER_UNIT) == ["registry-storage"]
    assert (names(seoul, Finding.PERHAPS), seoul["tasks-operation"].amount) == (["tasks-operation"], Decimal("0.5"))
    table = told([*seoul.values()])
    assert (
        "firestore-delete               0.013             -  100,000 document deleted: not found in the catalogue"
        in table
    )
    assert "Artifact Registry Storage (By.mo)" in table
    assert "Google's catalogue can't have Stripe's prices: payment, payment-share, subscription-share" in table
    assert "codespaces, codespaces-storage" in table
    assert "firestore-storage               0.15          0.18  the GiB-month: differs Cloud Firestore Storage" in table
    assert "the same: egress, firestore-read, " in table


def test_each_price_of_the_list_is_looked_up_or_is_another_sellers(catalogue: dict[str, list[Json]]) -> None:
    assert CALLED.keys() | OTHERS.keys() == PRICES.names
    assert not CALLED.keys() & OTHERS.keys()
    google = ("https://cloud.google.com/", "https://firebase.google.com/")
    for (name, _), price in PRICES.prices.items():
        assert price.reading.source.startswith(google) is (name in CALLED), name
    assert names(rows(catalogue, US), Finding.NOT_LOOKED_UP) == sorted(OTHERS)


def test_a_price_is_that_to_its_own_continent_and_not_another(catalogue: dict[str, list[Json]]) -> None:
    here = rows(catalogue, US)
    assert (here["egress"].finding, here["egress"].amount) == (Finding.DIFFERS, Decimal("0.105"))
    assert here["machine-small"].finding == here["machine-disk"].finding == Finding.SAME


def test_what_nobody_has_read_is_not_written(catalogue: dict[str, list[Json]]) -> None:
    assert "tasks-operation" not in as_file([*rows(catalogue, SEOUL).values()], SEOUL, TODAY)


def test_the_stand_ins_prices_have_the_shape_of_googles(catalogue: dict[str, list[Json]]) -> None:
    """All fields of the discovery document's messages, which are those of google-cloud-billing's Sku."""
    schemas = document("cloudbilling.v1")["schemas"]

    def check(schema: str, value: Json) -> None:
        fields = schemas[schema]["properties"]
        assert set(value) <= set(fields), schema
        for name, each in value.items():
            if target := fields[name].get("$ref") or fields[name].get("items", {}).get("$ref"):
                for part in each if isinstance(each, list) else [each]:
                    check(target, part)

    skus = [sku for service in catalogue.values() for sku in service]
    assert len(skus) > 35
    for sku in skus:
        check("Sku", sku)
        assert set(sku) == set(schemas["Sku"]["properties"])
        [info] = sku["pricingInfo"]
        assert set(info["pricingExpression"]) == set(schemas["PricingExpression"]["properties"])


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
    machines = ["machine", "machine-disk", "machine-large", "machine-small"]
    expected = ["egress", "firestore-read", "firestore-write", *machines, "storage", "storage-soft-deleted"]
    assert names(found, Finding.MISSING) == expected
    file = tmp_path / "own_prices.toml"
    file.write_text(as_file([*found.values()], lisbon, TODAY))
    assert read_prices(file, PRICES, TODAY).price("firestore-read", lisbon).amount == Decimal("0.038")
