"""The record of a slot, and its legal transitions.

`generation` and `min_instances` say what the slot's Cloud Run service *should* be; `pool` makes it so. A generation is
one container's life: raising it makes a new revision, and with it a fresh container.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.record import IllegalTransition


class SlotState(StrEnum):
    COLD = "cold"
    WARMING = "warming"
    WARM = "warm"
    CLAIMED = "claimed"
    RECYCLING = "recycling"


_MOVES: dict[str, dict[str, str]] = {
    "claim": {SlotState.WARM: SlotState.CLAIMED, SlotState.COLD: SlotState.CLAIMED},
    "recycle": {
        SlotState.CLAIMED: SlotState.RECYCLING,
        SlotState.WARM: SlotState.RECYCLING,
        SlotState.WARMING: SlotState.RECYCLING,
        SlotState.RECYCLING: SlotState.RECYCLING,
    },
    "renew and keep warm": {SlotState.RECYCLING: SlotState.WARMING},
    "renew": {SlotState.RECYCLING: SlotState.RECYCLING},
    "ready": {SlotState.WARMING: SlotState.WARM, SlotState.RECYCLING: SlotState.COLD},
    "warm up": {SlotState.COLD: SlotState.WARMING},
    "cool": {SlotState.WARM: SlotState.COLD},
}
"""Every change of state that exists: the move, from where, to where."""


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
    sessions: int = 0
    """How many were given this slot, and with it the address of its service."""
    unanswered: int = 0
    """Looks in a row at which the warm container did not say that it is well; see `pool`."""
    unanswered_since: datetime | None = None
    """When the first of them was."""

    def _move(self, move: str, now: datetime) -> "Slot":
        if self.state not in _MOVES[move] or (move == "ready" and self.stale):
            raise IllegalTransition(f"slot {self.name} is {self.state} and can't {move}")
        return replace(self, state=SlotState(_MOVES[move][self.state]), changed=now)

    def claim(self, sid: str, now: datetime) -> "Slot":
        slot = replace(self._move("claim", now), session=sid, min_instances=1, sessions=self.sessions + 1)
        return slot.answered()

    def recycle(self, now: datetime) -> "Slot":
        """Nobody's any more, and not yet fit for anyone."""
        return replace(self._move("recycle", now), session=None, stale=True).answered()

    def renew(self, *, warm: bool, now: datetime) -> "Slot":
        """Give a recycling slot its next container, to be kept warm or not."""
        slot = self._move("renew and keep warm" if warm else "renew", now)
        return replace(slot, min_instances=int(warm), generation=self.generation + 1, stale=False)

    def retry(self, retry_at: datetime, now: datetime) -> "Slot":
        """The generation did not become ready: another one, not before `retry_at`."""
        return replace(self, generation=self.generation + 1, attempts=self.attempts + 1, retry_at=retry_at, changed=now)

    def ready(self, url: str, now: datetime) -> "Slot":
        """The generation is up: a warming slot is warm, a recycling one cold."""
        return replace(self._move("ready", now), url=url, attempts=0, retry_at=None)

    def not_answered(self, now: datetime) -> "Slot":
        """One look more at which the container did not say that it is well."""
        return replace(self, unanswered=self.unanswered + 1, unanswered_since=self.unanswered_since or now)

    def answered(self) -> "Slot":
        return replace(self, unanswered=0, unanswered_since=None)

    def warm_up(self, now: datetime) -> "Slot":
        return replace(self._move("warm up", now), min_instances=1)

    def cool(self, now: datetime) -> "Slot":
        return replace(self._move("cool", now), min_instances=0).answered()


class SlotCounter(Struct, frozen=True, kw_only=True):
    """`pool/roll`: how many slots were ever made. Every commit that makes some raises it, guarded: of two runs of
    `pool` that plan from the same figures, one makes what both find missing."""

    made: int = 0

    def raised(self, count: int) -> "SlotCounter":
        return SlotCounter(made=self.made + count)


def new_slot(name: str, *, warm: bool, now: datetime) -> Slot:
    """A slot whose service does not exist yet. Its first container is made like any other, and kept warm or not."""
    state = SlotState.WARMING if warm else SlotState.RECYCLING
    return Slot(name=name, state=state, min_instances=int(warm), changed=now)
