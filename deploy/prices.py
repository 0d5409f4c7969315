"""`make prices`: compares the price list with the catalogue of Cloud Billing, for one region, and with --write keeps
what the catalogue says as the operator's own prices. Only reads from Google.

A price is found by what the catalogue calls it (`deploy.catalogue_names`). A price that is not found, that is found
with two amounts, that is counted in another unit, or whose name in the catalogue nobody has read yet is told and left
as it is: nothing is guessed. Prices of other sellers are not looked up.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from google.auth.exceptions import GoogleAuthError

from deploy.catalogue_names import CALLED, NO_REGION, OTHERS, SERVICES, Part
from deploy.deployment import stand_in_endpoint
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.credentials import NoCredentials, session
from deploy.google_apis.refusals import Busy, Refused
from deploy.google_apis.schema_check import Json
from shared.billing.own_prices import OWN_PRICES
from shared.billing.price_list import PRICES
from shared.billing.prices import EVERYWHERE, Price, PriceBook, places, read_prices

CATALOGUE = "https://cloud.google.com/billing/docs/reference/pricing-api"
GLOBAL = "global"
"""What the catalogue calls the place of a price that holds in every region."""


class Finding(StrEnum):
    SAME = "the same"
    DIFFERS = "differs"
    MISSING = "not in the list"
    NOT_FOUND = "not found in the catalogue"
    AMBIGUOUS = "found with several amounts"
    OTHER_UNIT = "counted in another unit"
    PERHAPS = "nobody has read whether this is its name, so it is not written:"
    """Another amount by a name that was found by words and a unit."""
    NOT_LOOKED_UP = "not looked up"


class Row(NamedTuple):
    """One price, compared. Amounts are US dollars for the units of the list."""

    name: str
    listed: Price | None
    """The list's, if it has one for the region."""
    like: Price
    """A price of the list with the same name: all of them have the same units."""
    amount: Decimal | None
    """The catalogue's."""
    finding: Finding
    called: str = ""
    """As the catalogue calls it."""


def read_catalogue(apis: GoogleApis, wanted: set[str]) -> dict[str, list[Json]]:
    """The prices (SKUs) of each service, by the service's name. Raises what the client does."""
    services = _pages(apis, "services.list", {}, "services")
    names = {each["displayName"]: each["name"] for each in services if each.get("displayName") in wanted}
    return {
        title: list(_pages(apis, "services.skus.list", {"parent": name, "currencyCode": "USD"}, "skus"))
        for title, name in names.items()
    }


def _pages(apis: GoogleApis, method: str, asked: Mapping[str, str], field: str) -> Iterator[Json]:
    token = ""
    while True:
        answer = apis.call("cloudbilling.v1", method, {**asked, **({"pageToken": token} if token else {})})
        yield from answer.get(field, [])
        if not (token := answer.get("nextPageToken", "")):
            return


def compare(book: PriceBook, catalogue: Mapping[str, Sequence[Json]], region: str) -> list[Row]:
    """Every price of the list, by its name."""
    rows = list[Row]()
    for name in sorted(book.names):
        listed = next((found for where in places(region) if (found := book.prices.get((name, where)))), None)
        like = listed or next(price for price in book.prices.values() if price.name == name)
        rows.append(_row(name, listed, like, catalogue, region))
    return rows


def _row(name: str, listed: Price | None, like: Price, catalogue: Mapping[str, Sequence[Json]], region: str) -> Row:
    if name in OTHERS:
        return Row(name, listed, like, None, Finding.NOT_LOOKED_UP, OTHERS[name])
    whole, titles = Decimal(0), list[str]()
    for part in CALLED[name].parts:
        found = [sku for service in part.services for sku in catalogue.get(service, ()) if _is(sku, part, region)]
        names = ", ".join(sorted({_title(sku) for sku in found}))
        if not found:
            return Row(name, listed, like, None, Finding.NOT_FOUND, f"({' or '.join(part.services)})")
        if units := {_expression(sku).get("usageUnit", "") for sku in found} - {part.unit}:
            return Row(name, listed, like, None, Finding.OTHER_UNIT, f"{names} ({', '.join(sorted(units))})")
        amounts = {_amount(sku) * like.per * part.times for sku in found}
        if len(amounts) > 1:
            return Row(name, listed, like, None, Finding.AMBIGUOUS, names)
        whole += amounts.pop()
        titles.append(names)
    return Row(name, listed, like, whole, _compared(name, listed, whole), " and ".join(titles))


def _compared(name: str, listed: Price | None, amount: Decimal) -> Finding:
    if listed and amount == listed.amount:
        return Finding.SAME
    if not CALLED[name].is_read:
        return Finding.PERHAPS
    return Finding.DIFFERS if listed else Finding.MISSING


def _is(sku: Json, part: Part, region: str) -> bool:
    title, regions = _title(sku), sku.get("serviceRegions", [])
    if sku.get("category", {}).get("usageType") != "OnDemand" or not {region, GLOBAL} & {*regions}:
        return False
    return re.fullmatch(part.description, title) is not None and re.fullmatch(NO_REGION, title) is None


def _title(sku: Json) -> str:
    return " ".join(sku.get("description", "").split())


def _expression(sku: Json) -> Json:
    found: Json = sku.get("pricingInfo", [{}])[-1].get("pricingExpression", {})
    return found


def _amount(sku: Json) -> Decimal:
    """US dollars for one unit, above what is free."""
    rates = [each.get("unitPrice", {}) for each in _expression(sku).get("tieredRates", [])]
    amounts = [Decimal(rate.get("units", "0")) + Decimal(rate.get("nanos", 0)) / 10**9 for rate in rates]
    return next((amount for amount in amounts if amount), Decimal(0))


def told(rows: Sequence[Row]) -> str:
    """A table. What is the same or is not looked up comes last, in lines of their own."""
    shown = [row for row in rows if row.finding not in (Finding.SAME, Finding.NOT_LOOKED_UP)]
    lines = [f"{'price':<22}{'list':>14}{'catalogue':>14}  for"] if shown else []
    for row in shown:
        listed = f"{row.listed.amount:f}" if row.listed else "-"
        found = "-" if row.amount is None else f"{row.amount.normalize():f}"
        lines.append(
            f"{row.name:<22}{listed:>14}{found:>14}  {row.like.priced_by}: {row.finding} {row.called}".rstrip()
        )
    same = [row.name for row in rows if row.finding == Finding.SAME]
    lines.append(f"{Finding.SAME}: {', '.join(same) or 'none'}")
    sellers = sorted({row.called for row in rows if row.finding == Finding.NOT_LOOKED_UP})
    lines += [
        f"{Finding.NOT_LOOKED_UP}, because Google's catalogue can't have {seller} prices: "
        + ", ".join(row.name for row in rows if row.finding == Finding.NOT_LOOKED_UP and row.called == seller)
        for seller in sellers
    ]
    return "\n".join(lines)


TABLE = re.compile(r"^(?=[ \t]*\[\[[ \t]*price[ \t]*\]\])", re.MULTILINE)
"""Where a price of the operator's file begins."""
EMPTY = "# The operator's own prices, in place of the list's.\n"


def as_file(rows: Sequence[Row], region: str, today: date, before: str = EMPTY) -> str:
    """The operator's file with what the catalogue says otherwise than the list. A price that holds everywhere in the
    list does so here. Of what the file has, only what an earlier look into the catalogue has written is replaced. What
    an operator has written stays, and no other price is put in its place. Raises ValueError for what is not TOML."""
    head, *tables = TABLE.split(before)
    sure = [row for row in rows if row.amount is not None and row.finding != Finding.PERHAPS]
    found = {(row.name, _where(row, region)): row for row in sure}
    own = {row.name for row in kept_own(rows, region, before)}
    kept = "".join([head, *(_comments(table) if _is_replaced(table, found) else table for table in tables)])
    written = [
        f'[[price]]\nname = "{name}"\nwhere = "{where}"\namount = {(row.amount or Decimal(0)).normalize():f}\n'
        f'unit = "{row.like.unit}"\nper = {row.like.per}\nsource = "{CATALOGUE}"\nread = {today.isoformat()}'
        for (name, where), row in found.items()
        if row.finding in (Finding.DIFFERS, Finding.MISSING) and name not in own
    ]
    return "\n\n".join(part for part in (kept.rstrip("\n"), *written) if part) + "\n"


def kept_own(rows: Sequence[Row], region: str, before: str) -> list[Row]:
    """Those in whose place the operator has written a price that holds in the region."""
    given = tomllib.loads(before).get("price", [])
    own = {(each.get("name"), each.get("where", "")) for each in given if each.get("source") != CATALOGUE}
    return [row for row in rows if any((row.name, where) in own for where in ("", *places(region)))]


def _is_replaced(table: str, found: Mapping[tuple[str, str], Row]) -> bool:
    [price] = tomllib.loads(table)["price"]
    return price.get("source") == CATALOGUE and (price.get("name"), price.get("where", "")) in found


def _comments(table: str) -> str:
    """An operator's, of what comes next."""
    return "".join(line for line in table.splitlines(keepends=True) if line.lstrip().startswith("#"))


def _where(row: Row, region: str) -> str:
    return EVERYWHERE if row.listed and row.listed.where == EVERYWHERE else region


def write_own(path: Path, rows: Sequence[Row], region: str, today: date) -> None:
    """Raises ValueError, and changes nothing, if what the file has can't be read, or what it would have."""
    read_prices(path, PRICES, today)
    after = as_file(rows, region, today, path.read_text())
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(after)
        read_prices(beside, PRICES, today)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def main() -> None:
    """Ends with 1 and why where Google is not reached or refuses."""
    parser = argparse.ArgumentParser(prog="python -m deploy.prices", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--project", required=True, help="the project that asks")
    parser.add_argument("--region", required=True, help="as asia-northeast3")
    parser.add_argument("--write", action="store_true", help="keep what differs as the operator's own prices")
    parser.add_argument("--into", type=Path, default=OWN_PRICES, help="write: the file")
    given = parser.parse_args()
    try:
        endpoint = stand_in_endpoint()
        apis = GoogleApis(session(given.project, endpoint), endpoint)
        catalogue = read_catalogue(apis, SERVICES)
    except (GoogleAuthError, NoCredentials, Refused, Busy, ValueError, OSError) as e:
        sys.exit(f"The catalogue can't be read: {e}")
    rows = compare(PRICES, catalogue, given.region)
    print(told(rows))
    if given.write:
        try:
            own = kept_own(rows, given.region, given.into.read_text())
            write_own(given.into, rows, given.region, datetime.now(UTC).date())
        except (ValueError, OSError) as e:
            sys.exit(f"Nothing is written: {e}")
        print(f"left as the operator has written them: {', '.join(row.name for row in own) or 'none'}")
        print(f"Written: {given.into}. It is deployed by `make deploy`.")


if __name__ == "__main__":
    main()
