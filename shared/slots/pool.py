"""The warm pool: the next record of each slot that should change, with a reason. `shared.slots.writes` has the engines
follow the records.

A run reads the unsettled slots and counts the others (`Unread`). An audit reads all slots: only an audit finds changes
without a record, such as a service that somebody deleted.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.sessions.session import Session
from shared.slots.engine import Observed
from shared.slots.rollout import Rollout
from shared.slots.slot import Slot, SlotState, new_slot

LISTED_SECONDS = 30
"""Seconds that a run may take from listing the engines' slots until reading the records."""
ALARM_ATTEMPTS = 3
UNANSWERED_CHECKS = 3
UNANSWERED_APART_SECONDS = 40
"""A warm container is given up after so many checks in a row, at least so far apart, at which it did not report that it
is well. The platform itself answers 429 and 503 while strangers use up a slot's concurrency, and the network may
fail."""
CUT_OFF_SECONDS = 600
"""If no container answers at all, most likely this function is cut off. Then one slot is given up after so many
seconds, and the next only after its replacement has become warm: strangers may know all addresses, but not the new
one."""
RENAMED_ATTEMPTS = 1
"""Incarnations that may fail under one name although the platform says they are ready. Perhaps strangers at the address
keep this function from reaching them; the next slot has another address."""
SPARES_AT_ONCE = 2
"""New spare slots in one run. Each starts a container once, to prove that it works."""


class PoolPolicy(Struct, frozen=True, kw_only=True):
    """The operator's settings. `writes` is the budget of one run; after so many `sessions` a slot is given up with its
    address, and after `ready` seconds an incarnation that is not ready."""

    warm: int
    why: str = ""
    """Why so many should be warm."""
    max: int
    writes: int
    sessions: int
    ready: float


class Unread(Struct, frozen=True, kw_only=True):
    """Slots that a run has not read: how many, and how many of them are warm."""

    slots: int = 0
    warm: int = 0


class Health(Struct, frozen=True):
    """A warm container's report of itself: it can make the container distrusted, never trusted."""

    ready: bool
    attached: bool
    busy: bool = False
    """There is no report: the platform said that others use up the container's concurrency."""


class PoolAction(Struct, frozen=True):
    """The next record of one slot. With the verb `create` the store does not have `slot.name` yet."""

    verb: str
    slot: Slot
    reason: str
    failed: bool = False
    """The slot's incarnation is given up because its container did not become ready, or stopped answering."""

    def noted(self, now: datetime) -> "PoolAction":
        """The action with itself in the slot's history; settling is none, because it changes nothing."""
        is_event = self.verb not in ("settle", "answered", "delete")
        return replace(self, slot=self.slot.note(self.verb, self.reason, now)) if is_event else self


def wanted_warm(policy: PoolPolicy, rollout: Rollout) -> int:
    """How many slots should be warm. Slots that try an image come on top, because the image may be bad."""
    return min(policy.max, policy.warm + len(rollout.slots))


def _should_be_warm(policy: PoolPolicy, rollout: Rollout) -> str:
    return f"{wanted_warm(policy, rollout)} should be warm{policy.why and f': {policy.why}'}"


def missing_warm(slots: Sequence[Slot], unread: Unread, policy: PoolPolicy, rollout: Rollout) -> int:
    """How many more slots should be warm or warming; negative for fewer."""
    kept = [slot for slot in slots if slot.state in (SlotState.WARMING, SlotState.WARM) or _begins(slot, rollout)]
    return wanted_warm(policy, rollout) - len(kept) - unread.warm


def _begins(slot: Slot, rollout: Rollout) -> bool:
    """Whether the slot's next incarnation tries an image, and is kept warm."""
    return slot.state == SlotState.RECYCLING and slot.name in rollout.slots and not slot.sessions


def plan_pool(
    slots: Sequence[Slot],
    observed: Mapping[str, Observed],
    health: Mapping[str, Health],
    sessions: Mapping[str, Session],
    names: Sequence[str],
    policy: PoolPolicy,
    rollout: Rollout,
    now: datetime,
    unread: Unread | None = None,
    to_try: Sequence[str] = (),
) -> list[PoolAction]:
    """The next record of every slot that should change, at most one change per slot.

    `health` is by slot, `sessions` by id. `names` are fresh names for as many slots as may be created, and `to_try`
    those of slots to be made that try an image. `unread` counts the slots that are not among `slots`.
    """
    unread = unread or Unread()
    health = {name: report for name, report in health.items() if not report.busy}
    actions: list[PoolAction] = []
    for slot in slots:
        action = _settle(slot, observed.get(slot.name), health.get(slot.name), sessions, policy, rollout, now)
        if action:
            actions.append(action)
    actions += _unanswered_checks(slots, {action.slot.name for action in actions}, health, now)
    given_up = [action for action in actions if _gives_address_up(action)]
    actions = [action for action in actions if action not in given_up[1:]]  # one slot's address in each run
    existing = len(slots) + unread.slots
    displaced, tried = _try(slots, actions, to_try, policy.max - existing, policy, rollout, now)
    actions += displaced
    actions += _roll(slots, {action.slot.name for action in actions}, policy, rollout, now)
    settled = {action.slot.name: action.slot for action in actions}
    gone = {action.slot.name for action in [*given_up[:1], *displaced]}
    current = [*(settled.get(slot.name, slot) for slot in slots if slot.name not in gone), *tried]
    free = [slot for slot in current if slot.name not in settled and slot not in tried]
    actions += [PoolAction("create", slot, f"it tries {slot.image}") for slot in tried]
    missing = missing_warm(current, unread, policy, rollout)

    retired = len(gone) - len(tried)
    for slot in (s for s in free if s.state == SlotState.RECYCLING and s.stale and may_retry(s, now)):
        if slot.sessions >= policy.sessions or (slot.sessions and slot.name in rollout.slots):
            retired += 1
            actions.append(PoolAction("delete", slot, f"{slot.sessions} sessions know its address"))
            continue
        tries = _begins(slot, rollout)  # it is among those that will be warm
        keep = tries or missing > 0
        missing -= keep and not tries
        renewed = slot.renew(rollout.image_of(slot.name), warm=keep, now=now)
        why = f"it tries {renewed.image}" if tries else "nobody has it" if keep else "nobody has it; enough are warm"
        actions.append(PoolAction("renew", renewed, why))
    for slot in sorted((s for s in free if s.state == SlotState.COLD), key=lambda slot: _rank(slot, rollout)):
        if missing > 0:
            missing -= 1
            actions.append(PoolAction("warm", slot.warm_up(now), _should_be_warm(policy, rollout)))
    room = max(0, policy.max - existing + retired)
    created = _create(names, missing, room, policy, rollout, now)
    if given_up and missing > 0 and created:
        created[0] = replace(created[0], slot=created[0].slot.instead_of(given_up[0].slot, now))
    actions += created
    warm = sorted((s for s in free if s.state == SlotState.WARM), key=lambda slot: _rank(slot, rollout), reverse=True)
    surplus = warm[: max(0, -missing)]
    actions += [PoolAction("cool", slot.cool(now), _should_be_warm(policy, rollout)) for slot in surplus]
    excess = max(0, existing - retired - policy.max)
    cold = [slot for slot in free if slot.state == SlotState.COLD and missing <= 0][:excess]
    actions += [PoolAction("delete", slot, f"more than {policy.max} exist") for slot in cold]
    return actions


def _create(
    names: Sequence[str], missing: int, room: int, policy: PoolPolicy, rollout: Rollout, now: datetime
) -> list[PoolAction]:
    """Creates the warm slots that are missing. If none is missing, creates cold spare slots up to the maximum, a few at
    a time.

    A cold slot costs nothing, and serves a member when every warm one is taken.
    """
    if warm := missing > 0:
        count, reason = min(missing, room), _should_be_warm(policy, rollout)
    else:
        count, reason = min(SPARES_AT_ONCE, room), f"{policy.max} may be in use"
    new_slots = [new_slot(name, rollout.image_of(name), warm=warm, now=now) for name in names[:count]]
    return [PoolAction("create", slot, reason) for slot in new_slots]


def _try(
    slots: Sequence[Slot],
    actions: Sequence[PoolAction],
    names: Sequence[str],
    room: int,
    policy: PoolPolicy,
    rollout: Rollout,
    now: datetime,
) -> tuple[list[PoolAction], list[Slot]]:
    """The slots with these names, which try an image; and the deletions that make room for them. First go slots that
    come back from a session, then cold ones, then warm ones but for half of `policy.warm`, and of each kind those that
    most people know the address of. A slot without room is not made: the next audit names another one."""
    settled = {action.slot.name for action in actions}
    warm = [slot for slot in slots if slot.state == SlotState.WARM and slot.name not in settled]
    others = [slot for slot in slots if slot.name not in settled and slot.name not in rollout.slots]
    others.sort(key=lambda slot: -slot.sessions)
    spare = [slot for slot in others if slot.state == SlotState.RECYCLING and slot.stale]
    spare += [slot for slot in others if slot.state == SlotState.COLD]
    spare += [slot for slot in others if slot in warm][: max(0, len(warm) - policy.warm // 2)]
    needed = max(0, len(names) - max(0, room))
    displaced = [PoolAction("delete", slot, f"a new slot tries {rollout.trying}") for slot in spare[:needed]]
    made = names[: max(0, room) + len(displaced)]
    return displaced, [new_slot(name, rollout.image_of(name), warm=True, now=now) for name in made]


def _roll(
    slots: Sequence[Slot], settled: Collection[str], policy: PoolPolicy, rollout: Rollout, now: datetime
) -> list[PoolAction]:
    """Recycles free slots that have another image than they should, a few at a time: at least half of the cold ones and
    half of `policy.warm` stay, and no more containers start at once than one run may write."""
    starting = [slot for slot in slots if slot.state in (SlotState.WARMING, SlotState.RECYCLING)]
    actions = list[PoolAction]()
    for state in (SlotState.WARM, SlotState.COLD):
        free = [slot for slot in slots if slot.state == state and slot.name not in settled]
        stay = len(free) // 2 if state == SlotState.COLD else policy.warm // 2
        old = [slot for slot in free if slot.image != rollout.image_of(slot.name)]
        old.sort(key=lambda slot: slot.name not in rollout.slots)
        room = min(len(free) - stay, policy.writes - len(starting) - len(actions))
        actions += [
            PoolAction("recycle", slot.recycle(now), f"it gets {rollout.image_of(slot.name)}")
            for slot in old[: max(0, room)]
        ]
    return actions


def _rank(slot: Slot, rollout: Rollout) -> tuple[bool, bool]:
    """The order in which slots are warmed, and the reverse of that in which they are cooled: those that try an image,
    those with the right image, the others."""
    return slot.name not in rollout.slots, slot.image != rollout.image_of(slot.name)


def _settle(
    slot: Slot,
    seen: Observed | None,
    health: Health | None,
    sessions: Mapping[str, Session],
    policy: PoolPolicy,
    rollout: Rollout,
    now: datetime,
) -> PoolAction | None:
    """The change that a slot's state in its engine, its health or its session makes necessary; None if none."""
    if slot.state == SlotState.QUARANTINED:
        return None
    if slot.state == SlotState.CLAIMED:
        session = sessions.get(slot.session or "")
        if session is None or not session.open or session.slot != slot.name:
            return PoolAction("recycle", slot.recycle(now), "no open session owns it")
        return _seen_as_wanted(slot, seen)
    if slot.image == rollout.refused and not slot.stale:
        return PoolAction("recycle", slot.recycle(now), "its image is refused")
    if seen is None and (now - slot.changed).total_seconds() < LISTED_SECONDS:
        return None  # The engines were asked before the records were read, so this slot may be newer than their list.
    changed = seen is not None and (seen.outdated or seen.image != slot.image)
    if slot.state == SlotState.COLD and (seen is None or changed or seen.url != slot.url):
        return PoolAction("delete", slot, "it differs from its record or the settings")
    if slot.state == SlotState.WARM and seen and (changed or seen.url != slot.url):
        return PoolAction("recycle", slot.recycle(now), "it differs from its record or the settings")
    if slot.state == SlotState.WARM and seen is None:
        return PoolAction("recycle", slot.recycle(now), "its container is gone")
    if slot.state == SlotState.WARM and health is not None and health.attached:
        return PoolAction("recycle", slot.recycle(now), "its container serves an unknown session")
    becoming = slot.state == SlotState.WARMING or (slot.state == SlotState.RECYCLING and not slot.stale)
    if not becoming:
        return _seen_as_wanted(slot, seen)
    return _become(slot, seen, health, policy, rollout, now)


def _become(
    slot: Slot, seen: Observed | None, health: Health | None, policy: PoolPolicy, rollout: Rollout, now: datetime
) -> PoolAction | None:
    """The change that a warming slot, or one that starts to see whether it works, makes necessary; None if none."""
    image = rollout.image_of(slot.name)
    if slot.name in rollout.slots and slot.image != image:
        return PoolAction("recycle", slot.recycle(now), f"it is to try {image}")
    if seen and seen.incarnation == slot.incarnation and (seen.outdated or seen.image != slot.image):
        # the local stack was stopped, or settings changed, while the slot started
        return PoolAction("recycle", slot.recycle(now), "it differs from its record or the settings")
    if seen and is_current(slot, seen) and seen.ready and _fit(slot, health):
        return PoolAction("ready", slot.ready(seen.url, now), f"incarnation {slot.incarnation} is ready")
    if seen is None or seen.incarnation < slot.incarnation:
        return None  # Not written yet: an engine accepts only so many writes a minute.
    since = max(slot.changed, slot.retry_at or slot.changed, seen.updated or slot.changed)
    if (now - since).total_seconds() > policy.ready:
        reason = f"incarnation {slot.incarnation} did not become ready"
        if is_current(slot, seen) and seen.ready and slot.attempts >= RENAMED_ATTEMPTS:
            return PoolAction("delete", slot, f"{reason}, although the platform says it is", failed=True)
        return PoolAction("retry", slot.retry(image, now), reason, failed=True)
    return None


def failed_incarnations(
    actions: Sequence[PoolAction], before: Mapping[str, Slot], health: Mapping[str, Health]
) -> list[Slot]:
    """The slots of `before`, by name, whose incarnation failed by itself and is given up by these actions: it did not
    become ready, or stopped answering. A slot that somebody has had does not count, nor one that is busy: strangers may
    keep it from answering."""
    return [
        slot
        for action in actions
        if action.failed
        and (slot := before.get(action.slot.name))
        and not slot.sessions
        and not ((report := health.get(slot.name)) and report.busy)
    ]


def ended_unserved(actions: Sequence[PoolAction], before: Mapping[str, Slot]) -> list[Slot]:
    """The slots of `before` that these actions give their next incarnation, or give up, and whose session never came to
    serve."""
    return [
        slot
        for action in actions
        if action.verb != "recycle" and (slot := before.get(action.slot.name)) and slot.unserved
    ]


def _gives_address_up(action: PoolAction) -> bool:
    return action.failed and action.verb == "delete"


def _seen_as_wanted(slot: Slot, seen: Observed | None) -> PoolAction | None:
    """Settles a slot whose engine shows it as its record wants it. A claimed slot's container is never replaced, so
    nothing else of it is waited for."""
    if slot.settled or seen is None or slot.state == SlotState.RECYCLING:
        return None
    claimed = slot.state == SlotState.CLAIMED and seen.kept == slot.kept
    return (
        PoolAction("settle", slot.settle(), "it agrees with its record") if claimed or is_current(slot, seen) else None
    )


def _unanswered_checks(
    slots: Sequence[Slot], settled: Collection[str], health: Mapping[str, Health], now: datetime
) -> list[PoolAction]:
    """Counts the checks at which warm containers did not report that they are well, and gives up those with enough of
    them. If no container answered in this run, only the one that has been silent longest is considered."""
    warm = [slot for slot in slots if slot.state == SlotState.WARM and slot.name not in settled]
    silent = [slot for slot in warm if not (answer := health.get(slot.name)) or not answer.ready]
    actions = [
        PoolAction("answered", slot.answered(), "its container reports that it is well")
        for slot in warm
        if slot not in silent and slot.unanswered
    ]
    if not health and any(slot.state == SlotState.WARMING for slot in slots):
        return actions
    silent.sort(key=lambda slot: slot.unanswered_since or now)
    for slot in silent if health else silent[:1]:
        since = slot.unanswered_since or now
        if now < since + timedelta(seconds=UNANSWERED_APART_SECONDS * slot.unanswered):
            continue
        if slot.unanswered < UNANSWERED_CHECKS:
            reason = f"its container did not report that it is well: {slot.unanswered + 1} of {UNANSWERED_CHECKS}"
            actions.append(PoolAction("wait", slot.not_answered(now), reason))
        elif health or now >= since + timedelta(seconds=CUT_OFF_SECONDS):
            actions.append(PoolAction("delete", slot, "its container is gone, or kept busy", failed=True))
    return actions


def _fit(slot: Slot, health: Health | None) -> bool:
    """A container that is kept running must report that it is ready. A slot without a container has none to report."""
    return not slot.kept or (health is not None and health.ready and not health.attached)


def may_retry(slot: Slot, now: datetime) -> bool:
    """Whether the pause before the slot's next incarnation is over."""
    return slot.retry_at is None or now >= slot.retry_at


def is_current(slot: Slot, seen: Observed) -> bool:
    """Whether the engine shows what the record wants."""
    return seen.incarnation == slot.incarnation and seen.kept == slot.kept
