"""`python -m economics.spreadsheet`: writes the estimate of a month as an .xlsx file with live formulas."""

import argparse
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from shared.billing.own_prices import price_book
from shared.billing.price_list import PRICES, SEOUL
from shared.billing.prices import read_prices
from shared.economics.ranges import between
from shared.economics.spreadsheet.made import spreadsheet
from shared.economics.workload import PlanWorkload, PoolWorkload, Workload

ROOT = Path(__file__).resolve().parents[1]
PLANS = {"free": (700, Decimal(2)), "starter": (200, Decimal(4)), "pro": (80, Decimal(12)), "team": (20, Decimal(20))}
"""Members and hours of each plan that the file begins with: an example, to be changed in its yellow cells."""


def main() -> int:
    given = _parser().parse_args()
    plans = {
        name: PlanWorkload(
            members=members, sessions=2 * Decimal(hours), hours=Decimal(hours), stored=between("0.05", "0.1")
        )
        for name, (members, hours) in PLANS.items()
    }
    workload = Workload(region=given.region, plans=plans, pool=PoolWorkload(warm=(2,), most=40))
    prices = price_book() if given.prices is None else read_prices(given.prices, PRICES, datetime.now(UTC).date())
    made = spreadsheet(workload, prices, given.language, free_tiers=given.free_tiers)
    given.into.parent.mkdir(parents=True, exist_ok=True)
    given.into.write_bytes(made.content)
    print(f"{given.into}: {len(made.values):,} formulas. Change yellow cells in Excel, Google Sheets or LibreOffice.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m economics.spreadsheet", description=__doc__)
    parser.add_argument("--language", choices=["en", "ko"], default="en")
    parser.add_argument("--region", default=SEOUL)
    parser.add_argument("--free-tiers", action="store_true", help="take off what sellers offer for free")
    parser.add_argument("--prices", type=Path, help="a file of prices in place of shared/billing/own_prices.toml")
    parser.add_argument("--into", type=Path, default=ROOT / "build/economics/ondol-costs.xlsx")
    return parser


if __name__ == "__main__":
    sys.exit(main())
