"""The sheet of quantities: what drives the costs, how often events happen, what they use, and the quantity of each
line, for everybody and for each other scope."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from shared.billing.plans import PLANS
from shared.economics.costs import Estimate
from shared.economics.events import events_of_members, scheduled_events, total
from shared.economics.ranges import NOTHING, Range, exactly
from shared.economics.spreadsheet.book import BOUNDS, Bound, Place, Sheet, span
from shared.economics.spreadsheet.inputs import Inputs
from shared.economics.spreadsheet.per_event import FIELDS, PerEvent
from shared.economics.spreadsheet.pool_sheet import Pool
from shared.economics.spreadsheet.quantities import DRIVERS, EVENTS, LINES, SCHEDULED, filled, row_name
from shared.economics.spreadsheet.scopes import Scope
from shared.economics.workload import Workload


def line_row(line: str) -> str:
    """The name of a line's row. A line may have the name of an event, or of what events use."""
    return f"line {line}"


OF_SCHEDULED = ("reads", "writes", "class_a", "seconds")
SECTIONS: Mapping[str, Sequence[str]] = {
    "members by plan": [f"plan_{name}" for name in PLANS],
    "what drives": [
        "members",
        "sessions",
        "hours",
        "background_hours",
        "waiting_hours",
        "checks",
        "stored",
        "warm_slots",
        "slots_at_most",
        *DRIVERS,
    ],
    "events of a month": [row_name(event) for event in (*EVENTS, *SCHEDULED)],
    "what events use": [*FIELDS, *(f"scheduled_{field}" for field in OF_SCHEDULED)],
    "quantities of lines": [line_row(line.name) for line in LINES],
}
"""The rows below each heading."""


class Quantities(Struct, frozen=True):
    """Where the sheet has each row of each scope. The places are known before the cells are written."""

    sheet: str
    rows: Mapping[str, int]

    def of(self, name: str, scope: int, bound: Bound) -> Place:
        return Place(self.sheet, self.rows[name], 1 + 2 * scope + (bound == "high"))


def laid_out(sheet: str) -> Quantities:
    rows, at = dict[str, int](), 4
    for names in SECTIONS.values():
        for row, name in enumerate(names, at + 2):
            rows[name] = row
        at += len(names) + 2
    return Quantities(sheet, rows)


def write_quantities(sheet: Sheet, inputs: Inputs, per_event: PerEvent, pool: Pool, scopes: Sequence[Scope]) -> None:
    """The cells of the sheet."""
    sheet.title("quantities title", "quantities about")
    sheet.widths(40, *[14] * (2 * len(scopes)))
    quantities = laid_out(sheet.name)
    for key, names in SECTIONS.items():
        sheet.section(quantities.rows[names[0]] - 1, key)
        for name in names:
            sheet.text(quantities.rows[name], 0, _said(sheet, key, name))
    for number, scope in enumerate(scopes):
        title = PLANS[scope.plan].title if scope.plan else scope.title if scope.point else sheet.say(scope.title)
        sheet.text(3, 1 + 2 * number, title, bold=True)
        for column, bound in enumerate(BOUNDS, 1 + 2 * number):
            sheet.text(4, column, sheet.say(bound), bold=True, align="right", bg_color="#f0f3f6")
        _Column(sheet, quantities, inputs, per_event, pool).write(number, scope)
    sheet.freeze(5, 1)


def _said(sheet: Sheet, section: str, name: str) -> str:
    if section == "members by plan":
        return PLANS[name.removeprefix("plan_")].title
    if section == "events of a month":
        return sheet.say(f"event {name.replace('_', ' ')}")
    return sheet.say(name.removeprefix("line ") if section == "quantities of lines" else f"row {name}")


class _Column:
    """Writes the two columns of one scope."""

    def __init__(self, sheet: Sheet, quantities: Quantities, inputs: Inputs, per_event: PerEvent, pool: Pool) -> None:
        self._sheet, self._quantities, self._inputs = sheet, quantities, inputs
        self._per_event, self._pool = per_event, pool

    def write(self, number: int, scope: Scope) -> None:
        values = dict(_values(scope.workload, scope.costs))
        for bound in BOUNDS:

            def row(name: str, bound: Bound = bound) -> str | None:
                known = name in self._quantities.rows
                return self._local(name, number, bound) if known else None

            for name, formula in self._formulas(number, scope, bound):
                place = self._quantities.of(name, number, bound)
                self._sheet.formula(place.row, place.column, filled(formula, bound, row), getattr(values[name], bound))

    def _local(self, name: str, number: int, bound: Bound) -> str:
        """The cell within this sheet."""
        return str(self._quantities.of(name, number, bound)).rpartition("!")[2].replace("$", "")

    def _formulas(self, number: int, scope: Scope, bound: Bound) -> Iterator[tuple[str, str]]:
        members = span(
            self._quantities.of("plan_free", number, bound), self._quantities.of(f"plan_{[*PLANS][-1]}", number, bound)
        )
        for at, name in enumerate(PLANS):
            yield f"plan_{name}", self._of_plan(scope, name, at)

        def sums(*fields: str) -> str:
            return f"SUMPRODUCT({','.join([members, *map(self._inputs.column, fields)])})"

        yield "members", f"SUM({members})"
        yield "sessions", sums("sessions")
        yield "hours", sums("hours")
        yield "background_hours", sums("background_hours")
        yield "waiting_hours", f"leaving~*{sums('sessions', 'idle')}/3600"
        worked = "+".join(self._inputs.column(field) for field in ("hours", "background_hours"))
        yield "checks", f"SUMPRODUCT({members},({worked})/{self._inputs.column('idle')})*3600"
        yield "stored", sums(f"stored_{bound}")
        yield "warm_slots", self._pool.fewest(number) if scope.point else "0" if scope.cold else "warm"
        yield "slots_at_most", "MAX(most,warm_slots)" if scope.point else "most"
        yield from DRIVERS.items()
        for event, formula in (*EVENTS.items(), *SCHEDULED.items()):
            yield row_name(event), formula
        for field in FIELDS:
            yield field, self._used(field, number, bound, scheduled=False)
        for field in OF_SCHEDULED:
            yield f"scheduled_{field}", self._used(field, number, bound, scheduled=True)
        for line in LINES:
            yield line_row(line.name), line.quantity

    def _of_plan(self, scope: Scope, name: str, at: int) -> str:
        cell, all_members = self._inputs.plans["members"][at], self._inputs.column("members")
        if scope.point:
            return f"ROUND({scope.point}*{cell}/SUM({all_members}),0)"
        return str(cell) if scope.plan in (None, name) else "0"

    def _used(self, field: str, number: int, bound: Bound, *, scheduled: bool) -> str:
        events = [*SCHEDULED] if scheduled else [*EVENTS]
        counts = span(*(self._quantities.of(row_name(events[at]), number, bound) for at in (0, -1)))
        return f"SUMPRODUCT({self._per_event(field, bound, events)},{counts})"


def _values(workload: Workload, costs: Estimate) -> Iterator[tuple[str, Range]]:
    """What the model says of each row."""
    plans = workload.plans
    for name in PLANS:
        yield f"plan_{name}", exactly(plans[name].members if name in plans else 0)
    yield "members", exactly(workload.members)
    yield "sessions", exactly(workload.sessions)
    yield "hours", exactly(workload.hours)
    yield "background_hours", exactly(workload.background_hours)
    yield "waiting_hours", workload.waiting_hours
    checks = (
        plan.members * (plan.hours + plan.background_hours) * 3600 / Decimal(PLANS[name].idle)
        for name, plan in plans.items()
    )
    yield "checks", exactly(sum(checks, Decimal(0)))
    stored = NOTHING
    for plan in plans.values():
        stored += plan.stored * plan.members
    yield "stored", stored
    yield "warm_slots", exactly(workload.pool.warm[0])
    yield "slots_at_most", exactly(workload.pool.most)
    yield "worked_hours", exactly(workload.worked_hours)
    yield "claimed_hours", workload.claimed_hours
    yield "open_at_once", workload.open_at_once
    events, scheduled = events_of_members(workload), scheduled_events(workload)
    for event, count in (*events.items(), *scheduled.items()):
        yield row_name(event), count
    for field in FIELDS:
        yield field, total(events, field)
    for field in OF_SCHEDULED:
        yield f"scheduled_{field}", total(scheduled, field)
    quantities = {line.name: line.quantity for line in costs.lines}
    for row in LINES:
        yield line_row(row.name), quantities.get(row.name, NOTHING)
