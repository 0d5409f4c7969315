"""The tables of docs/economics.md, which `make economics ARGS=--docs` writes."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from economics import model_report, report
from economics.month import Month
from economics.scales import Keeping, Result, Scale, in_cells

PAGE = Path(__file__).resolve().parents[1] / "docs/economics.md"
PLACE = re.compile(r"(<!-- ([\w-]+): `make economics` writes this -->\n).*?(<!-- end -->)", re.DOTALL)
STATED = "1,000, 100 hours"
DEARER = (Decimal("0.50"), Decimal(2))
"""US dollars that a miss may be worth too."""
LARGE = {"100,000": (20_000, 5), "1,000,000": (20_000, 50), "1,000,000 in smaller cells": (10_000, 100)}
"""Members of a cell, and how many cells. 20,000 are nearly as many as 1,000 slots serve; 10,000 have a scale of their
own, with the same cell."""
LIKE_ANOTHER = "100,000"
"""A scale whose cells are those of another one, and which is left out of tables that would say the same twice."""


def small_scales(month: Month) -> list[Scale]:
    """What is simulated within seconds: the claims' 100 hours of 1,000 members, in sessions of half an hour."""
    few = replace(month, members=1000, sessions=0.2, hours=0.1)
    return _each_pool(STATED, few)


def _each_pool(name: str, month: Month) -> list[Scale]:
    """Each way to keep slots warm, and the last two with misses that are worth more."""
    scales = [in_cells(name, month, keeping) for keeping in Keeping]
    dearer = [(keeping, miss) for miss in DEARER for keeping in (Keeping.HOURS, Keeping.ANNOUNCED)]
    return scales + [in_cells(name, month, keeping, miss=miss) for keeping, miss in dearer]


def all_scales(month: Month) -> list[Scale]:
    """Those of the document."""
    scales = small_scales(month)
    scales += _each_pool("1,000", replace(month, members=1000))
    keepings = (Keeping.HOURS, Keeping.ANNOUNCED)
    scales += [in_cells("10,000", replace(month, members=10_000), keeping) for keeping in keepings]
    scales += [
        Scale(name=name, month=replace(month, members=members), cells=cells, keeping=Keeping.HOURS)
        for name, (members, cells) in LARGE.items()
    ]
    return scales


def _small(few: Sequence[Result]) -> Mapping[str, str]:
    return {"served-small": report.served(few), "costs-small": report.costs(few), "saved-small": report.saved(few)}


def tables(results: Sequence[Result]) -> Mapping[str, str]:
    """By the name of their place."""
    few = [each for each in results if each.scale.name == STATED]
    rest = [each for each in results if each.scale.name != STATED]
    found = _small(few) if few else {}
    hours = [each for each in rest if each.scale.pool == Keeping.HOURS and each.scale.name != LIKE_ANOTHER] or rest
    book = results[0].scale.book
    return {
        "claims": model_report.claims(book),
        **found,
        "swings": model_report.swings(book),
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
