"""The sheets of more and fewer members, and of what the same costs elsewhere."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from shared.billing.prices import PriceBook
from shared.economics.peers import STOPPING, WITHOUT_WARM, Peer, others, stopping
from shared.economics.ranges import NOTHING
from shared.economics.spreadsheet.book import BOUNDS, DOLLARS, Book, Bound, Place, Sheet, span
from shared.economics.spreadsheet.cost_sheet import AMOUNT, FREE, KEY, PER, Costs
from shared.economics.spreadsheet.cost_sheet import AT as COSTS_AT
from shared.economics.spreadsheet.price_sheet import Prices
from shared.economics.spreadsheet.quantities import LINES
from shared.economics.spreadsheet.quantity_sheet import Quantities, line_row
from shared.economics.spreadsheet.scopes import Scope

AT = 5
MEMBERS, WARM, COST, EACH, OTHER = AT, AT + 1, AT + 2, AT + 4, AT + 6
LINES_AT = AT + 36
PEERS: Mapping[str, str] = {
    "a server for each, always on": "{machine_always}+{disks}",
    "a small server for each, always on": "{small_always}+{disks}",
    STOPPING: "{machine_used}+{disks}",
    "GitHub Codespaces": "{codespaces}+{codespaces_disks}",
    "Google Cloud Workstations": "{cluster}+{fee}+{large_used}+{disks}",
}
EACH_MEMBER = '"$"#,##0.000'


class Other:
    """Writes both sheets with what they share."""

    def __init__(
        self, book: Book, quantities: Quantities, prices: Prices, costs: Costs, scopes: Sequence[Scope],
        price_book: PriceBook,
    ) -> None:  # fmt: skip
        self._book, self._quantities, self._prices, self._costs = book, quantities, prices, costs
        self._scopes, self._price_book = scopes, price_book

    def write_members(self, sheet: Sheet) -> None:
        sheet.title("members title", "members about")
        points = [number for number, scope in enumerate(self._scopes) if scope.point]
        sheet.widths(46, *[13] * (2 * len(points)))
        rows = ("row members", "row warm_slots", "cost low", "cost high", "each low", "each high", STOPPING)
        for row, key in enumerate(rows, AT):
            sheet.text(row, 0, sheet.say(key))
        for column, number in enumerate(points, 1):
            scope, costs = self._scopes[number], self._scopes[number].costs
            sheet.text(AT - 1, column, scope.title, bold=True, align="right", bg_color="#f0f3f6")
            members = Decimal(scope.workload.members)
            many = sheet.formula(MEMBERS, column, str(self._quantities.of("members", number, "low")), members)
            warm = self._quantities.of("warm_slots", number, "low")
            sheet.formula(WARM, column, str(warm), scope.workload.pool.warm[0])
            for side, bound in enumerate(BOUNDS):
                lines = (sheet.place(LINES_AT + at, 2 * column - 1 + side) for at in (0, len(LINES) - 1))
                value: Decimal = getattr(costs.total, bound)
                place = sheet.formula(COST + side, column, f"SUM({span(*lines)})", value, DOLLARS)
                sheet.formula(EACH + side, column, f"{place}/{many}", value / members, EACH_MEMBER)
            found = stopping(scope.workload, self._price_book) / members
            sheet.formula(OTHER, column, f"({self._formula(STOPPING, number)})/{many}", found, EACH_MEMBER)
        sheet.section(LINES_AT - 3, "costs by line")
        self._write_lines(sheet, LINES_AT, points)
        sheet.freeze(AT, 1)
        chart = self._book.chart({"type": "line"})
        names = f"={span(sheet.place(AT - 1, 1), sheet.place(AT - 1, len(points)))}"
        for row, color in ((EACH, "#f4b183"), (EACH + 1, "#c2410c"), (OTHER, "#0969da")):
            values = f"={span(sheet.place(row, 1), sheet.place(row, len(points)))}"
            look = {"line": {"color": color, "width": 2.25}, "marker": {"type": "circle", "fill": {"color": color}}}
            chart.add_series({"name": f"={sheet.place(row, 0)}", "categories": names, "values": values, **look})
        chart.set_title({"name": sheet.say("curve"), "name_font": {"size": 12}})
        chart.set_y_axis({"log_base": 10, "num_format": '"$"#,##0.00', "crossing": "min"})
        chart.set_x_axis({"name": sheet.say("row members")})
        chart.set_legend({"position": "top"})
        sheet.insert(OTHER + 2, 0, chart, 900, 440)

    def write_elsewhere(self, sheet: Sheet) -> None:
        sheet.title("elsewhere title", "elsewhere about")
        sheet.widths(46, 14, 14, 14, 14, 70)
        sheet.heads(AT - 1, ["where", "cost low", "cost high", "times low", "times high"])
        sheet.heads(AT - 1, ["what it is"], at=5)
        cold = next(number for number, scope in enumerate(self._scopes) if scope.cold)
        found = {peer.name: peer for peer in others(self._scopes[0].workload, self._price_book)}
        found[WITHOUT_WARM] = Peer(name=WITHOUT_WARM, cost=self._scopes[cold].costs.total)
        mine = self._scopes[0].costs.total
        row = AT
        for row, name in enumerate([*PEERS, WITHOUT_WARM], AT):
            sheet.text(row, 0, sheet.say(name))
            for side, bound in enumerate(BOUNDS):
                lines = (sheet.place(LINES_AT + at, 1 + side) for at in (0, len(LINES) - 1))
                formula = f"SUM({span(*lines)})" if name == WITHOUT_WARM else self._formula(name, 0)
                sheet.formula(row, 1 + side, formula, getattr(found[name].cost, bound), DOLLARS)
            times = found[name].times_of(mine) if mine.low else NOTHING
            for side, bound, of in ((0, "low", BOUNDS[1]), (1, "high", BOUNDS[0])):
                whole = self._costs.total(None, of)
                formula = f"IF({whole}=0,0,{sheet.place(row, 1 + side)}/{whole})"
                sheet.formula(row, 3 + side, formula, getattr(times, bound), "#,##0.0")
            sheet.text(row, 5, sheet.say(f"what {name}"), font_color="#6e7781")
        sheet.text(row + 1, 0, "Ondol", bold=True)
        for side, bound in enumerate(BOUNDS):
            total = self._costs.total(None, bound)
            sheet.formula(row + 1, 1 + side, str(total), getattr(mine, bound), DOLLARS, bold=True)
        sheet.section(LINES_AT - 3, "cold by line")
        self._write_lines(sheet, LINES_AT, [cold])
        chart = self._book.chart({"type": "bar"})
        names = f"={span(sheet.place(AT, 0), sheet.place(row + 1, 0))}"
        for column, color in ((1, "#f4b183"), (2, "#c2410c")):
            values = f"={span(sheet.place(AT, column), sheet.place(row + 1, column))}"
            key = f"={sheet.place(AT - 1, column)}"
            chart.add_series({"name": key, "categories": names, "values": values, "fill": {"color": color}, "gap": 60})
        chart.set_title({"name": sheet.say("elsewhere title"), "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": '"$"#,##0', "major_gridlines": {"visible": True, "line": {"color": "#d0d7de"}}})
        chart.set_legend({"position": "top"})
        sheet.insert(row + 3, 0, chart, 900, 420)

    def _formula(self, name: str, scope: int) -> str:
        members, hours, background, sessions = (
            str(self._quantities.of(each, scope, "low"))
            for each in ("members", "hours", "background_hours", "sessions")
        )
        used = f"{hours}+{background}+{sessions}*stops_after_hours"
        cost = self._prices.cost
        return PEERS[name].format(
            machine_always=cost("machine", f"{members}*month_hours"),
            small_always=cost("machine-small", f"{members}*month_hours"),
            machine_used=cost("machine", used),
            large_used=cost("machine-large", used),
            disks=cost("machine-disk", f"{members}*home_gib"),
            codespaces=cost("codespaces", used),
            codespaces_disks=cost("codespaces-storage", f"{members}*home_gib*2^30/10^9"),
            cluster=cost("workstations-cluster", "month_hours"),
            fee=cost("workstations-cpu", f"({used})*workstation_cpus"),
        )

    def _write_lines(self, sheet: Sheet, at: int, scopes: Sequence[int]) -> None:
        """What each line costs in each scope, with what is free of its price taken off, the first lines first."""
        for column, number in enumerate(scopes):
            title = self._scopes[number].title
            sheet.text(at - 2, 1 + 2 * column, title if self._scopes[number].point else sheet.say(title), bold=True)
        sheet.heads(at - 1, ["line", *["low", "high"] * len(scopes)])
        of_lines = [{each.name: each.cost for each in self._scopes[number].costs.lines} for number in scopes]
        for line, row in enumerate(LINES):
            sheet.text(at + line, 0, sheet.say(row.name))
            for column, (number, costs) in enumerate(zip(scopes, of_lines, strict=True)):
                for side, bound in enumerate(BOUNDS):
                    value = getattr(costs.get(row.name, NOTHING), bound)
                    sheet.formula(at + line, 1 + 2 * column + side, self._cost(line, number, bound), value, DOLLARS)

    def _cost(self, line: int, scope: int, bound: Bound) -> str:
        mine = self._quantities.of(line_row(LINES[line].name), scope, bound)
        first = self._quantities.of(line_row(LINES[0].name), scope, bound)
        above = [Place(each.sheet, each.row - 1, each.column) for each in (first, mine)]
        keys = span(Place(self._costs.sheet, COSTS_AT - 1, KEY), Place(self._costs.sheet, COSTS_AT + line - 1, KEY))
        key, free, amount, per = (self._costs.line(line, column) for column in (KEY, FREE, AMOUNT, PER))
        return f"MAX(0,{mine}-MAX(0,{free}-SUMIF({keys},{key},{span(*above)})))*{amount}/{per}"
