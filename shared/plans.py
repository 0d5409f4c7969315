"""The plan table: what each plan costs and grants. An operator changes it here and nowhere else."""

from msgspec import Struct

MB = 10**6
GB = 10**9


class Plan(Struct, frozen=True, kw_only=True):
    """One row. None means without limit."""

    title: str
    price: float | None
    """US dollars a month; None is agreed upon."""
    seconds: float | None
    """Time in the editor that a period grants."""
    bytes: int | None
    """Storage, in bytes as `shared.quota` counts them."""
    seats: int | None
    busy_seconds: float | None
    """How long a silent but busy process keeps a session after the member's last own activity."""
    offered: bool = True
    """Members are told of it as one that lifts a limit."""


HOUR = 3600.0
PLANS = {
    "unlimited": Plan(
        title="Unlimited", price=None, seconds=None, bytes=None, seats=1, busy_seconds=12 * HOUR, offered=False
    ),
    "free": Plan(title="Free", price=0, seconds=HOUR / 2, bytes=100 * MB, seats=1, busy_seconds=0),
    "starter": Plan(title="Starter", price=5, seconds=5 * HOUR, bytes=1 * GB, seats=1, busy_seconds=HOUR / 4),
    "pro": Plan(title="Pro", price=10, seconds=20 * HOUR, bytes=5 * GB, seats=1, busy_seconds=2 * HOUR),
    "team": Plan(title="Team", price=25, seconds=100 * HOUR, bytes=10 * GB, seats=3, busy_seconds=2 * HOUR),
    "enterprise": Plan(title="Enterprise", price=None, seconds=None, bytes=None, seats=None, busy_seconds=12 * HOUR),
}
"""From small to large."""

FIRST_PLAN = "unlimited"
"""The plan of a new account."""
