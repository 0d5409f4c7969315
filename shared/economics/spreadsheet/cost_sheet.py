"""The sheet of costs: line by line for everybody, with where each comes from."""

from decimal import Decimal

from msgspec import Struct

from shared.economics.costs import Driver, Line
from shared.economics.ranges import NOTHING
from shared.economics.spreadsheet.book import BOUNDS, DOLLARS, Book, Bound, Place, Sheet, span
from shared.economics.spreadsheet.price_sheet import PRICE, Prices
from shared.economics.spreadsheet.quantities import LINES, LineRow
from shared.economics.spreadsheet.quantity_sheet import Quantities, line_row
from shared.economics.spreadsheet.scopes import Scope

AT = 5
COLUMNS = (
    "line", "driver", "quantity low", "quantity high", "unit", "price name", "price applies", "per", "free applies",
    "paid low", "paid high", "cost low", "cost high", "cost middle", "why",
)  # fmt: skip
DRIVER, LOW, UNIT, KEY, AMOUNT, PER, FREE, PAID, COST, MIDDLE, WHY = 1, 2, 4, 5, 6, 7, 8, 9, 11, 13, 14
LAST = AT + len(LINES) - 1
TOTALS = {None: LAST + 1, Driver.STANDING: LAST + 2, Driver.USE: LAST + 3}
MEMBER, HOUR = LAST + 5, LAST + 6


class Costs(Struct, frozen=True):
    """Where the sheet of costs has what other sheets take. The places are known before the cells are written."""

    sheet: str

    def line(self, number: int, column: int) -> Place:
        return Place(self.sheet, AT + number, column)

    def total(self, driver: Driver | None, bound: Bound) -> Place:
        return Place(self.sheet, TOTALS[driver], COST + (bound == "high"))

    def of_driver(self, column: int, driver: Driver) -> str:
        """The formula of the sum of one column over the lines of a driver."""
        drivers = span(self.line(0, DRIVER), self.line(len(LINES) - 1, DRIVER))
        return f'SUMIF({drivers},"{driver}",{span(self.line(0, column), self.line(len(LINES) - 1, column))})'


def write_costs(book: Book, sheet: Sheet, quantities: Quantities, prices: Prices, scope: Scope) -> Costs:
    sheet.title("costs title", "costs about")
    sheet.widths(38, 10, 15, 15, 20, 21, 14, 11, 15, 15, 15, 12, 12, 12, 70)
    sheet.heads(AT - 1, COLUMNS)
    costs, lines = Costs(sheet.name), {line.name: line for line in scope.costs.lines}
    for number, line in enumerate(LINES):
        _write_line(sheet, AT + number, line, lines.get(line.name), quantities, prices)
    for driver, row in TOTALS.items():
        sheet.text(row, 0, sheet.say(f"total {driver or 'all'}"), bold=True)
        found = scope.costs.total if driver is None else scope.costs.part(driver)
        for column, value in ((COST, found.low), (COST + 1, found.high), (MIDDLE, found.middle)):
            whole = f"SUM({span(costs.line(0, column), costs.line(len(LINES) - 1, column))})"
            formula = whole if driver is None else costs.of_driver(column, driver)
            sheet.formula(row, column, formula, value, DOLLARS, bold=True, **({"top": 1} if driver is None else {}))
    for row, key, name, shared_by in (
        (MEMBER, "for each member", "members", Decimal(scope.workload.members)),
        (HOUR, "for each hour", "hours", scope.workload.hours),
    ):
        sheet.text(row, 0, sheet.say(key))
        for column, value in ((COST, scope.costs.total.low), (COST + 1, scope.costs.total.high)):
            by = quantities.of(name, 0, "low")
            formula = f"IF({by}=0,0,{sheet.place(TOTALS[None], column)}/{by})"
            sheet.formula(row, column, formula, value / shared_by if shared_by else Decimal(0), '"$"#,##0.0000')
    sheet.freeze(AT, 1)
    _chart_lines(book, sheet)
    return costs


def _write_line(
    sheet: Sheet, row: int, line: LineRow, found: Line | None, quantities: Quantities, prices: Prices
) -> None:
    """A line. The model has none where the settings leave it out: then its quantity is 0 here."""
    sheet.text(row, 0, sheet.say(line.name))
    sheet.text(row, DRIVER, str(line.driver), font_color="#6e7781")
    quantity = NOTHING if found is None else found.quantity
    for column, bound in enumerate(BOUNDS, LOW):
        sheet.formula(row, column, str(quantities.of(line_row(line.name), 0, bound)), getattr(quantity, bound))
    key = sheet.place(row, KEY)
    known = line.price if found is None else found.price.name
    if line.by_instance is None:
        sheet.text(row, KEY, line.price, font_name="Consolas")
    else:
        chosen = f'IF(by_instance=1,"{line.by_instance}","{line.price}")'
        sheet.formula(row, KEY, chosen, known, font_name="Consolas")
    amount, per, unit, free = prices.known[known]
    sheet.formula(row, UNIT, prices.of("unit", key), unit)
    sheet.formula(row, AMOUNT, prices.of("amount", key), amount, PRICE)
    sheet.formula(row, PER, prices.of("per", key), per)
    sheet.formula(row, FREE, prices.of("free", key), free)
    paid, cost = (NOTHING, NOTHING) if found is None else (found.paid, found.cost)
    keys = span(sheet.place(AT - 1, KEY), sheet.place(row - 1, KEY))
    for at, bound in enumerate(BOUNDS):
        mine = sheet.place(row, LOW + at)
        before = f"SUMIF({keys},{key},{span(sheet.place(AT - 1, LOW + at), sheet.place(row - 1, LOW + at))})"
        left = f"MAX(0,{sheet.place(row, FREE)}-{before})"
        sheet.formula(row, PAID + at, f"MAX(0,{mine}-{left})", getattr(paid, bound))
        formula = f"{sheet.place(row, PAID + at)}*{sheet.place(row, AMOUNT)}/{sheet.place(row, PER)}"
        sheet.formula(row, COST + at, formula, getattr(cost, bound), DOLLARS)
    both = f"({sheet.place(row, COST)}+{sheet.place(row, COST + 1)})/2"
    sheet.formula(row, MIDDLE, both, cost.middle, DOLLARS)
    sheet.text(row, WHY, sheet.say(f"why {line.name}"), font_color="#6e7781")


def _chart_lines(book: Book, sheet: Sheet) -> None:
    chart = book.chart({"type": "bar", "subtype": "clustered"})
    names = f"={span(sheet.place(AT, 0), sheet.place(LAST, 0))}"
    for column, key, color in ((COST, "low", "#f4b183"), (COST + 1, "high", "#c2410c")):
        values = f"={span(sheet.place(AT, column), sheet.place(LAST, column))}"
        look = {"fill": {"color": color}, "gap": 40}
        chart.add_series({"name": sheet.say(f"cost {key}"), "categories": names, "values": values, **look})
    chart.set_title({"name": sheet.say("costs title"), "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "interval_unit": 1})
    chart.set_x_axis({"num_format": '"$"#,##0', "major_gridlines": {"visible": True, "line": {"color": "#d0d7de"}}})
    chart.set_legend({"position": "top"})
    sheet.insert(HOUR + 2, 0, chart, 900, 1100)
