"""How long a container takes to start, as a member is told who waits for one: measured, or not said at all."""

from collections.abc import Sequence

from msgspec import Struct

from shared.sessions.session import Session, SessionState
from shared.views.health import quantile
from shared.views.units import Seconds

MEASURED_BY = 20
"""The newest sessions that waited for a container to start. Each is a read, made once for each such Open."""
LEAST_MEASURED = 3
"""Of fewer starts nothing is said: one start alone is not what is usual."""


class StartView(Struct, frozen=True):
    """How long containers took lately from the claim until they ran. None if too few were measured."""

    usually: Seconds | None
    """Half of them took at most this long."""
    mostly: Seconds | None
    """All but one in twenty took at most this long."""


def is_starting(session: Session) -> bool:
    """Whether the session waits for its container to start."""
    return session.state == SessionState.OPENING and session.opening.cold and session.opening.hello is None


def start_view(sessions: Sequence[Session]) -> StartView:
    """By sessions whose slot had no warm container, of which some may still wait for it."""
    waited = sorted((each.opening.hello - each.opened).total_seconds() for each in sessions if each.opening.hello)
    if len(waited) < LEAST_MEASURED:
        return StartView(None, None)
    return StartView(quantile(waited, 0.5), quantile(waited, 0.95))
