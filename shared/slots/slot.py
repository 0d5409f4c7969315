"""The record of a slot, and its legal transitions.

`image`, `incarnation` and `kept` say what the slot *should* be, and `pool` has the engine make it so. An incarnation is
one container's life: raising the number gives the slot a fresh container.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.record import IllegalTransition

SlotName = Annotated[str, Meta(pattern=r"^ws-[a-z0-9-]{1,60}\Z")]
"""A slot's name in a message from outside."""
BACKOFF_SECONDS = (10, 30, 120, 600)
"""Seconds between incarnations that did not become ready."""
EVENTS_KEPT = 20
"""A slot keeps only its newest events, so that its document stays small."""
FIRST_ENGINE = "cloud-run"
"""The name of the engine of new slots, as records have it: one of `shared.gcp.engines.registry`."""


class SlotState(StrEnum):
    COLD = "cold"
    WARMING = "warming"
    WARM = "warm"
    CLAIMED = "claimed"
    RECYCLING = "recycling"
    QUARANTINED = "quarantined"
    """An operator has taken it out of use. Its container is left as it is, until an operator recycles the slot."""


_MOVES: dict[str, dict[str, str]] = {
    "claim": {SlotState.WARM: SlotState.CLAIMED, SlotState.COLD: SlotState.CLAIMED},
    "recycle": {
        SlotState.CLAIMED: SlotState.RECYCLING,
        SlotState.COLD: SlotState.RECYCLING,
        SlotState.WARM: SlotState.RECYCLING,
        SlotState.WARMING: SlotState.RECYCLING,
        SlotState.RECYCLING: SlotState.RECYCLING,
        SlotState.QUARANTINED: SlotState.RECYCLING,
    },
    "be quarantined": dict.fromkeys(SlotState, SlotState.QUARANTINED),
    "renew and keep warm": {SlotState.RECYCLING: SlotState.WARMING},
    "renew": {SlotState.RECYCLING: SlotState.RECYCLING},
    "ready": {SlotState.WARMING: SlotState.WARM, SlotState.RECYCLING: SlotState.COLD},
    "warm up": {SlotState.COLD: SlotState.WARMING},
    "cool": {SlotState.WARM: SlotState.COLD},
}
"""Every change of state that exists: the name of the change, and for each old state the new one."""


class SlotEvent(Struct, frozen=True, kw_only=True):
    """One thing that was done with a slot, and why."""

    at: datetime
    verb: str
    state: SlotState
    """The slot's state afterwards."""
    reason: str


class Slot(Struct, frozen=True, kw_only=True):
    """`slots/{name}`. The engine knows the slot by the same name."""

    name: str
    state: SlotState
    changed: datetime
    """When `state` or `incarnation` changed last."""
    url: str | None = None
    session: str | None = None
    engine: str = FIRST_ENGINE
    """What the slot runs on; see `shared.slots.engine`."""
    image: str = ""
    """The image of this incarnation. It is empty in a record from before the field existed, and `pool` then takes the
    proven image."""
    incarnation: int = 1
    kept: bool = False
    """A container is kept running, also without requests."""
    stale: bool = False
    """The container has served a member, or may have: the slot needs a new incarnation before the next claim."""
    unserved: str | None = None
    """The session that this incarnation was given, if it ended as never opened or lost before a member could work in
    it."""
    attempts: int = 0
    """Incarnations that failed since the last one that became ready."""
    retry_at: datetime | None = None
    sessions: int = 0
    """Sessions that were given this slot, and know its address."""
    unanswered: int = 0
    """Checks in a row at which the warm container did not report that it is well; see `pool`."""
    unanswered_since: datetime | None = None
    """When the first of these checks was."""
    settled: bool = False
    """`pool` has seen the slot as this record wants it, and nothing is left to do. Each run of `pool` reads the
    unsettled slots; only an audit reads the others."""
    quarantine: bool = False
    """An operator takes the slot out of use when its session has ended."""
    history: list[SlotEvent] = []
    """The newest events, oldest first. Each is written with the change that it tells of, and costs no write."""

    def _move(self, move: str, now: datetime) -> "Slot":
        if self.state not in _MOVES[move] or (move == "ready" and self.stale):
            raise IllegalTransition(f"slot {self.name} is {self.state} and can't {move}")
        return replace(self, state=SlotState(_MOVES[move][self.state]), changed=now)

    def note(self, verb: str, reason: str, now: datetime) -> "Slot":
        """The slot with one more event."""
        event = SlotEvent(at=now, verb=verb, state=self.state, reason=reason)
        return replace(self, history=[*self.history, event][-EVENTS_KEPT:])

    def claim(self, sid: str, now: datetime) -> "Slot":
        slot = self._move("claim", now)
        settled = self.settled and self.kept
        return replace(slot, session=sid, kept=True, sessions=self.sessions + 1, settled=settled).answered()

    def recycle(self, now: datetime, *, unserved: str | None = None) -> "Slot":
        """The slot after its session: claimed by nobody, and not yet fit for a claim."""
        slot = replace(self._move("recycle", now), session=None, stale=True, unserved=unserved)
        return replace(slot, retry_at=None, settled=False).answered()

    def take_out(self, now: datetime) -> "Slot":
        """The slot out of use. `pool` leaves it and its container alone."""
        slot = replace(self._move("be quarantined", now), session=None, quarantine=False)
        return replace(slot, retry_at=None, settled=True).answered()

    def after_session(self, now: datetime, reason: str, *, unserved: str | None = None) -> "Slot":
        """The slot after its session: recycled, or out of use if an operator wants that."""
        if self.quarantine:
            return self.take_out(now).note("quarantine", reason, now)
        return self.recycle(now, unserved=unserved).note("recycle", reason, now)

    def renew(self, image: str, *, warm: bool, now: datetime) -> "Slot":
        """A recycling slot with its next container, to be kept warm or not."""
        slot = self._move("renew and keep warm" if warm else "renew", now)
        return replace(slot, kept=warm, stale=False, unserved=None).with_next(image)

    def retry(self, image: str, now: datetime) -> "Slot":
        """The slot with another incarnation, because the last one did not become ready. With the same image it starts
        after a pause."""
        slot = replace(self, changed=now).with_next(image)
        return slot.instead_of(self, now) if image == self.image else slot

    def with_next(self, image: str) -> "Slot":
        """The slot with its next incarnation. Failures count for one image only."""
        attempts, retry_at = (self.attempts, self.retry_at) if image == self.image else (0, None)
        incarnation = self.incarnation + 1
        return replace(self, image=image, incarnation=incarnation, attempts=attempts, retry_at=retry_at, settled=False)

    def instead_of(self, before: "Slot", now: datetime) -> "Slot":
        """A new slot in place of one that was given up. If that one never became ready, the new one starts after a
        pause."""
        if before.state == SlotState.WARM:
            return self
        pause = timedelta(seconds=BACKOFF_SECONDS[min(before.attempts, len(BACKOFF_SECONDS) - 1)])
        return replace(self, attempts=before.attempts + 1, retry_at=now + pause, changed=now)

    def ready(self, url: str, now: datetime) -> "Slot":
        """The slot after its incarnation became ready: a warming slot is warm, a recycling one cold."""
        return replace(self._move("ready", now), url=url, attempts=0, retry_at=None, settled=True)

    def settle(self) -> "Slot":
        """The slot after its engine showed it as the record wants it. `ready` also settles a slot, because its
        container is new."""
        if self.state in (SlotState.WARMING, SlotState.RECYCLING):
            raise IllegalTransition(f"slot {self.name} is {self.state} and can't settle")
        return replace(self, settled=True)

    def not_answered(self, now: datetime) -> "Slot":
        """The slot after one more check at which its container did not report that it is well."""
        return replace(self, unanswered=self.unanswered + 1, unanswered_since=self.unanswered_since or now)

    def answered(self) -> "Slot":
        return replace(self, unanswered=0, unanswered_since=None)

    def warm_up(self, now: datetime) -> "Slot":
        return replace(self._move("warm up", now), kept=True, settled=False)

    def cool(self, now: datetime) -> "Slot":
        return replace(self._move("cool", now), kept=False, settled=False).answered()


class SlotCounter(Struct, frozen=True, kw_only=True):
    """`pool/roll`: how many slots were ever created. Every commit that creates slots raises it, guarded. So of two runs
    of `pool` with the same figures, only one creates the missing slots."""

    made: int = 0

    def raised(self, count: int) -> "SlotCounter":
        return SlotCounter(made=self.made + count)


def new_slot(name: str, image: str, *, warm: bool, now: datetime) -> Slot:
    """A slot that its engine does not have yet. Its first container is made like any other, and kept warm or not."""
    state = SlotState.WARMING if warm else SlotState.RECYCLING
    return Slot(name=name, state=state, image=image, kept=warm, changed=now)
