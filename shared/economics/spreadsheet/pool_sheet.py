"""The sheet of the pool: which part of all Opens finds no warm slot, by Erlang's formula B, and so how many slots the
points of the curve have."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from shared.billing.prices import MONTH_HOURS
from shared.economics.curve import MOST_WARM
from shared.economics.misses import misses
from shared.economics.spreadsheet.book import BOUNDS, PART, Bound, Place, Sheet, span
from shared.economics.spreadsheet.scopes import Scope
from shared.economics.workload import Workload
from shared.slots.pool_size import erlang_b

AT = 9
"""The row without warm slots. The last row has one more than is ever counted."""
LOADS, CHOSEN, SHARES, HEADS = 4, 5, 6, 8


class Pool(Struct, frozen=True):
    """Where the sheet has the misses of each scope. The places are known before the cells are written."""

    sheet: str
    columns: Mapping[int, int]
    """The column of each scope, by the scope's number."""

    def fewest(self, scope: int) -> str:
        """The formula of the fewest slots with few enough misses."""
        column = self.columns[scope]
        shares = span(Place(self.sheet, AT, column), Place(self.sheet, AT + MOST_WARM - 1, column))
        return f'COUNTIF({shares},">"&miss_share)'

    def misses(self, bound: Bound) -> Place:
        """Opens of a month that find no warm slot, of everybody: if refills are short, and if they are long."""
        return Place(self.sheet, SHARES, 1 if bound == "low" else 2)


def laid_out(sheet: str, scopes: Sequence[Scope]) -> Pool:
    points = [number for number, scope in enumerate(scopes) if scope.point]
    return Pool(sheet, {number: column for column, number in enumerate(points, 3)})


def write_pool(sheet: Sheet, pool: Pool, row_of: Callable[[str, int, Bound], Place], scopes: Sequence[Scope]) -> None:
    """The cells of the sheet. `row_of(name, scope, bound)` is a cell of the sheet of quantities."""
    sheet.title("pool title", "pool about")
    sheet.widths(46, *[14] * (2 + len(pool.columns)))
    for row, key in ((LOADS, "opens while refilled"), (CHOSEN, "warm slots"), (SHARES, "opens without a warm slot")):
        sheet.text(row, 0, sheet.say(key))
    sheet.heads(HEADS - 5, ["", "everybody, short refill", "everybody, long refill"])
    sheet.heads(HEADS, ["share without a warm slot", *[""] * (2 + len(pool.columns))])
    for slots in range(MOST_WARM + 1):
        sheet.text(AT + slots, 0, sheet.say("with slots").format(slots))
    workload = scopes[0].workload
    missed = misses(workload)
    for column, bound in enumerate(BOUNDS, 1):
        _write_shares(sheet, column, workload, row_of("sessions", 0, "low"), bound)
        sheet.formula(CHOSEN, column, str(row_of("warm_slots", 0, "low")), workload.pool.warm[0])
        shares = span(sheet.place(AT, column), sheet.place(AT + MOST_WARM, column))
        kept = sheet.place(CHOSEN, column)
        found = f"{row_of('sessions', 0, 'low')}*INDEX({shares},MIN({kept},{MOST_WARM})+1)"
        sheet.formula(SHARES, column, found, getattr(missed, bound), "#,##0.0")
    for number, column in pool.columns.items():
        each = scopes[number].workload
        sheet.text(HEADS - 5, column, scopes[number].title, bold=True, align="right", bg_color="#f0f3f6")
        _write_shares(sheet, column, each, row_of("sessions", number, "low"), "high")
        sheet.formula(CHOSEN, column, str(row_of("warm_slots", number, "low")), each.pool.warm[0])
        shares = span(sheet.place(AT, column), sheet.place(AT + MOST_WARM, column))
        found = f"{row_of('sessions', number, 'low')}*INDEX({shares},{sheet.place(CHOSEN, column)}+1)"
        sheet.formula(SHARES, column, found, misses(each).high, "#,##0.0")
    sheet.freeze(AT, 1)


def _write_shares(sheet: Sheet, column: int, workload: Workload, sessions: Place, bound: Bound) -> None:
    """The load of a scope, and below it the share of misses with 0 slots, 1, and so on."""
    seconds: Decimal = getattr(workload.pool.refill, bound)
    load = workload.sessions / MONTH_HOURS * seconds / 3600
    place = sheet.formula(LOADS, column, f"{sessions}/month_hours*refill_{bound}/3600", load)
    before = sheet.number(AT, column, 1, PART)
    for slots in range(1, MOST_WARM + 1):
        share = Decimal(repr(erlang_b(slots, float(load))))
        formula = f"{place}*{before}/({slots}+{place}*{before})"
        before = sheet.formula(AT + slots, column, formula, share, PART)
