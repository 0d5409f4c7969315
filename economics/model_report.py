"""Tables of what the model says by itself, without a simulated month, in Markdown."""

from economics.report import dollars
from economics.scales import REGIONS
from shared.billing.prices import PriceBook
from shared.economics.claims import CLAIMS, verdicts, working
from shared.economics.ranges import Range
from shared.economics.tornado import Swing, tornado

LARGEST = 12
"""Inputs that are shown."""


def claims(book: PriceBook) -> str:
    """What was claimed of 1,000 members, and what the model says of it in each region, at list prices and with the
    sellers' free tiers. What costs more than was claimed is in bold."""
    heads = [f"{region} | with free tiers" for region in REGIONS]
    rows = [f"| claim | claimed | {' | '.join(heads)} | holds |", "|---|---" + "|---" * (2 * len(REGIONS) + 1) + "|"]
    found = [verdicts(region, book, free_tiers=free) for region in REGIONS for free in (False, True)]
    for number, claim in enumerate(CLAIMS):
        each = [column[number] for column in found]
        cells = [dollars(verdict.found) if verdict.holds else f"**{dollars(verdict.found)}**" for verdict in each]
        held = sum(verdict.holds for verdict in each)
        holds = "yes" if held == len(each) else "in part" if held else "no"
        rows.append(f"| {claim.what} | {_claimed(claim.dollars)} | {' | '.join(cells)} | {holds} |")
    return "\n".join(rows)


def _claimed(claimed: Range) -> str:
    if claimed.low == claimed.high:
        return dollars(claimed)
    return f"up to {claimed.high}" if claimed.low == 0 else f"{claimed.low} to {claimed.high}"


def swings(book: PriceBook) -> str:
    """What a change of each input does to the month of 1,000 members who work for 5 hours each: the largest first, by
    what it does in the first region."""
    heads = [f"{region}: low | high | difference" for region in REGIONS]
    rows = [f"| input | {' | '.join(heads)} |", "|---" + "|---" * 3 * len(REGIONS) + "|"]
    first, *others = (tornado(working(region), book) for region in REGIONS)
    for swing in first[:LARGEST]:
        same = [swing, *(next(each for each in other if each.input == swing.input) for other in others)]
        rows.append(f"| {swing.input} | {' | '.join(_shown(each) for each in same)} |")
    return "\n".join(rows)


def _shown(swing: Swing) -> str:
    return f"{swing.low:.0f} | {swing.high:.0f} | {swing.width:.0f}"
