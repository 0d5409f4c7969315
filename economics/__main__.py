"""`python -m economics`: simulates months, and writes their tables to build/economics and, with --docs, to
docs/economics.md."""

import argparse
import os
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from economics import documents
from economics.charts import write_charts
from economics.fitting import fitted
from economics.month import Month
from economics.scales import Keeping, Scale, in_cells, run
from shared.billing.own_prices import price_book
from shared.billing.price_list import PRICES

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    given = _parser().parse_args()
    if given.charts:
        write_charts(documents.PAGE.read_text())
        return 0
    month = replace(fitted(given.csv) if given.csv else Month(), seed=given.seed)
    scales = _chosen(month, given) if given.members or given.csv else documents.all_scales(month)
    # the document is at list prices, whoever writes it
    scales = [replace(scale, book=PRICES if given.docs else price_book()) for scale in scales]
    for scale in scales:
        print(f"{scale.name}, {scale.keeping}: {scale.cells} cells of {scale.month.members}", file=sys.stderr)
    started = time.monotonic()
    results = run(scales, given.processes)
    tables = documents.tables(results)
    page = "\n\n".join(f"## {name}\n\n{table}" for name, table in tables.items())
    given.into.mkdir(parents=True, exist_ok=True)
    (given.into / "tables.md").write_text(page + "\n")
    print(page)
    print(f"{time.monotonic() - started:.0f} s in {given.processes} processes", file=sys.stderr)
    if given.docs:
        documents.PAGE.write_text(documents.written(documents.PAGE.read_text(), tables))
        write_charts(documents.PAGE.read_text())
    return 0


def _chosen(month: Month, given: argparse.Namespace) -> list[Scale]:
    wanted = given.members or [month.members]
    keepings = [Keeping(each) for each in given.pool] or [*Keeping]
    sized = [replace(month, members=members) for members in wanted]
    return [in_cells(f"{each.members:,}", each, keeping) for each in sized for keeping in keepings]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m economics", description=__doc__)
    parser.add_argument("--members", type=int, nargs="*", help="how many; without it those of the document")
    parser.add_argument("--pool", nargs="*", default=[], choices=[*Keeping], help="how slots are kept warm")
    parser.add_argument("--csv", type=Path, nargs="*", help="members' usage exports, to which the month is fitted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--into", type=Path, default=ROOT / "build/economics")
    parser.add_argument("--docs", action="store_true", help="write the tables to docs/economics.md too, and its charts")
    parser.add_argument("--charts", action="store_true", help="draw the charts of docs/economics.md from its tables")
    return parser


if __name__ == "__main__":
    sys.exit(main())
