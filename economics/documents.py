"""The tables of docs/economics.md, which `make economics ARGS=--docs` writes."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from economics import report
from economics.month import Month
from economics.scales import Keeping, Result, Scale, in_cells, run

PAGE = Path(__file__).resolve().parents[1] / "docs/economics.md"
PLACE = re.compile(r"(<!-- ([\w-]+): `make economics` writes this -->\n).*?(<!-- end -->)", re.DOTALL)
STATED = "1,000, 100 hours"
LARGE = ("100,000", "1,000,000")


def small_scales(month: Month) -> list[Scale]:
    """What is simulated within seconds: the claims' 100 hours of 1,000 members, in sessions of half an hour."""
    few = replace(month, members=1000, sessions=0.2, hours=0.1)
    return [in_cells(STATED, few, keeping) for keeping in Keeping]


def all_scales(month: Month) -> list[Scale]:
    """Those of the document."""
    scales = small_scales(month)
    scales += [in_cells("1,000", replace(month, members=1000), keeping) for keeping in Keeping]
    keepings = (Keeping.TWO, Keeping.HOURS, Keeping.ANNOUNCED)
    scales += [in_cells("10,000", replace(month, members=10_000), keeping) for keeping in keepings]
    scales += [in_cells(each, replace(month, members=int(each.replace(",", ""))), Keeping.HOURS) for each in LARGE]
    return scales


def small_tables(month: Month) -> Mapping[str, str]:
    """The tables that are written for the small scales alone."""
    few = run(small_scales(month))
    return {"served-small": report.served(few), "costs-small": report.costs(few)}


def tables(results: Sequence[Result]) -> Mapping[str, str]:
    """By the name of their place."""
    few = [each for each in results if each.scale.name == STATED]
    rest = [each for each in results if each.scale.name != STATED]
    found = {"served-small": report.served(few), "costs-small": report.costs(few)} if few else {}
    hours = [each for each in rest if each.scale.keeping == Keeping.HOURS] or rest
    return {
        **found,
        "served": report.served(rest),
        "costs": report.costs(rest),
        "lines": report.lines(hours),
        "beside": report.beside(hours),
        "starts": report.starts(hours),
        "limits": report.at_limits(hours),
        "writes": report.writes(rest),
    }


def written(page: str, made: Mapping[str, str]) -> str:
    """The document with its tables as they should be. A place of no table that was made stays as it is."""

    def filled(place: re.Match[str]) -> str:
        return f"{place[1]}\n{made[place[2]]}\n\n{place[3]}" if place[2] in made else place[0]

    return PLACE.sub(filled, page)
