"""Which image slots run, and how another one is tried: by two new slots first, and by all once it has proved itself.

The image that a slot should run follows from `pool/rollout` and the slot's name (`Rollout.image_of`). `pool` gives it
to a slot with its next incarnation, never under a member: docs/decisions/0036-trying-an-image.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.sessions.session import Session
from shared.slots.slot import Slot, SlotState

TRIED_BY = 2
"""Slots that try an image."""
FAILURES = 2
"""Failures with an image before the image is refused: one container may fail for a reason of the platform's."""
MOST_UNSERVED = 20
"""Sessions that are remembered because they never came to serve. Members can bring about as many as they like."""


class Rollout(Struct, frozen=True, kw_only=True):
    """`pool/rollout`. Only an audit begins to try an image and finds it proven; see `decide_rollout`."""

    proven: str
    """The image of every slot that tries no other."""
    trying: str | None = None
    slots: list[str] = []
    """The names of the slots that try it. `pool` makes them for it: nobody knows the address of a new slot, so nobody
    but the platform can keep one from answering."""
    failures: list[str] = []
    """What failed with it and shows that the image is bad: incarnations, and sessions of different workspaces."""
    unserved: list[str] = []
    """Sessions, by id, that never came to serve on slots that try the image. Perhaps their saved state is to blame, so
    such a session is a failure only once the same state has come to serve with the proven image."""
    refused: str | None = None
    """The image that was tried last and failed. It is not tried again before SLOT_IMAGE has named another one."""

    @property
    def sessions(self) -> list[str]:
        """The sessions, by id, that `compare` must know."""
        return [*self.unserved, *(each for each in self.failures if each not in self.unserved and _is_session(each))]

    def image_of(self, name: str) -> str:
        """The image of the slot's next incarnation."""
        return self.trying if self.trying and name in self.slots else self.proven

    def fail(self, incarnations: Iterable[Slot]) -> "Rollout":
        """These incarnations have failed: those count that had the image that is tried."""
        return self._with([_incarnation(slot) for slot in incarnations if slot.image == self.trying])

    def leave_unserved(self, slots: Iterable[Slot]) -> "Rollout":
        """The newest session of each of these slots never came to serve. Only those of new slots count, whose address
        nobody knew before."""
        sids = [slot.unserved for slot in slots if slot.unserved and slot.image == self.trying and slot.sessions == 1]
        return replace(self, unserved=[*self.unserved, *sids][-MOST_UNSERVED:])

    def compare(self, slots: Iterable[Slot], sessions: Mapping[str, Session]) -> "Rollout":
        """Sessions that never came to serve are failures where the same saved state serves with the proven image. At
        most one of each workspace is. `sessions` are by id."""
        serving = [
            session
            for slot in slots
            if slot.image == self.proven and (session := sessions.get(slot.session or "")) and session.served
        ]
        restored = {(session.wid, session.began_with) for session in serving}
        counted = {sessions[sid].wid for sid in self.failures if sid in sessions}
        failures = list[str]()
        for session in [sessions[sid] for sid in self.unserved if sid in sessions]:
            if (session.wid, session.began_with) in restored and session.wid not in counted:
                counted.add(session.wid)
                failures.append(session.sid)
        return self._with(failures)

    def _with(self, failures: Sequence[str]) -> "Rollout":
        all_failures = [*self.failures, *failures]
        if len(all_failures) < FAILURES:
            return replace(self, failures=all_failures)
        return Rollout(proven=self.proven, refused=self.trying)


def _incarnation(slot: Slot) -> str:
    return f"{slot.name} {slot.incarnation}"


def _is_session(failure: str) -> bool:
    return " " not in failure


class TrialPolicy(Struct, frozen=True, kw_only=True):
    """The operator's numbers: how many slots try an image, and for how many seconds each must stay well."""

    slots: int
    seconds: float


def decide_rollout(
    rollout: Rollout,
    wanted: str,
    slots: Sequence[Slot],
    sessions: Mapping[str, Session],
    names: Sequence[str],
    policy: TrialPolicy,
    now: datetime,
) -> Rollout:
    """The next record, by all `slots`. `wanted` is SLOT_IMAGE. `sessions`, by id, are those of the slots and
    `rollout.sessions`. `names` are fresh, for as many slots as may have to be made."""
    if wanted == rollout.proven:
        return Rollout(proven=rollout.proven)
    if wanted == rollout.refused:
        return rollout
    if wanted != rollout.trying:
        rollout = Rollout(proven=rollout.proven, trying=wanted, slots=rollout.slots)
    rollout = rollout.compare(slots, sessions)
    if rollout.refused:
        return rollout
    trying = [slot for slot in slots if slot.name in rollout.slots and _may_try(slot, wanted)][: policy.slots]
    if len(trying) >= policy.slots and all(_is_well(slot, wanted, sessions, policy, now) for slot in trying):
        return Rollout(proven=wanted)
    chosen = [*(slot.name for slot in trying), *names[: policy.slots - len(trying)]]
    return replace(rollout, slots=sorted(chosen))


def _may_try(slot: Slot, image: str) -> bool:
    """A slot that somebody has had is known to somebody, and says nothing about the image once its session has
    ended. One that is out of use says nothing either."""
    if slot.state == SlotState.CLAIMED:
        return slot.image == image
    return slot.sessions == 0 and slot.state != SlotState.QUARANTINED


def _is_well(slot: Slot, image: str, sessions: Mapping[str, Session], policy: TrialPolicy, now: datetime) -> bool:
    """A session proves no more, and no sooner, than a warm container: it may be a hostile member's."""
    if slot.image != image or (now - slot.changed).total_seconds() < policy.seconds:
        return False
    if slot.state == SlotState.CLAIMED:
        session = sessions.get(slot.session or "")
        return session is not None and session.served
    return slot.state == SlotState.WARM and not slot.unanswered
