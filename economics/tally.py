"""What is counted in a simulated month."""

from array import array
from collections.abc import Iterable

from economics.month import LENGTH, SECOND

MINUTE = 60 * SECOND
MINUTES = LENGTH // MINUTE


class Level:
    """A number that goes up and down: its mean over the month, and its highest value."""

    def __init__(self) -> None:
        self.value = self.top = 0
        self._area = self._since = 0

    def change(self, by: int, now: int) -> None:
        self._area += self.value * (min(now, LENGTH) - self._since)
        self._since = min(now, LENGTH)
        self.value += by
        self.top = max(self.top, self.value)

    def area(self) -> int:
        """The sum over the whole month, in milliseconds."""
        self.change(0, LENGTH)
        return self._area


class ByMinute:
    """How often something happened in each minute of the month."""

    def __init__(self) -> None:
        self.counts = array("q", bytes(8 * MINUTES))

    def add(self, now: int, count: int = 1) -> None:
        """What happens after the month counts to its last minute."""
        self.counts[min(now // MINUTE, MINUTES - 1)] += count

    def add_stretch(self, since: int, until: int) -> None:
        """Milliseconds from `since` up to `until`, each in its minute."""
        while since < min(until, LENGTH):
            end = min(until, (since // MINUTE + 1) * MINUTE)
            self.add(since, end - since)
            since = end

    def total(self) -> int:
        return sum(self.counts)


class Tally:
    """Of one cell. Times are milliseconds."""

    def __init__(self, members: int, slots: int) -> None:
        self.members, self.slots = members, slots
        self.wanted = 0
        """Arrivals."""
        self.warm = self.cold = self.again = 0
        """Arrivals that got a warm slot, a cold one, or their session that was still open."""
        self.no_time = self.gave_up = 0
        """Arrivals whose plan had no time left, and those that found every slot in use for too long."""
        self.turned_away = 0
        """Arrivals that found every slot in use when they came."""
        self.waits = array("d")
        """Seconds of each arrival that got an editor."""
        self.ends = dict[str, int]()
        """Sessions by the reason of their end."""
        self.charged = self.in_lines = self.lines = 0
        """Milliseconds by the sessions' meters and by the lines of the ledger, and how many lines there are."""
        self.connected = self.alone = 0
        """Milliseconds with a browser, and without one until the end began, by the clock of the simulation."""
        self.in_use, self.kept = Level(), Level()
        """Slots that are claimed, and slots that are warm or warming."""
        self.opens, self.ended, self.beside = ByMinute(), ByMinute(), ByMinute()
        """Claims, ends, and milliseconds with a browser."""
        self.runs, self.run_reads, self.run_writes = ByMinute(), ByMinute(), ByMinute()
        """Runs of the pool, documents that they read besides what each reads, and records that they wrote."""
        self.writes = array("q")
        """Writes to the Admin API in each minute of the month."""
        self.refused_writes = self.starts = 0

    @property
    def claims(self) -> int:
        return self.warm + self.cold


def percentile(values: Iterable[float], part: float) -> float:
    """The smallest value that is at least as large as this part of all."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -int(-part * len(ordered) // 1) - 1))]
