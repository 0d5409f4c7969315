"""What an operator allows for now: new sessions at all, how many at once, and how often one member may open."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from shared.billing.plans import PLANS
from shared.errors import Refused, TryAgain

HOUR = timedelta(hours=1)
MOST_OPENS = 240
"""The highest `opens_an_hour`: a workspace's record keeps a time for each of them."""
CLOSED_SECONDS = 60
FULL_SECONDS = 15


class Limits(Struct, frozen=True, kw_only=True):
    """`operator/limits`. Where there is none, these are the limits."""

    new_sessions: bool = True
    """False is the kill switch: nobody gets a new session. Those that are open go on."""
    open_sessions: int | None = None
    """Sessions open at once, of all members together; None is as many as there are slots."""
    opens_an_hour: int = 30
    """Sessions that one member may open within an hour, up to MOST_OPENS. Coming back to an open one is free."""


def recent(opens: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those within the last hour."""
    return [opened for opened in opens if opened > now - HOUR]


def check_new_session(limits: Limits, opens: Sequence[datetime], now: datetime) -> None:
    """Raises TryAgain while new sessions are closed, and Refused after too many `opens`, with when the next may be."""
    if not limits.new_sessions:
        said = "New sessions are closed for the moment. Those that are open go on. Your files are kept: try again soon."
        raise TryAgain("sessions-closed", said, retry_after=CLOSED_SECONDS)
    counted = sorted(recent(opens, now))
    if len(counted) < limits.opens_an_hour:
        return
    again = counted[-limits.opens_an_hour] + HOUR
    said = f"You have opened {len(counted)} sessions within an hour. You may open the next at {again:%H:%M:%S} UTC."
    raise Refused("too-many-opens", said, status=429, retry_after=max(1, round((again - now).total_seconds())))


def check_room(limits: Limits, open_now: int) -> None:
    """Raises TryAgain if `open_now` sessions are as many as there may be."""
    if limits.open_sessions is not None and open_now >= limits.open_sessions:
        said = "As many sessions are open as there may be at once. One usually ends within minutes."
        raise TryAgain("sessions-full", said, retry_after=FULL_SECONDS)


def check_email(plan: str, *, verified: bool) -> None:
    """Raises Refused if the plan is for people whose email address was verified, and this one's was not."""
    row = PLANS[plan]
    if row.verified and not verified:
        said = f"The {row.title} plan needs a verified email address. Verify yours, or use a sign-in that has one, such"
        raise Refused("email-unverified", f"{said} as Google's; then sign in again.")
