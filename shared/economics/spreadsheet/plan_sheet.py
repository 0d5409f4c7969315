"""The sheet of plans: what each earns and costs, its margin, and where all of it breaks even."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from shared.billing.plans import PLANS
from shared.billing.prices import PriceBook
from shared.economics.costs import Driver
from shared.economics.margins import BreakEven, Result, break_even_of, caused_by_line, earn_of
from shared.economics.ranges import NOTHING, Range
from shared.economics.spreadsheet.book import BOUNDS, DOLLARS, Book, Sheet, Value, span
from shared.economics.spreadsheet.cost_sheet import COST, Costs
from shared.economics.spreadsheet.inputs import Inputs
from shared.economics.spreadsheet.price_sheet import Prices
from shared.economics.spreadsheet.quantities import LINES, USE
from shared.economics.spreadsheet.quantity_sheet import Quantities, line_row
from shared.economics.spreadsheet.scopes import Scope
from shared.economics.workload import Workload

COLUMNS = (
    "plan", "plan members", "accounts", "price", "revenue", "fees", "use low", "use high", "share low", "share high",
    "contribution worst", "contribution best", "margin worst", "margin best",
)  # fmt: skip
AT = 5
ALL = AT + len(PLANS)
EVEN = ALL + 2
LINES_AT = ALL + 28
USED = [(number, line) for number, line in enumerate(LINES) if line.driver == USE]
REVENUE, FEES, CAUSED, SHARE, CONTRIBUTION, MARGIN = 4, 5, 6, 8, 10, 12


def write_plans(
    book: Book, sheet: Sheet, inputs: Inputs, quantities: Quantities, prices: Prices, costs: Costs,
    scopes: Sequence[Scope], price_book: PriceBook,
) -> None:  # fmt: skip
    """The cells of the sheet."""
    workload = scopes[0].workload
    sheet.title("plans title", "plans about")
    sheet.widths(38, *[14] * 13)
    sheet.heads(AT - 1, COLUMNS)
    alone = {each.plan: each.costs for each in scopes if each.plan}
    result = earn_of(workload, scopes[0].costs, alone, price_book)
    for at, name in enumerate(PLANS):
        _write_plan(sheet, at, name, inputs, quantities, prices, costs, workload, result)
    _write_all(sheet, result, workload)
    _write_break_even(sheet, quantities, costs, break_even_of(result, workload.members))
    caused = {name: caused_by_line(scopes[0].costs, costs_of_plan) for name, costs_of_plan in alone.items()}
    _write_lines(sheet, quantities, costs, caused)
    sheet.freeze(AT, 1)
    chart = book.chart({"type": "column"})
    names = f"={span(sheet.place(AT, 0), sheet.place(ALL - 1, 0))}"
    for column, color in ((MARGIN, "#f4b183"), (MARGIN + 1, "#c2410c")):
        values = f"={span(sheet.place(AT, column), sheet.place(ALL - 1, column))}"
        name = f"={sheet.place(AT - 1, column)}"
        chart.add_series({"name": name, "categories": names, "values": values, "fill": {"color": color}, "gap": 80})
    chart.set_title({"name": sheet.say("margin by plan"), "name_font": {"size": 12}})
    chart.set_y_axis({"num_format": '"$"#,##0', "major_gridlines": {"visible": True, "line": {"color": "#d0d7de"}}})
    chart.set_x_axis({"label_position": "low"})
    chart.set_legend({"position": "top"})
    sheet.insert(EVEN + 4, 0, chart, 900, 380)


def _write_plan(
    sheet: Sheet, at: int, name: str, inputs: Inputs, quantities: Quantities, prices: Prices, costs: Costs,
    workload: Workload, result: Result,
) -> None:  # fmt: skip
    row, plan, found = AT + at, workload.plans[name], result.plans[name]
    members, accounts, price = (inputs.plans[field][at] for field in ("members", "accounts", "price"))
    sheet.text(row, 0, PLANS[name].title)
    sheet.formula(row, 1, str(members), plan.members)
    sheet.formula(row, 2, str(accounts), plan.payers)
    asked = Decimal(str(PLANS[name].price)) if plan.price is None else plan.price
    sheet.formula(row, 3, str(price), asked, DOLLARS)
    revenue = sheet.formula(row, REVENUE, f"{price}*{accounts}", found.revenue, DOLLARS)
    shares = "+".join(prices.cost(each, str(revenue)) for each in ("payment-share", "subscription-share"))
    fees = f"IF({revenue}=0,0,{shares}+{prices.cost('payment', str(accounts))})"
    paid = sheet.formula(row, FEES, fees, found.fees, DOLLARS)
    everybody = quantities.of("members", 0, "low")
    for side, bound in enumerate(BOUNDS):
        lines = (sheet.place(LINES_AT + line, 1 + 2 * at + side) for line in (0, len(USED) - 1))
        use = sheet.formula(row, CAUSED + side, f"SUM({span(*lines)})", getattr(found.use, bound), DOLLARS)
        part = f"IF({everybody}=0,0,{costs.total(Driver.STANDING, bound)}*{members}/{everybody})"
        share = sheet.formula(row, SHARE + side, part, getattr(found.standing, bound), DOLLARS)
        worst = bound == "high"
        left = found.contribution.worst if worst else found.contribution.best
        over = found.margin.worst if worst else found.margin.best
        sheet.formula(row, CONTRIBUTION + (not worst), f"{revenue}-{paid}-{use}", left, DOLLARS)
        sheet.formula(row, MARGIN + (not worst), f"{revenue}-{paid}-{use}-{share}", over, DOLLARS, bold=True)


def _write_all(sheet: Sheet, result: Result, workload: Workload) -> None:
    standing, use = result.costs.part(Driver.STANDING), result.costs.part(Driver.USE)
    if not workload.members:
        standing = NOTHING
    earned = result.revenue - result.fees
    values: Mapping[int, Value] = {
        1: workload.members,
        2: sum(plan.payers for plan in workload.plans.values()),
        REVENUE: result.revenue,
        FEES: result.fees,
        CAUSED: use.low,
        CAUSED + 1: use.high,
        SHARE: standing.low,
        SHARE + 1: standing.high,
        CONTRIBUTION: earned - use.high,
        CONTRIBUTION + 1: earned - use.low,
        MARGIN: earned - use.high - standing.high,
        MARGIN + 1: earned - use.low - standing.low,
    }
    sheet.text(ALL, 0, sheet.say("total all"), bold=True)
    for column, value in values.items():
        formula = f"SUM({span(sheet.place(AT, column), sheet.place(ALL - 1, column))})"
        form = "#,##0" if column < REVENUE else DOLLARS
        sheet.formula(ALL, column, formula, value, form, bold=True, top=1)


def _write_break_even(sheet: Sheet, quantities: Quantities, costs: Costs, found: BreakEven) -> None:
    members = quantities.of("members", 0, "low")
    for row, (key, column, bound, value) in enumerate(
        (("even best", CONTRIBUTION + 1, BOUNDS[0], found.best), ("even worst", CONTRIBUTION, BOUNDS[1], found.worst)),
        EVEN,
    ):
        sheet.text(row, 0, sheet.say(key))
        earned = sheet.place(ALL, column)
        needed = f"ROUNDUP({costs.total(Driver.STANDING, bound)}*{members}/{earned},0)"
        never = sheet.say("never")
        sheet.formula(row, 1, f'IF({earned}<=0,"{never}",{needed})', never if value is None else value, "#,##0")


def _write_lines(sheet: Sheet, quantities: Quantities, costs: Costs, caused: Mapping[str, Mapping[str, Range]]) -> None:
    """What each plan causes of each line: of its costs the part of its quantity."""
    sheet.section(LINES_AT - 3, "use by line")
    for at, name in enumerate(PLANS):
        sheet.text(LINES_AT - 2, 1 + 2 * at, PLANS[name].title, bold=True)
    sheet.heads(LINES_AT - 1, ["line", *["low", "high"] * len(PLANS)])
    for row, (number, line) in enumerate(USED, LINES_AT):
        sheet.text(row, 0, sheet.say(line.name))
        for at, name in enumerate(PLANS):
            found = caused[name].get(line.name, NOTHING)
            parts = [_part(quantities, costs, number, at + 1, side) for side in (0, 1)]
            sheet.formula(row, 1 + 2 * at, f"MIN({','.join(parts)})", found.low, DOLLARS)
            sheet.formula(row, 2 + 2 * at, f"MAX({','.join(parts)})", found.high, DOLLARS)


def _part(quantities: Quantities, costs: Costs, number: int, scope: int, side: int) -> str:
    name = line_row(LINES[number].name)
    whole, mine = (quantities.of(name, each, BOUNDS[side]) for each in (0, scope))
    return f"IF({whole}=0,0,{costs.line(number, COST + side)}*{mine}/{whole})"
