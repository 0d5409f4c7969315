"""The operator's current limits: whether new sessions can be opened, how many at once, and how often per member."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from shared.billing.plans import PLANS
from shared.errors import Refused, TryAgain

HOUR = timedelta(hours=1)
MOST_OPENS = 240
"""The highest `opens_an_hour`. A workspace's record keeps a time for each opened session."""
CLOSED_SECONDS = 60
FULL_SECONDS = 15


class Limits(Struct, frozen=True, kw_only=True):
    """`operator/limits`. Without a document, the defaults are the limits."""

    new_sessions: bool = True
    """False closes new sessions for everybody. Open sessions go on."""
    open_sessions: int | None = None
    """The most open sessions of all members together; None means as many as there are slots."""
    opens_an_hour: int = 30
    """The most sessions that one member may open within an hour, at most 240. Coming back to an open session does not
    count."""


def recent(opens: Sequence[datetime], now: datetime) -> list[datetime]:
    """The times within the last hour."""
    return [opened for opened in opens if opened > now - HOUR]


def check_new_session(limits: Limits, opens: Sequence[datetime], now: datetime) -> None:
    """Raises TryAgain while new sessions are closed. Raises Refused after too many `opens`, with the time of the next
    one."""
    if not limits.new_sessions:
        detail = "New sessions can't be opened at the moment. Open sessions continue. Your files are kept."
        raise TryAgain("sessions-closed", detail, retry_after=CLOSED_SECONDS)
    counted = sorted(recent(opens, now))
    if len(counted) < limits.opens_an_hour:
        return
    again = counted[-limits.opens_an_hour] + HOUR
    detail = f"You have opened {len(counted)} sessions within an hour."
    detail += f" You can open the next one at {again:%H:%M:%S} UTC."
    raise Refused("too-many-opens", detail, status=429, retry_after=max(1, round((again - now).total_seconds())))


def check_room(limits: Limits, open_now: int) -> None:
    """Raises TryAgain if the limit of open sessions is reached."""
    if limits.open_sessions is not None and open_now >= limits.open_sessions:
        detail = "The limit of open sessions is reached. Your files are kept. One session usually ends within minutes."
        raise TryAgain("sessions-full", detail, retry_after=FULL_SECONDS)


def check_email(plan: str, *, verified: bool) -> None:
    """Raises Refused if the plan requires a verified email address and this one is not verified."""
    row = PLANS[plan]
    if row.verified and not verified:
        detail = f"The {row.title} plan needs a verified email address. Verify your address and sign in again,"
        raise Refused("email-unverified", f"{detail} or sign in with Google.")
