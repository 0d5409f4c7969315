"""The plan table: what each plan costs and grants. An operator changes it here and nowhere else."""

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """One row. None means without limit."""

    title: str
    price: float | None
    """US dollars a month."""
    seconds: float | None
    """Time in the editor that a period grants."""
    bytes: int | None
    """Storage, in logical bytes of the newest checkpoint."""
    seats: int
    busy_seconds: float | None
    """How long a silent but busy process keeps a session after the member's last own activity."""


PLANS = {
    "unlimited": Plan(title="Unlimited", price=None, seconds=None, bytes=None, seats=1, busy_seconds=12 * 3600),
}

FIRST_PLAN = "unlimited"
"""The plan of a new account."""
