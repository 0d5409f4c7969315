"""Request rates: a token bucket for each endpoint and member, in the memory of one process.

functions.toml limits the processes of a function (`max_instances`), so a member's total may be that many times these
rates. That is far below a function's capacity. The code of an endpoint limits what one request costs.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from msgspec import Struct

from shared import machine
from shared.errors import Refused
from shared.settings import settings

MOST_BUCKETS = 20_000
"""Members and endpoints that one process remembers, about 5 MB. The longest unused bucket is dropped first, and is full
when it is needed again."""


class Rate(Struct, frozen=True):
    """`burst` requests at once, and `per_second` in the long run."""

    burst: float
    per_second: float


USUAL = Rate(burst=120, per_second=4)
"""The rate of requests that cost a few reads. The page sends one in some seconds."""
RATES = {
    "history": Rate(burst=40, per_second=1),
    "files": Rate(burst=60, per_second=1),
    "restore": Rate(burst=40, per_second=0.5),
    "download_snapshot": Rate(burst=60, per_second=1),
    "download_home": Rate(burst=60, per_second=1),
    "monthly": Rate(burst=40, per_second=1),
    "table": Rate(burst=40, per_second=1),
    "zone": Rate(burst=40, per_second=0.2),
    "sign_out": Rate(burst=60, per_second=0.2),
    "delete_account": Rate(burst=60, per_second=0.2),
    "checkout": Rate(burst=20, per_second=0.05),
    "portal": Rate(burst=20, per_second=0.05),
    "create": Rate(burst=20, per_second=0.05),
    "invite": Rate(burst=60, per_second=0.2),
    "resend": Rate(burst=60, per_second=0.2),
    "look": Rate(burst=30, per_second=0.2),
    "accept": Rate(burst=30, per_second=0.2),
    "team_usage": Rate(burst=40, per_second=0.5),
    "tell": Rate(burst=40, per_second=0.2),
    "unsubscribe": Rate(burst=20, per_second=0.2),
    "look for a path": Rate(burst=6, per_second=1 / 30),
    "older snapshots": Rate(burst=6, per_second=1 / 60),
    "checkpoints": Rate(burst=30, per_second=1),
    "estimate_month": Rate(burst=200, per_second=10),
    "estimate_spreadsheet": Rate(burst=20, per_second=0.5),
}
"""Rates by the endpoint's handler, or by the name of something expensive. Everything else has the USUAL rate. Searching
for a path takes up to 25 s of CPU. A checkout is up to nine requests to the payment provider. Older snapshots are
requested by a session's container, which may be hostile, and each answer reads up to 1,000 documents. A container's
checkpoints are looked up in the bucket even if they are refused; shared/sessions/checkpoint_rate.py limits those that
are accepted. Estimates and their spreadsheets are for everybody together, who need no account: they take 0.03 s
and 0.2 s of CPU, where they are not kept from an earlier question."""


class Buckets:
    """Token buckets. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = machine.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, what: str, who: str, rate: Rate) -> float:
        """Takes one request. Returns 0, or the seconds until one is available."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop((what, who), (rate.burst, now))
            left = min(rate.burst, left + (now - since) * rate.per_second)
            wait = 0.0 if left >= 1 else (1 - left) / rate.per_second
            self._buckets[what, who] = (left if wait else left - 1, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return wait

    def __len__(self) -> int:
        return len(self._buckets)

    def clear(self) -> None:
        """Fills all buckets."""
        with self._lock:
            self._buckets.clear()


BUCKETS = Buckets()
"""The buckets of this process."""
_busy: set[tuple[str, str]] = set()
_guard = Lock()


def check_rate(what: str, who: str) -> None:
    """Raises Refused, with the time to wait, if `who` asks for `what` too often."""
    rate, times = RATES.get(what, USUAL), settings().request_rate_times
    wait = BUCKETS.take(what, who, Rate(rate.burst * times, rate.per_second * times))
    if wait:
        raise _too_many("You have made too many requests in a short time. Nothing is lost.", wait)


@contextmanager
def one_at_a_time(what: str, who: str) -> Iterator[None]:
    """Raises Refused while an earlier request of the same member for the same thing is running in this process."""
    with _guard:
        if (what, who) in _busy:
            raise _too_many("Ondol is still working on the same request of yours.", 5)
        _busy.add((what, who))
    try:
        yield
    finally:
        with _guard:
            _busy.discard((what, who))


def _too_many(detail: str, wait: float) -> Refused:
    seconds = max(1, math.ceil(wait))
    return Refused("too-many-requests", f"{detail} Try again in {seconds} s.", status=429, retry_after=seconds)
