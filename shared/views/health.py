"""Which of Ondol's figures are healthy: one table of ranges, and the figures beside it."""

import math
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.sessions.session import EndReason, Session
from shared.slots.levers import PoolSize
from shared.slots.slot import SlotState


class Measure(StrEnum):
    """A figure that operators are shown."""

    OPEN_SESSIONS = "open-sessions"
    WARM = "warm"
    """Warm slots that nobody has claimed."""
    RECYCLING = "recycling"
    """Slots that get a fresh container."""
    QUARANTINED = "quarantined"
    FREE = "free"
    """Slots that may still be claimed or made, as a part of the most that may exist."""
    FAILED_INCARNATIONS = "failed-incarnations"
    """Containers of free slots that failed one after another, at the slot where they are most."""
    MISSES = "misses"
    """Opens that found no warm slot, or none at all, as a part of all. A member who was refused counts once."""
    REFUSED = "refused"
    """Members who found every slot in use."""
    ERRORS = "errors"
    """Opens that came to nothing, as a part of all."""
    LOST = "lost"
    """Sessions whose container was lost while a member worked, as a part of all."""
    HELLO_P50 = "hello-p50"
    HELLO_P95 = "hello-p95"
    """Seconds from the claim until the container said hello."""
    FILES_P50 = "files-p50"
    FILES_P95 = "files-p95"
    """Seconds from the hello until the first files are on disk."""
    OPEN_P50 = "open-p50"
    OPEN_P95 = "open-p95"
    """Seconds from the claim until the editor can be entered."""
    EDITOR_P50 = "editor-p50"
    EDITOR_P95 = "editor-p95"
    """Seconds from the claim until the browser's editor is connected."""


HEALTHY: dict[Measure, tuple[float | None, float | None]] = {
    Measure.RECYCLING: (None, 5),
    Measure.QUARANTINED: (None, 0),
    Measure.FREE: (0.1, None),
    Measure.FAILED_INCARNATIONS: (None, 1),
    Measure.MISSES: (None, 0.02),
    Measure.REFUSED: (None, 0),
    Measure.ERRORS: (None, 0.01),
    Measure.LOST: (None, 0.01),
    Measure.HELLO_P50: (None, 0.5),
    Measure.HELLO_P95: (None, 2),
    Measure.FILES_P50: (None, 1),
    Measure.FILES_P95: (None, 3),
    Measure.OPEN_P50: (None, 1),
    Measure.OPEN_P95: (None, 4),
    Measure.EDITOR_P50: (None, 8),
    Measure.EDITOR_P95: (None, 20),
}
"""The least and the most of each healthy figure. None is without bound. The times are those of docs/benchmarks.md with
room for a region's network; the objective, 99 % of Opens within 2 s, is measured at the function (alerts). WARM has no
row, because the operator says how many are wanted: at least half of them should be there. Nor has OPEN_SESSIONS: a
tenth of the operator's limit should be left, as of the pool (FREE)."""


class Figure(Struct, frozen=True):
    """One figure with its healthy range."""

    name: Measure
    value: float | None
    """None if nothing was measured."""
    least: float | None
    most: float | None
    healthy: bool


def figure(name: Measure, value: float | None, bounds: tuple[float | None, float | None] | None = None) -> Figure:
    least, most = HEALTHY[name] if bounds is None else bounds
    is_healthy = value is None or ((least is None or value >= least) and (most is None or value <= most))
    return Figure(name, value, least, most, is_healthy)


def pool_figures(slots: dict[SlotState, int], wanted: PoolSize, failed: int, most_open: int | None) -> list[Figure]:
    """`slots`: how many are in each state. `failed`: the most failed incarnations of one slot. `most_open`: the
    operator's limit of open sessions; None if there is none."""
    count = sum(slots.values())
    in_use = slots[SlotState.CLAIMED] + slots[SlotState.QUARANTINED]
    room = max(count, wanted.max)
    return [
        figure(
            Measure.OPEN_SESSIONS, slots[SlotState.CLAIMED], (None, None if most_open is None else most_open * 9 // 10)
        ),
        figure(Measure.WARM, slots[SlotState.WARM], (wanted.warm // 2 + wanted.warm % 2, None)),
        figure(Measure.RECYCLING, slots[SlotState.RECYCLING] + slots[SlotState.WARMING]),
        figure(Measure.QUARANTINED, slots[SlotState.QUARANTINED]),
        figure(Measure.FREE, (room - in_use) / room if room else None),
        figure(Measure.FAILED_INCARNATIONS, failed),
    ]


def opening_figures(sessions: Sequence[Session], refused: int) -> list[Figure]:
    """By sessions that were opened lately, in any state, and how many members were `refused` meanwhile."""
    settled = [session for session in sessions if session.served or not session.open]
    figures = [
        figure(Measure.MISSES, _part([session.opening.cold for session in sessions] + [True] * refused)),
        figure(Measure.REFUSED, refused),
        figure(Measure.ERRORS, _part([not session.served for session in settled])),
        figure(Measure.LOST, _part([session.served and session.reason == EndReason.LOST for session in settled])),
    ]
    opened = [(each.opened, each.opening) for each in sessions]
    measured = [
        (Measure.HELLO_P50, Measure.HELLO_P95, [_seconds(at, steps.hello) for at, steps in opened]),
        (Measure.FILES_P50, Measure.FILES_P95, [_seconds(steps.hello, steps.served) for _, steps in opened]),
        (Measure.OPEN_P50, Measure.OPEN_P95, [_seconds(at, steps.served) for at, steps in opened]),
        (Measure.EDITOR_P50, Measure.EDITOR_P95, [_seconds(at, steps.entered) for at, steps in opened]),
    ]
    for half, most, times in measured:
        known = sorted(seconds for seconds in times if seconds is not None)
        figures += [figure(half, quantile(known, 0.5)), figure(most, quantile(known, 0.95))]
    return figures


def quantile(values: Sequence[float], part: float) -> float | None:
    """The smallest of the sorted values that at least this part of them does not exceed; None of none."""
    if not values:
        return None
    return values[max(0, math.ceil(len(values) * part) - 1)]


def _part(marks: Sequence[bool]) -> float | None:
    return sum(marks) / len(marks) if marks else None


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    return (until - since).total_seconds() if since and until else None
