"""How many requests a member may make: a token bucket for each endpoint and member, in the memory of one process.

functions.toml bounds the processes of a function (`max_instances`), so a member may have that many times what stands
here. That is far below what a function carries; what one request costs is bounded by its own code.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from msgspec import Struct

from shared.errors import Refused
from shared.settings import settings

MOST_BUCKETS = 20_000
"""Members and endpoints that one process remembers, some 5 MB. Whose bucket is forgotten, the one longest unused
first, has a full one again."""


class Rate(Struct, frozen=True):
    """`burst` requests at once, and `per_second` in the long run."""

    burst: float
    per_second: float


USUAL = Rate(burst=120, per_second=4)
"""The rate of requests that cost a few reads: the page asks once in some seconds."""
RATES = {
    "history": Rate(burst=40, per_second=1),
    "restore": Rate(burst=40, per_second=0.5),
    "download": Rate(burst=60, per_second=1),
    "monthly": Rate(burst=40, per_second=1),
    "table": Rate(burst=40, per_second=1),
    "zone": Rate(burst=40, per_second=0.2),
    "sign_out": Rate(burst=60, per_second=0.2),
    "delete": Rate(burst=60, per_second=0.2),
    "look for a path": Rate(burst=6, per_second=1 / 30),
    "older snapshots": Rate(burst=6, per_second=1 / 60),
    "auth events": Rate(burst=120, per_second=4),
}
"""By the endpoint's handler; what is not named has the USUAL rate. Looking for a path takes up to 25 s of CPU. Older
snapshots are asked for by a session's container, which may be hostile: each answer reads up to 1,000 documents. Auth
events are everybody's together: any stranger can send one, and each has Firebase Auth asked, whose quota is all
members'."""


class Buckets:
    """Who has taken how much. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, what: str, who: str, rate: Rate) -> float:
        """Take one request; 0, or the seconds after which there is one again."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop((what, who), (rate.burst, now))
            left = min(rate.burst, left + (now - since) * rate.per_second)
            wait = 0.0 if left >= 1 else (1 - left) / rate.per_second
            self._buckets[what, who] = (left if wait else left - 1, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return wait


_buckets = Buckets()
_busy: set[tuple[str, str]] = set()
_guard = Lock()


def check_rate(what: str, who: str) -> None:
    """Raises Refused, with when to come again, if `who` asks for it too often."""
    rate, times = RATES.get(what, USUAL), settings().request_rate_times
    wait = _buckets.take(what, who, Rate(rate.burst * times, rate.per_second * times))
    if wait:
        raise _too_many("You have made too many requests in a short time. Nothing is lost.", wait)


@contextmanager
def one_at_a_time(what: str, who: str) -> Iterator[None]:
    """Raises Refused while the same member's request before is still at work in this process."""
    with _guard:
        if (what, who) in _busy:
            raise _too_many("The same request of yours is still at work.", 5)
        _busy.add((what, who))
    try:
        yield
    finally:
        with _guard:
            _busy.discard((what, who))


def _too_many(said: str, wait: float) -> Refused:
    seconds = max(1, math.ceil(wait))
    return Refused("too-many-requests", f"{said} Try again in {seconds} s.", status=429, retry_after=seconds)
