"""Plans of the pool for slots that are all well unless the test says otherwise."""

from collections.abc import Sequence

from msgspec.structs import replace

from shared.sessions.session import Session
from shared.slots.engine import Observed
from shared.slots.pool import Health, PoolAction, PoolPolicy, Unread, plan_pool
from shared.slots.rollout import Rollout
from shared.slots.slot import Slot
from tests.support.records.factories import a_slot, after

READY_SECONDS = 240
POLICY = PoolPolicy(warm=2, max=4, writes=10, sessions=20, ready=READY_SECONDS)
SETTLED = Rollout(proven=a_slot().image)
"""No image is tried."""
FINE = Health(ready=True, attached=False)


def service_of(slot: Slot, **fields: object) -> Observed:
    """The service of a slot for which nothing is left to do."""
    service = Observed(
        name=slot.name,
        url=slot.url or "",
        engine=slot.engine,
        image=slot.image,
        incarnation=slot.incarnation,
        kept=slot.kept,
        ready=True,
        outdated=False,
    )
    return replace(service, **fields)


def plan(
    slots: Sequence[Slot],
    *,
    services: Sequence[Observed] | None = None,
    health: dict[str, Health] | None = None,
    sessions: Sequence[Session] = (),
    policy: PoolPolicy | None = None,
    rollout: Rollout = SETTLED,
    at: float = 0,
    unread: Unread | None = None,
    to_try: Sequence[str] = (),
) -> list[PoolAction]:
    """A plan for slots that are all well unless the test says otherwise, in a pool that has as many as it may."""
    found = [service_of(slot) for slot in slots] if services is None else services
    return plan_pool(
        slots,
        {service.name: service for service in found},
        {slot.name: FINE for slot in slots} if health is None else health,
        {session.sid: session for session in sessions},
        ["ws-new1", "ws-new2", "ws-new3"],
        policy or replace(POLICY, max=max(2, len(slots))),
        rollout,
        after(at),
        unread,
        to_try,
    )


def brief(actions: list[PoolAction]) -> list[tuple[str, str, str]]:
    assert all(action.reason for action in actions)
    return [(action.verb, action.slot.name, action.slot.state) for action in actions]


WARM_PAIR = [a_slot("ws-1"), a_slot("ws-2")]
