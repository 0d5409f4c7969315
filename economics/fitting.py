"""Fits a month to what members really did, by the CSV files that `usage` gives them.

A file has one row for each session: when it was opened, how many seconds were charged, and why it ended. Whether
members came as a class is not in it, so bursts are not fitted; neither is what a browser's tab cost that stayed open.
"""

import csv
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import pstdev
from typing import NamedTuple

from economics.month import HOURS_OF_DAY, WEEKDAYS, Month
from shared.sessions.session import EndReason
from shared.views.usage_report import COLUMNS


class Row(NamedTuple):
    """One session of one member."""

    member: str
    opened: datetime
    seconds: float
    plan: str
    reason: str


def read(paths: Sequence[Path]) -> list[Row]:
    """A file for each member and month. Raises ValueError for a file without the columns of `usage`."""
    rows = list[Row]()
    for path in paths:
        with path.open(newline="") as file:
            table = csv.DictReader(file)
            if not set(COLUMNS) <= set(table.fieldnames or ()):
                raise ValueError(f"{path} lacks columns of a usage export: {', '.join(COLUMNS)}")
            for row in table:
                opened = datetime.fromisoformat(row["opened"])
                rows.append(Row(str(path), opened, float(row["seconds"]), row["plan"], row["reason"]))
    return rows


def fitted(paths: Sequence[Path]) -> Month:
    """The month with the habits of these files, of which each is one member's month: of as many members as there are
    files. What they do not say stays as the defaults say. Raises ValueError if they have no session."""
    return fit(read(paths), members=len(paths))


def fit(rows: Sequence[Row], members: int) -> Month:
    """`members` are all of them, also those without a session."""
    used = [row for row in rows if row.seconds > 0]
    if not used or members < 1:
        raise ValueError("there is no session to fit a month to")
    lengths = [math.log(row.seconds) for row in used]
    each = [math.log(count) for count in Counter(row.member for row in used).values()]
    weekdays = [row for row in used if row.opened.weekday() < WEEKDAYS]
    by_hour = Counter(row.opened.hour for row in weekdays or used)
    stopped = sum(row.reason == EndReason.MEMBER for row in used) / len(used)
    weekend = (len(used) - len(weekdays)) / (7 - WEEKDAYS)
    weekday = len(weekdays) / WEEKDAYS
    return Month(
        members=members,
        plan=Counter(row.plan for row in used).most_common(1)[0][0],
        sessions=len(used) / members,
        hours=sum(row.seconds for row in used) / 3600 / members,
        length_spread=pstdev(lengths),
        day=tuple(float(by_hour[hour]) for hour in range(HOURS_OF_DAY)),
        weekend=weekend / weekday if weekday else 1.0,
        class_share=0,
        activity_spread=pstdev(each),
        stops=stopped,
        walks_away=min(Month().walks_away, 1 - stopped),
    )
