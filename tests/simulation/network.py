"""Between a container and the control plane: what a call may come to, and who carries it."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from tests.simulation.functions import Token
from tests.simulation.processes import Process

PATIENCE_SECONDS = 10.0
"""How long the slot waits for the answer to a heartbeat."""
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)
FINAL = (400, 403, 413)


class Stale(Exception):
    """The session is not this container's any more."""


class Unreachable(Exception):
    """There was no answer, or none that says anything."""


class BeatRefused(Exception):
    """The same words again would be refused for ever."""


class Network(Protocol):
    def post(self, token: Token, message: Any) -> Process:
        """A call of the function `heartbeat` on its way."""

    def used(self, container: Any, since: datetime, until: datetime) -> None:
        """A member could work in it."""


class Claims(Struct, frozen=True):
    sid: str
    epoch: int
    wid: str
