"""How long the platform takes. Nothing of it was measured on Google Cloud; the ranges are those of the model."""

import math
import random
from typing import Annotated

from msgspec import Meta, Struct

from economics.month import SECOND


class Delay(Struct, frozen=True):
    """A log-normal time."""

    median: Annotated[float, Meta(gt=0)]
    """Seconds."""
    spread: Annotated[float, Meta(ge=0)]
    """Sigma of the logarithm."""

    def draw(self, rng: random.Random) -> int:
        """Milliseconds, at least one and at most twenty medians."""
        drawn = self.median * math.exp(rng.gauss(0, self.spread))
        return max(1, round(min(drawn, 20 * self.median) * SECOND))


class Platform(Struct, frozen=True, kw_only=True):
    """Times and limits of Cloud Run and of Ondol's functions."""

    attach: Delay = Delay(0.5, 0.5)
    """From the click to an editor's page in a warm container. The benchmark measures 0.1 s on one machine; each of the
    handful of round trips to Google's services adds to it."""
    start: Delay = Delay(7.0, 0.4)
    """Until a container without a warm one has started: nine in ten within the model's 3 to 15 s."""
    refill: Delay = Delay(20.0, 0.4)
    """From a write to the Admin API until its container is ready: nine in ten within the model's 10 to 40 s."""
    ending: Delay = Delay(2.0, 0.5)
    """From the beginning of a session's end until its last checkpoint is committed."""
    writes_a_minute: int = 60
    """That the Admin API accepts in one project and region."""
    most_slots: int = 1000
    """Services of Cloud Run in one project and region: what one cell has at most."""
    heartbeat: float = 30.0
    """Seconds, as `lease`, `quiet`, `opening`, `warning` and `saving`: the defaults of the settings."""
    lease: float = 90.0
    quiet: float = 60.0
    opening: float = 180.0
    warning: float = 120.0
    saving: float = 20.0
    writes_of_a_run: int = 10
    """POOL_WRITES."""
    sessions_of_a_slot: int = 20
    """SLOT_SESSIONS."""
    ready: float = 240.0
    """SLOT_READY_SECONDS."""
    again: float = 10.0
    """Seconds until the page asks again for a member who found every slot in use."""
    patience: float = 1800.0
    """Seconds after which such a member gives up."""
