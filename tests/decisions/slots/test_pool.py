"""The pool's plan: what changes about the slots, and the writes that a budget allows."""

import pytest
from msgspec.structs import replace

from shared.sessions.session import Session, SessionState
from shared.slots.engine import Verb
from shared.slots.pool import (
    LISTED_SECONDS,
    Health,
    plan_pool,
)
from shared.slots.slot import SlotState
from shared.slots.writes import plan_writes, unfinished
from tests.decisions.slots.pool_plans import FINE, POLICY, READY_SECONDS, SETTLED, WARM_PAIR, brief, plan, service_of
from tests.support.records.factories import NOW, SID, a_session, a_slot, after


def test_an_empty_project_gets_its_warm_slots() -> None:
    assert brief(plan([])) == [("create", "ws-new1", "warming"), ("create", "ws-new2", "warming")]


def test_a_full_pool_is_left_alone() -> None:
    assert plan(WARM_PAIR) == []


def test_the_service_of_a_slot_that_has_just_become_warm_is_made_again_and_an_older_slot_recycled() -> None:
    services = [service_of(WARM_PAIR[1])]
    actions = plan(WARM_PAIR, services=services, at=LISTED_SECONDS - 1)
    assert actions == [], "the list of services may be older than the slot"
    found = {service.name: service for service in services}
    [made] = plan_writes(WARM_PAIR, found, ["ws-1", "ws-2"], POLICY, after(LISTED_SECONDS - 1))
    assert (made.verb, made.name) == (Verb.CREATE, "ws-1")
    assert ("recycle", "ws-1", "recycling") in brief(plan(WARM_PAIR, services=services, at=LISTED_SECONDS))


def test_spare_cold_slots_are_made_a_few_at_a_time_once_enough_are_warm() -> None:
    roomy = replace(POLICY, max=5)
    assert brief(plan(WARM_PAIR, policy=roomy)) == [
        ("create", "ws-new1", "recycling"),
        ("create", "ws-new2", "recycling"),
    ]
    assert brief(plan([a_slot("ws-1")], policy=roomy)) == [("create", "ws-new1", "warming")]
    [spare, _] = plan(WARM_PAIR, policy=roomy)
    assert (spare.slot.kept, spare.slot.ready("https://u", NOW).state) == (0, SlotState.COLD)


def test_a_claim_is_refilled_from_the_cold_before_anything_is_created() -> None:
    claimed = a_slot("ws-1", SlotState.CLAIMED, session=SID)
    slots = [claimed, a_slot("ws-2"), a_slot("ws-3", SlotState.COLD)]
    assert brief(plan(slots, sessions=[a_session(slot="ws-1")])) == [("warm", "ws-3", "warming")]


def test_no_more_than_the_maximum_is_created() -> None:
    claimed = [a_slot(f"ws-{n}", SlotState.CLAIMED, session=f"s-{n}") for n in range(4)]
    sessions = [replace(a_session(slot=f"ws-{n}"), sid=f"s-{n}") for n in range(4)]
    assert plan(claimed, sessions=sessions) == []


def test_when_demand_falls_the_surplus_is_cooled() -> None:
    assert brief(plan([*WARM_PAIR, a_slot("ws-3")])) == [("cool", "ws-1", "cold")]


def test_a_used_slot_comes_back_warm_if_one_is_missing_and_cold_if_not() -> None:
    used = a_slot("ws-1", SlotState.RECYCLING, stale=True)
    [missing] = plan([used, a_slot("ws-2")])
    assert (missing.verb, missing.slot.state, missing.slot.incarnation) == ("renew", SlotState.WARMING, 2)
    [enough] = plan([used, a_slot("ws-2"), a_slot("ws-3")])
    assert (enough.slot.state, enough.slot.incarnation, enough.slot.kept) == (SlotState.RECYCLING, 2, False)


@pytest.mark.parametrize(
    ("service", "health", "ready"),
    [
        ({}, FINE, True),
        ({"incarnation": 1}, FINE, False),
        ({"kept": False}, FINE, False),
        ({"ready": False}, FINE, False),
        ({}, Health(ready=False, attached=False), False),
        ({}, Health(ready=True, attached=True), False),
        ({}, None, False),
    ],
    ids=["ready", "old revision", "not kept", "not all traffic", "starting", "in use", "silent"],
)
def test_a_warming_slot_is_warm_only_when_its_generation_serves(
    service: dict[str, object], health: Health | None, ready: bool
) -> None:
    slot = a_slot("ws-1", SlotState.WARMING, incarnation=2)
    actions = plan(
        [slot, a_slot("ws-2")],
        services=[service_of(slot, **service), service_of(WARM_PAIR[1])],
        health={"ws-2": FINE} | ({"ws-1": health} if health else {}),
    )
    assert brief(actions) == ([("ready", "ws-1", "warm")] if ready else [])


def test_a_recycled_slot_is_cold_when_its_revision_is_ready() -> None:
    slot = a_slot("ws-3", SlotState.RECYCLING, incarnation=2, stale=False)
    assert brief(plan([*WARM_PAIR, slot], health={"ws-1": FINE, "ws-2": FINE})) == [("ready", "ws-3", "cold")]
    stuck = service_of(slot, incarnation=1)
    others = [service_of(warm) for warm in WARM_PAIR]
    assert plan([*WARM_PAIR, slot], services=[*others, stuck]) == []


def test_an_incarnation_that_does_not_become_ready_is_replaced_ever_more_slowly() -> None:
    slot = a_slot("ws-1", SlotState.WARMING)
    dead = [service_of(slot, ready=False), service_of(WARM_PAIR[1])]
    assert plan([slot, WARM_PAIR[1]], services=dead, at=READY_SECONDS) == []
    [first] = plan([slot, WARM_PAIR[1]], services=dead, at=READY_SECONDS + 1)
    assert (first.verb, first.slot.incarnation, first.slot.attempts) == ("retry", 2, 1)
    assert first.slot.retry_at is not None and first.slot.retry_at > after(READY_SECONDS + 1)
    assert plan_writes([first.slot], {"ws-1": dead[0]}, ["ws-1"], POLICY, first.slot.changed) == []
    assert not unfinished([first.slot], first.slot.changed)


def test_a_slot_recovers_once_the_platform_does_however_long_that_took() -> None:
    slot, at = a_slot("ws-1", SlotState.WARMING), 0.0
    written = slot.incarnation
    for minute in range(60):
        at = minute * 60.0
        for action in plan(
            [slot, WARM_PAIR[1]], services=[service_of(slot, ready=False), service_of(WARM_PAIR[1])], at=at
        ):
            slot = action.slot
    assert slot.attempts > 3
    for minute in range(60, 90):
        at = minute * 60.0
        writes = plan_writes([slot], {"ws-1": service_of(slot, incarnation=written)}, ["ws-1"], POLICY, after(at))
        written = slot.incarnation if writes else written
        served = service_of(slot, incarnation=written)
        for action in plan([slot, WARM_PAIR[1]], services=[served, service_of(WARM_PAIR[1])], at=at):
            slot = action.slot
    assert slot.state == SlotState.WARM


def test_a_warm_slot_that_serves_a_stranger_is_recycled_at_once() -> None:
    [first, *_] = plan(WARM_PAIR, health={"ws-1": Health(ready=True, attached=True), "ws-2": FINE})
    assert (first.verb, first.slot.name, first.slot.stale) == ("recycle", "ws-1", True)


def test_an_address_is_given_up_after_its_sessions() -> None:
    used = a_slot("ws-1", SlotState.RECYCLING, stale=True, sessions=20)
    actions = plan([used, a_slot("ws-2")])
    assert brief(actions) == [("delete", "ws-1", "recycling"), ("create", "ws-new1", "warming")]
    younger = plan([replace(used, sessions=19), a_slot("ws-2")])
    assert [action.verb for action in younger] == ["renew"]
    full = [used, *(a_slot(f"ws-c{n}", SlotState.CLAIMED, session=f"s-{n}") for n in range(3))]
    sessions = [replace(a_session(slot=f"ws-c{n}"), sid=f"s-{n}") for n in range(3)]
    assert brief(plan(full, sessions=sessions, policy=POLICY)) == [
        ("delete", "ws-1", "recycling"),
        ("create", "ws-new1", "warming"),
    ], "there is room for the new one in a full pool"
    service = {"ws-1": service_of(used)}
    assert [w.verb for w in plan_writes([], service, [], POLICY, NOW)] == [Verb.DELETE], "the next run, its service"
    assert a_slot("ws-1", sessions=3).claim(SID, NOW).sessions == 4


@pytest.mark.parametrize(
    "session",
    [None, a_session(SessionState.ENDED, slot="ws-1"), a_session(slot="ws-9")],
    ids=["no session", "ended", "another slot's"],
)
def test_a_claimed_slot_that_nobody_owns_is_recycled(session: Session | None) -> None:
    claimed = a_slot("ws-3", SlotState.CLAIMED, session=SID)
    actions = plan([*WARM_PAIR, claimed], sessions=[session] if session else [])
    assert brief(actions) == [("recycle", "ws-3", "recycling")]


def test_what_the_operator_changed_reaches_every_slot_that_is_free() -> None:
    slots = [a_slot("ws-1"), a_slot("ws-2"), a_slot("ws-3", SlotState.COLD)]
    old = [service_of(slot, outdated=True) for slot in slots]
    verbs = {(verb, name) for verb, name, _ in brief(plan(slots, services=old)) if name != "ws-new1"}
    assert {("recycle", "ws-1"), ("recycle", "ws-2"), ("delete", "ws-3")} <= verbs


@pytest.mark.parametrize("state", [SlotState.WARMING, SlotState.RECYCLING])
def test_a_container_that_was_started_before_the_operators_change_is_not_offered(state: SlotState) -> None:
    starting = a_slot("ws-3", state, incarnation=2)
    services = [service_of(a_slot("ws-1")), service_of(a_slot("ws-2")), service_of(starting, outdated=True)]
    assert brief(plan([*WARM_PAIR, starting], services=services)) == [("recycle", "ws-3", "recycling")]


def test_cold_slots_beyond_the_maximum_are_deleted() -> None:
    cold = [a_slot(f"ws-c{n}", SlotState.COLD) for n in range(4)]
    assert [verb for verb, _, _ in brief(plan([*WARM_PAIR, *cold], policy=POLICY))] == ["delete", "delete"]


def test_writes_bring_services_to_their_records() -> None:
    missing = a_slot("ws-1", SlotState.WARMING)
    replaced = a_slot("ws-2", SlotState.RECYCLING, incarnation=5)
    scaled = a_slot("ws-3", SlotState.CLAIMED)
    fine = a_slot("ws-4")
    services = {
        "ws-2": service_of(replaced, incarnation=4),
        "ws-3": service_of(scaled, kept=False),
        "ws-4": service_of(fine),
        "ws-5": service_of(a_slot("ws-5")),
    }
    writes = plan_writes([fine, scaled, replaced, missing], services, ["ws-1", "ws-2", "ws-3", "ws-4"], POLICY, NOW)
    assert [(write.verb, write.name) for write in writes] == [
        (Verb.CREATE, "ws-1"),
        (Verb.SCALE, "ws-3"),
        (Verb.REPLACE, "ws-2"),
        (Verb.DELETE, "ws-5"),
    ]


def test_nobodys_container_is_replaced_under_them() -> None:
    claimed = a_slot("ws-1", SlotState.CLAIMED, incarnation=5)
    assert plan_writes([claimed], {"ws-1": service_of(claimed, incarnation=4)}, ["ws-1"], POLICY, NOW) == []
    stale = a_slot("ws-1", SlotState.WARMING, incarnation=4)
    assert plan_writes([stale], {"ws-1": service_of(stale, incarnation=5)}, ["ws-1"], POLICY, NOW) == []


def test_the_service_of_a_slot_that_was_just_claimed_is_not_nobodys() -> None:
    overtaken = a_slot("ws-1", SlotState.COLD)
    assert plan_writes([], {"ws-1": service_of(overtaken)}, ["ws-1"], POLICY, NOW) == []
    assert plan([*WARM_PAIR, overtaken], services=[service_of(warm) for warm in WARM_PAIR], at=5) == []


def test_a_run_never_writes_more_than_its_budget_and_warms_first() -> None:
    cooling = [a_slot(f"ws-{n}", SlotState.COLD) for n in range(5)]
    services = {slot.name: service_of(slot, kept=True) for slot in cooling}
    warming = a_slot("ws-w", SlotState.WARMING)
    writes = plan_writes([*cooling, warming], services, services, replace(POLICY, writes=3), NOW)
    assert len(writes) == 3
    assert writes[0].name == "ws-w"


def test_a_burst_beyond_the_write_quota_waits_for_it_and_nothing_is_given_up() -> None:
    """Three hundred sessions end at once, and the Admin API takes 60 writes a minute."""
    policy = replace(POLICY, warm=100, max=300)
    slots = {f"ws-{n}": a_slot(f"ws-{n}", SlotState.CLAIMED).recycle(NOW) for n in range(300)}
    services = {name: service_of(slot, kept=True, url="https://x", updated=NOW) for name, slot in slots.items()}
    verbs, taken = set[str](), list[float]()
    for second in range(0, 900, 10):
        now = after(second)
        health = {name: FINE for name, slot in slots.items() if services[name].incarnation == slot.incarnation}
        for action in plan_pool(list(slots.values()), services, health, {}, [], policy, SETTLED, now):
            verbs.add(action.verb)
            slots[action.slot.name] = action.slot
        for write in plan_writes(list(slots.values()), services, slots, policy, now):
            if len([moment for moment in taken if moment > second - 60]) >= 60:
                break
            taken.append(second)
            slot = slots[write.name]
            services[write.name] = service_of(slot, url="https://x", updated=now)
    assert verbs == {"renew", "ready"}, "none was given up for waiting"
    assert {slot.state for slot in slots.values()} == {SlotState.WARM, SlotState.COLD}
    assert sum(slot.state == SlotState.WARM for slot in slots.values()) == 100
    assert {slot.attempts for slot in slots.values()} == {0}


def test_an_incarnation_is_given_up_so_long_after_it_was_written() -> None:
    slot = a_slot("ws-1", SlotState.WARMING)
    waiting = [service_of(slot, incarnation=0), service_of(WARM_PAIR[1])]
    assert plan([slot, WARM_PAIR[1]], services=waiting, at=READY_SECONDS * 2) == []
    written = [service_of(slot, ready=False, updated=after(READY_SECONDS)), service_of(WARM_PAIR[1])]
    assert plan([slot, WARM_PAIR[1]], services=written, at=READY_SECONDS * 2) == []
    assert brief(plan([slot, WARM_PAIR[1]], services=written, at=READY_SECONDS * 2 + 1)) == [
        ("retry", "ws-1", "warming")
    ]
