"""The warm pool's plan: what should change about the slots, and which Admin API writes bring their services there.

Two steps, both pure. `plan_pool` decides the next record of each slot, with a reason. `plan_writes` compares records
with services and spends a budget on the differences. What a crash leaves undone is a difference for the next run.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.sessions.session import Session
from shared.slots.slot import Slot, SlotState, new_slot

READY_SECONDS = 240
"""A generation that is not ready after this long is given up; Cloud Run's own limit for a start-up is four minutes."""
LISTED_SECONDS = 30
"""A run may take this long between listing the services and reading the records."""
BACKOFF_SECONDS = (10, 30, 120, 600)
"""Between generations that did not become ready."""
ALARM_ATTEMPTS = 3
UNANSWERED_LOOKS = 3
UNANSWERED_APART_SECONDS = 40
"""A warm container is given up when it did not say that it is well at so many looks in a row, so far apart: Cloud Run
answers 429 and 503 by itself while strangers use up a slot's requests, and the network between us may fail."""
SPARES_AT_ONCE = 2
"""Each new service starts a container once, to see whether it works."""


class PoolPolicy(Struct, frozen=True, kw_only=True):
    """The operator's numbers. `writes` is the budget of one run; after so many `sessions` an address is given up."""

    warm: int
    max: int
    writes: int
    sessions: int


class Service(Struct, frozen=True, kw_only=True):
    """A slot's Cloud Run service as the Admin API shows it."""

    name: str
    url: str
    generation: int
    """Of the newest revision's template, by its GENERATION variable."""
    min_instances: int
    ready: bool
    """The newest revision is ready and has all the traffic."""
    outdated: bool
    """Its template is not what the operator's settings ask for today."""
    updated: datetime | None = None
    """When it was last written."""


class Health(Struct, frozen=True):
    """What a warm container says of itself: enough to distrust it, never enough to trust it. The platform's own answers
    are none."""

    ready: bool
    attached: bool


class Action(Struct, frozen=True):
    """One slot's next record. `slot.name` is unknown to the store when it is to be created."""

    verb: str
    slot: Slot
    reason: str


class Verb(StrEnum):
    CREATE = "create"
    REPLACE = "replace"
    SCALE = "scale"
    DELETE = "delete"


class Write(Struct, frozen=True):
    """One Admin API write. `slot` is None where a service is to go that no record knows."""

    verb: Verb
    name: str
    slot: Slot | None


def plan_pool(
    slots: Sequence[Slot],
    services: Mapping[str, Service],
    health: Mapping[str, Health],
    sessions: Mapping[str, Session],
    names: Sequence[str],
    policy: PoolPolicy,
    now: datetime,
) -> list[Action]:
    """The next record of every slot that should change; at most one change per slot.

    `health` is by slot, `sessions` by id, `names` are fresh ones for as many slots as may be created.
    """
    actions: list[Action] = []
    for slot in slots:
        action = _settle(slot, services.get(slot.name), health.get(slot.name), sessions, now)
        if action:
            actions.append(action)
    actions += _look_at_unanswered(slots, {action.slot.name for action in actions}, health, now)
    settled = {action.slot.name: action.slot for action in actions}
    current = [settled.get(slot.name, slot) for slot in slots]
    free = [slot for slot in current if slot.name not in settled]
    warm = [slot for slot in current if slot.state in (SlotState.WARMING, SlotState.WARM)]
    missing = policy.warm - len(warm)

    retired = 0
    for slot in (s for s in free if s.state == SlotState.RECYCLING and s.stale and _may_retry(s, now)):
        if slot.sessions >= policy.sessions:
            retired += 1
            actions.append(Action("delete", slot, f"{slot.sessions} sessions know its address; a new one has another"))
            continue
        keep = missing > 0
        missing -= keep
        actions.append(
            Action(
                "renew",
                slot.renew(warm=keep, now=now),
                "its session ended" if keep else "its session ended; enough are warm",
            )
        )
    for slot in (s for s in free if s.state == SlotState.COLD):
        if missing > 0:
            missing -= 1
            actions.append(Action("warm", slot.warm_up(now), f"{policy.warm} should be warm"))
    actions += _create(names, missing, max(0, policy.max - len(slots) + retired), policy, now)
    surplus = [slot for slot in free if slot.state == SlotState.WARM][: max(0, -missing)]
    actions += [Action("cool", slot.cool(now), f"more than {policy.warm} are warm") for slot in surplus]
    excess = max(0, len(slots) - retired - policy.max)
    cold = [slot for slot in free if slot.state == SlotState.COLD and missing <= 0][:excess]
    actions += [Action("delete", slot, f"more than {policy.max} exist") for slot in cold]
    return actions


def _create(names: Sequence[str], missing: int, room: int, policy: PoolPolicy, now: datetime) -> list[Action]:
    """The warm slots that are missing; and when none is, spare cold ones up to the maximum, a few at a time.

    A cold slot costs nothing. That it exists lets a member be served when every warm one is taken.
    """
    if missing > 0:
        reason = f"{policy.warm} should be warm"
        return [Action("create", new_slot(name, warm=True, now=now), reason) for name in names[: min(missing, room)]]
    reason = f"{policy.max} may be in use"
    spares = names[: min(SPARES_AT_ONCE, room)]
    return [Action("create", new_slot(name, warm=False, now=now), reason) for name in spares]


def _settle(
    slot: Slot, service: Service | None, health: Health | None, sessions: Mapping[str, Session], now: datetime
) -> Action | None:
    """What the world has made of one slot."""
    if slot.state == SlotState.CLAIMED:
        session = sessions.get(slot.session or "")
        if session is None or not session.open or session.slot != slot.name:
            return Action("recycle", slot.recycle(now), "nobody owns it any more")
        return None
    if service is None and (now - slot.changed).total_seconds() < LISTED_SECONDS:
        return None  # the services were listed before the records were read: this one may be newer than the list
    if slot.state == SlotState.COLD and (service is None or service.outdated or service.url != slot.url):
        return Action("delete", slot, "its service is not what it should be; a new one costs nothing")
    if slot.state == SlotState.WARM and service and (service.outdated or service.url != slot.url):
        return Action("recycle", slot.recycle(now), "its service is not what it should be")
    if slot.state == SlotState.WARM and service is None:
        return Action("recycle", slot.recycle(now), "its container is gone")
    if slot.state == SlotState.WARM and health is not None and health.attached:
        return Action("recycle", slot.recycle(now), "its container serves a session that nobody gave it")
    becoming = slot.state == SlotState.WARMING or (slot.state == SlotState.RECYCLING and not slot.stale)
    if not becoming:
        return None
    if service and service.generation == slot.generation and service.outdated:
        # a stack was stopped, or settings changed, while it started
        return Action("recycle", slot.recycle(now), "its service is not what it should be")
    if service and is_current(slot, service) and service.ready and _fit(slot, health):
        return Action("ready", slot.ready(service.url, now), f"generation {slot.generation} is ready")
    if service is None or service.generation < slot.generation:
        return None  # still to be written: the Admin API takes so many writes a minute, and after a burst it waits
    since = max(slot.changed, slot.retry_at or slot.changed, service.updated or slot.changed)
    if (now - since).total_seconds() > READY_SECONDS:
        pause = BACKOFF_SECONDS[min(slot.attempts, len(BACKOFF_SECONDS) - 1)]
        return Action(
            "retry",
            slot.retry(now + timedelta(seconds=pause), now),
            f"generation {slot.generation} did not become ready",
        )
    return None


def _look_at_unanswered(
    slots: Sequence[Slot], settled: Collection[str], health: Mapping[str, Health], now: datetime
) -> list[Action]:
    """Counts the looks at which a warm container did not say that it is well, and gives up the one for which there are
    enough of them: one in each run. None in a run in which no container answered, for then it is we who are cut off.
    """
    warm = [slot for slot in slots if slot.state == SlotState.WARM and slot.name not in settled]
    silent = [slot for slot in warm if not (found := health.get(slot.name)) or not found.ready]
    actions = [
        Action("answered", slot.answered(), "its container says that it is well")
        for slot in warm
        if slot not in silent and slot.unanswered
    ]
    if not health:
        return actions
    given_up = False
    for slot in silent:
        since = slot.unanswered_since or now
        if now < since + timedelta(seconds=UNANSWERED_APART_SECONDS * slot.unanswered):
            continue
        if slot.unanswered < UNANSWERED_LOOKS:
            reason = f"its container does not say that it is well: {slot.unanswered + 1} of {UNANSWERED_LOOKS}"
            actions.append(Action("wait", slot.not_answered(now), reason))
        elif not given_up:
            given_up = True
            actions.append(Action("recycle", slot.recycle(now), "its container is gone"))
    return actions


def _fit(slot: Slot, health: Health | None) -> bool:
    """A container that is kept warm must say that it is ready; one that is not kept has nobody to say so."""
    return slot.min_instances == 0 or (health is not None and health.ready and not health.attached)


def _may_retry(slot: Slot, now: datetime) -> bool:
    return slot.retry_at is None or now >= slot.retry_at


def is_current(slot: Slot, service: Service) -> bool:
    """The service is what the record says it should be."""
    return service.generation == slot.generation and service.min_instances == slot.min_instances


def plan_writes(
    slots: Sequence[Slot], services: Mapping[str, Service], known: Collection[str], policy: PoolPolicy, now: datetime
) -> list[Write]:
    """The writes that bring services to their records, the most useful first, within the budget.

    `known` are the names of all records, also of those whose content is out of date: their services are somebody's.
    """
    writes: list[tuple[int, Write]] = []
    for slot in slots:
        service = services.get(slot.name)
        if not _may_retry(slot, now):
            continue
        urgent = 0 if slot.state == SlotState.WARMING else 1
        if service is None:
            writes.append((urgent, Write(Verb.CREATE, slot.name, slot)))
        elif service.generation < slot.generation and slot.state != SlotState.CLAIMED:
            writes.append((urgent, Write(Verb.REPLACE, slot.name, slot)))
        elif service.min_instances != slot.min_instances:
            writes.append((urgent if slot.state != SlotState.COLD else 2, Write(Verb.SCALE, slot.name, slot)))
    writes += [(3, Write(Verb.DELETE, name, None)) for name in services if name not in known]
    writes.sort(key=lambda ranked: ranked[0])
    return [write for _, write in writes[: policy.writes]]


def unfinished(slots: Sequence[Slot], now: datetime) -> bool:
    """There is something to look at again in a second."""
    return any(slot.state in (SlotState.WARMING, SlotState.RECYCLING) and _may_retry(slot, now) for slot in slots)
