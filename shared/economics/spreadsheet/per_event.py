"""The sheet of what each event uses."""

from collections.abc import Callable, Sequence

from shared.economics.quantities import USES, Event, Use
from shared.economics.ranges import Range
from shared.economics.spreadsheet.book import Bound, Sheet, span
from shared.economics.spreadsheet.quantities import EVENTS, SCHEDULED

FIELDS = Use.__struct_fields__
AT = 5
PerEvent = Callable[[str, Bound, Sequence[Event]], str]
"""The range of a field over events that stand below each other."""


def write_per_event(sheet: Sheet) -> PerEvent:
    sheet.title("per event title", "per event about")
    sheet.widths(44, *[11] * (2 * len(FIELDS)))
    for number, field in enumerate(FIELDS):
        sheet.heads(AT - 2, [f"use {field}", ""], at=1 + 2 * number)
    sheet.heads(AT - 1, ["event", *["low", "high"] * len(FIELDS)])
    rows = {event: row for row, event in enumerate([*EVENTS, *SCHEDULED], AT)}
    for event, row in rows.items():
        sheet.text(row, 0, sheet.say(f"event {event}"))
        for number, field in enumerate(FIELDS):
            used: Range = getattr(USES[event], field)
            sheet.given(row, 1 + 2 * number, used.low)
            sheet.given(row, 2 + 2 * number, used.high)
    sheet.freeze(AT, 1)

    def column(field: str, bound: Bound, events: Sequence[Event]) -> str:
        at = 1 + 2 * FIELDS.index(field) + (bound == "high")
        return span(sheet.place(rows[events[0]], at), sheet.place(rows[events[-1]], at))

    return column
