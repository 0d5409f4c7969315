"""The record of a slot, and its legal transitions.

`generation` and `min_instances` say what the slot's Cloud Run service *should* be; `pool` makes it so. A generation is
one container's life: raising it makes a new revision, and with it a fresh container.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.record import check_transition


class SlotState(StrEnum):
    COLD = "cold"
    WARMING = "warming"
    WARM = "warm"
    CLAIMED = "claimed"
    RECYCLING = "recycling"


_TRANSITIONS: dict[str, tuple[str, ...]] = {
    SlotState.COLD: (SlotState.WARMING, SlotState.CLAIMED),
    SlotState.WARMING: (SlotState.WARM,),
    SlotState.WARM: (SlotState.CLAIMED, SlotState.COLD, SlotState.RECYCLING),
    SlotState.CLAIMED: (SlotState.RECYCLING,),
    SlotState.RECYCLING: (SlotState.WARMING, SlotState.COLD),
}


class Slot(Struct, frozen=True, kw_only=True):
    """`slots/{name}`. The name is the Cloud Run service's too."""

    name: str
    state: SlotState
    changed: datetime
    """When `state` or `generation` changed last."""
    url: str | None = None
    session: str | None = None
    generation: int = 1
    min_instances: int = 0
    stale: bool = False
    """The container served somebody, or may have: it needs a new generation before anyone else gets it."""
    attempts: int = 0
    """Generations that did not become ready, since the last that did."""
    retry_at: datetime | None = None

    def _to(self, state: SlotState, now: datetime) -> "Slot":
        check_transition("slot", _TRANSITIONS, self.state, state)
        return replace(self, state=state, changed=now)

    def claim(self, sid: str, now: datetime) -> "Slot":
        return replace(self._to(SlotState.CLAIMED, now), session=sid, min_instances=1)

    def recycle(self, now: datetime) -> "Slot":
        """Nobody's any more, and not yet fit for anyone."""
        return replace(self._to(SlotState.RECYCLING, now), session=None, stale=True)

    def renew(self, *, warm: bool, now: datetime) -> "Slot":
        """Give a recycling slot its next container, to be kept warm or not."""
        if warm:
            slot = replace(self._to(SlotState.WARMING, now), min_instances=1)
        else:
            slot = replace(self, min_instances=0, changed=now)
        return replace(slot, generation=self.generation + 1, stale=False)

    def retry(self, retry_at: datetime, now: datetime) -> "Slot":
        """The generation did not become ready: another one, not before `retry_at`."""
        return replace(self, generation=self.generation + 1, attempts=self.attempts + 1, retry_at=retry_at, changed=now)

    def warm_up(self, now: datetime) -> "Slot":
        return replace(self._to(SlotState.WARMING, now), min_instances=1)

    def ready(self, url: str, now: datetime) -> "Slot":
        """The generation is up: a warming slot is warm, a recycling one cold."""
        state = SlotState.WARM if self.state == SlotState.WARMING else SlotState.COLD
        return replace(self._to(state, now), url=url, attempts=0, retry_at=None)

    def cool(self, now: datetime) -> "Slot":
        return replace(self._to(SlotState.COLD, now), min_instances=0)


def new_slot(name: str, now: datetime) -> Slot:
    """A slot whose service does not exist yet."""
    return Slot(name=name, state=SlotState.WARMING, min_instances=1, changed=now)
