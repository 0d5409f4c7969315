"""Tables of simulated months, in Markdown."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from economics.costs import by_line, compared, total, workload_of
from economics.limits import limits, operations
from economics.month import HOUR, LENGTH
from economics.scales import REGIONS, Keeping, Result
from economics.tally import Tally, percentile
from shared.billing.price_list import US
from shared.economics.levers import levers
from shared.economics.line_words import PEERS
from shared.economics.ranges import Range

FEW = 10
"""Below it a use of a limit has decimals."""
EVERYWHERE = "both"
"""In place of a region, where the pool of both is the same."""
DEAREST = 12
"""Lines of the costs that are shown by themselves."""


def served(results: Iterable[Result]) -> str:
    """How members got their editors, and how many slots that took: of one cell, in the mean of its months. A row for
    each region, where its pool is another one."""
    rows = [
        "| members | pool | region | cells | slots of a cell | arrivals | no warm slot | own session | no time left "
        "| every slot in use | wait p50 "
        "| p95 | p99 | slots in use | at most | warm slots |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for region in result.scale.regions:
            where = region if len(result.scale.regions) > 1 else EVERYWHERE
            row = (result.scale.name, result.scale.pool, where, *_served(result, result.tallies[region]))
            rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


def _served(result: Result, tallies: Sequence[Tally]) -> Sequence[str]:
    wanted = sum(each.wanted for each in tallies)
    waits = sorted(wait for each in tallies for wait in each.waits)
    months = len(tallies)
    cells = f"{result.scale.cells}"
    cells += " (1 simulated)" if result.scale.cells > 1 else f" ({months} months)" if months > 1 else ""
    return (
        cells,
        f"{tallies[0].slots}",
        f"{wanted / months:,.0f}",
        f"{sum(each.cold for each in tallies) / months:,.0f} ({_cold_share(tallies)})",
        f"{sum(each.again for each in tallies) / months:,.0f}",
        f"{sum(each.no_time for each in tallies) / months:,.0f}",
        f"{sum(each.turned_away for each in tallies) / months:,.0f}",
        *(f"{percentile(waits, part):.1f} s" for part in (0.5, 0.95, 0.99)),
        f"{sum(each.in_use.area() for each in tallies) / LENGTH / months:.1f}",
        f"{max(each.in_use.top for each in tallies)}",
        f"{sum(each.kept.area() for each in tallies) / LENGTH / months:.1f}",
    )


def _cold_share(tallies: Sequence[Tally]) -> str:
    """Of all Opens that began a session."""
    return f"{sum(each.cold for each in tallies) / max(1, sum(each.claims for each in tallies)):.1%}"


def costs(results: Iterable[Result]) -> str:
    """US dollars a month, in both regions, at list prices and with the sellers' free tiers; and for each member, and
    for each hour with a browser."""
    heads = [f"{region} | with free tiers | a member | an hour" for region in REGIONS]
    rows = [f"| members | pool | {' | '.join(heads)} |", "|---|---" + "|---" * 4 * len(REGIONS) + "|"]
    for result in results:
        row, book = [result.scale.name, result.scale.pool], result.scale.book
        for region in REGIONS:
            tallies = result.tallies[region]
            connected = sum(each.connected for each in tallies) * result.scale.cells
            hours = Decimal(connected) / HOUR / len(tallies)
            whole = total(result, region, book)
            row += [
                dollars(whole),
                dollars(total(result, region, book, free_tiers=True)),
                dollars(whole * (Decimal(1) / result.scale.members), "0.001"),
                dollars(whole * (1 / hours), "0.001"),
            ]
        rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


def lines(results: Sequence[Result]) -> str:
    """The dearest lines of each, in the United States."""
    found = [{line.name: cost for line, cost in by_line(result, US, result.scale.book)} for result in results]
    names = list(found[-1])[:DEAREST]
    heads = [f"{result.scale.name}, {result.scale.pool}" for result in results]
    rows = [f"| dollars a month in us-central1 | {' | '.join(heads)} |", "|---" * (1 + len(results)) + "|"]
    rows += [f"| {name} | {' | '.join(dollars(each[name]) for each in found)} |" for name in names]
    rest = [_sum(cost for name, cost in each.items() if name not in names) for each in found]
    rows.append(f"| all others | {' | '.join(dollars(each) for each in rest)} |")
    return "\n".join(rows)


def beside(results: Sequence[Result]) -> str:
    """What the same arrivals cost elsewhere: dollars a month, and how many times Ondol's."""
    heads = [f"{result.scale.name} in {region}" for result in results for region in REGIONS]
    rows = [f"| | {' | '.join(heads)} |", "|---" * (1 + len(heads)) + "|"]
    cells = dict[str, list[str]]()
    for result in results:
        for region in REGIONS:
            ondol = total(result, region, result.scale.book)
            cells.setdefault("Ondol", []).append(dollars(ondol))
            for peer in compared(result, region, result.scale.book):
                times = peer.times_of(ondol)
                shown = f"{dollars(peer.cost)} ({times.low:.1f} to {times.high:.1f} times)"
                cells.setdefault(f"{peer.name} ({PEERS[peer.name][1]})", []).append(shown)
    rows += [f"| {name} | {' | '.join(row)} |" for name, row in cells.items()]
    return "\n".join(rows)


def starts(results: Iterable[Result]) -> str:
    """How many of the same arrivals wait for a start elsewhere. Ondol's pool is that of the United States."""
    rows = [
        "| members | pool | Ondol: no warm slot | a machine that stops after 30 idle minutes | its hours a member |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        found = result.machines
        wanted = sum(each.wanted for each in result.tallies[US])
        cold = sum(each.cold for each in result.tallies[US])
        hours = sum(each.hours for each in found) / (result.scale.month.members * len(found))
        started = sum(each.starts for each in found)
        rows.append(
            f"| {result.scale.name} | {result.scale.pool} | {cold / wanted:.1%} | {started / wanted:.1%} "
            f"| {hours:.1f} |"
        )
    return "\n".join(rows)


def at_limits(results: Iterable[Result]) -> str:
    """The busiest minute of the busiest cell, beside documented limits. The pool is that of the United States, which
    keeps more slots warm."""
    rows = ["| members | pool | Firestore: reads a second | writes a second | limit | used | of | part |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    for result in results:
        used = operations(result)
        for number, limit in enumerate(limits(result)):
            first = number == 0
            row = (
                result.scale.name if first else "",
                result.scale.pool if first else "",
                f"{used.reads:,.0f}" if first else "",
                f"{used.writes:,.0f}" if first else "",
                limit.what,
                f"{limit.used:,.0f}" if limit.used >= FEW else f"{limit.used:.2f}",
                f"{limit.limit:,.0f}",
                f"{limit.part:.0%}",
            )
            rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


def writes(results: Iterable[Result]) -> str:
    """Writes to the Admin API: how many a session takes, and in how many minutes the quota was spent. In the United
    States, where a pool keeps more slots warm."""
    rows = [
        "| members | pool | writes a session | in a minute, p50 | p99 | most | hours a month at the quota | refused |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        tallies = result.tallies[US]
        made = sorted(count for each in tallies for count in each.writes)
        claims = sum(each.claims for each in tallies)
        quota = result.scale.platform.writes_a_minute
        spent = sum(count >= quota for count in made) * 60_000 / HOUR / len(tallies)
        row = (
            result.scale.name,
            result.scale.pool,
            f"{sum(made) / max(1, claims):.2f}",
            f"{percentile(made, 0.5):.0f}",
            f"{percentile(made, 0.99):.0f}",
            f"{made[-1] if made else 0}",
            f"{spent:.1f}",
            f"{sum(each.refused_writes for each in tallies):,}",
        )
        rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


def saved(results: Sequence[Result]) -> str:
    """What each pool saves beside two warm slots at all times, and what other levers save with those two: dollars a
    month, in the middle of the range."""
    heads = [f"saves in {region} | no warm slot | wait p95" for region in REGIONS]
    rows = [f"| lever | {' | '.join(heads)} |", "|---" + "|---" * 3 * len(REGIONS) + "|"]
    two = next(result for result in results if result.scale.keeping == Keeping.TWO)
    book = two.scale.book
    for result in results:
        if result is not two:
            row = [result.scale.pool]
            for region in REGIONS:
                tallies = result.tallies[region]
                saves = total(two, region, book).middle - total(result, region, book).middle
                p95 = percentile((wait for each in tallies for wait in each.waits), 0.95)
                row += [f"{saves:.2f}", _cold_share(tallies), f"{p95:.1f} s"]
            rows.append(f"| {' | '.join(row)} |")
    workloads = [workload_of(two.scale.month, two.tallies[region][0], region) for region in REGIONS]
    for here, there in zip(*(levers(workload) for workload in workloads), strict=True):
        both = [each.saves(workload, book) for each, workload in zip((here, there), workloads, strict=True)]
        if any(both):  # levers of the pool change nothing here, where its hours were counted; they are simulated above
            rows.append(f"| {here.what} | {both[0]:.2f} | {here.noticed} | | {both[1]:.2f} | as there | |")
    return "\n".join(rows)


def dollars(amount: Range, unit: str = "") -> str:
    """As `67.15 to 77.86`; without cents from 1,000 on."""
    step = Decimal(unit) if unit else Decimal("0.01") if amount.high < 1000 else Decimal(1)
    low, high = (f"{bound.quantize(step):,}" for bound in (amount.low, amount.high))
    return low if low == high else f"{low} to {high}"


def _sum(ranges: Iterable[Range]) -> Range:
    whole = Range(Decimal(0), Decimal(0))
    for each in ranges:
        whole += each
    return whole
