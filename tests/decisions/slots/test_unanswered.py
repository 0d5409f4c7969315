"""Slots whose containers do not answer the pool: which are given up, when, and for what other address."""

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from shared.slots.pool import (
    ALARM_ATTEMPTS,
    CUT_OFF_SECONDS,
    UNANSWERED_APART_SECONDS,
    UNANSWERED_CHECKS,
    Health,
    plan_pool,
)
from shared.slots.slot import BACKOFF_SECONDS, Slot, SlotState
from tests.decisions.slots.pool_plans import FINE, POLICY, READY_SECONDS, SETTLED, WARM_PAIR, plan, service_of
from tests.support.records.factories import NOW, SID, a_slot, after


def looked_at(slots: list[Slot], health: dict[str, Health], seconds: int, every: int = 1) -> list[tuple[int, str, str]]:
    """What `pool` does to warm slots that are looked at every so many seconds, and when. It goes on from each step."""
    return [(at, verb, name) for at, verb, name in kept_warm(slots, lambda _: health, seconds, every) if name in NAMED]


NAMED = [f"ws-{number}" for number in range(9)]


def kept_warm(
    slots: list[Slot], health: Callable[[Sequence[Slot]], dict[str, Health]], seconds: int, every: int = 1
) -> list[tuple[int, str, str]]:
    """Runs of `pool` that keep as many slots warm, whose services become what their records say at once."""
    found, by_name = list[tuple[int, str, str]](), {slot.name: slot for slot in slots}
    policy = replace(POLICY, max=len(slots), warm=len(slots))
    for at in range(0, seconds, every):
        current = list(by_name.values())
        services = {
            slot.name: service_of(slot, url=slot.url or "https://x", updated=max(slot.changed, slot.retry_at or NOW))
            for slot in current
        }
        fresh = [f"ws-new{sum(verb == 'create' for _, verb, _ in found) + number}" for number in range(len(slots))]
        for action in plan_pool(current, services, health(current), {}, fresh, policy, SETTLED, after(at)):
            found.append((at, action.verb, action.slot.name))
            if action.verb == "delete":
                del by_name[action.slot.name]
            else:
                by_name[action.slot.name] = action.slot
    return found


@pytest.mark.parametrize("health", [{}, {"ws-1": Health(ready=False, attached=False)}], ids=["silent", "not ready"])
@pytest.mark.parametrize("every", [1, 20])
def test_a_warm_slot_is_given_up_after_several_looks_over_some_time(health: dict[str, Health], every: int) -> None:
    apart, given_up = UNANSWERED_APART_SECONDS, UNANSWERED_CHECKS * UNANSWERED_APART_SECONDS
    assert looked_at(WARM_PAIR, {"ws-2": FINE, **health}, given_up + 60, every) == [
        *((number * apart, "wait", "ws-1") for number in range(UNANSWERED_CHECKS)),
        (given_up, "delete", "ws-1"),
    ]


def test_a_warm_slot_that_answers_again_begins_anew() -> None:
    [(_, *waited)] = looked_at(WARM_PAIR, {"ws-2": FINE}, 1)
    assert waited == ["wait", "ws-1"]
    doubted = replace(WARM_PAIR[0], unanswered=2, unanswered_since=after(-80))
    [action] = plan([doubted, WARM_PAIR[1]])
    assert (action.verb, action.slot) == ("answered", WARM_PAIR[0])
    assert doubted.claim(SID, NOW).unanswered == 0


def test_a_pool_that_is_cut_off_gives_one_slot_up_in_a_while_and_never_all_at_once() -> None:
    crowd = [a_slot(f"ws-{number}") for number in range(5)]
    given_up = [(at, name) for at, verb, name in looked_at(crowd, {}, 3600, 10) if verb in ("delete", "recycle")]
    assert [at for at, _ in given_up] == [CUT_OFF_SECONDS], "no other before the one in its place has answered"
    actions = looked_at(crowd, {"ws-0": FINE}, 200)
    given_up = [(at, name) for at, verb, name in actions if verb == "delete"]
    assert {name for _, name in given_up} == {"ws-1", "ws-2", "ws-3", "ws-4"}
    assert len({at for at, _ in given_up}) == len(given_up), "one in each run"


def test_whoever_keeps_all_warm_addresses_busy_loses_them() -> None:
    """Strangers who have the addresses of all warm slots, and of no new one."""
    actions = kept_warm(
        WARM_PAIR, lambda slots: {slot.name: FINE for slot in slots if slot.name not in ("ws-1", "ws-2")}, 1200
    )
    assert {name for _, verb, name in actions if verb == "delete"} == {"ws-1", "ws-2"}
    assert [verb for _, verb, _ in actions].count("ready") == 2


def test_a_slot_whose_address_is_kept_busy_while_it_warms_gets_another() -> None:
    busy = a_slot("ws-1", SlotState.WARMING, incarnation=7, sessions=3)

    def health(slots: Sequence[Slot]) -> dict[str, Health]:
        return {slot.name: FINE for slot in slots if slot.name.startswith("ws-new")}

    actions = kept_warm([busy], health, 3600)
    assert [(verb, name) for _, verb, name in actions] == [
        ("retry", "ws-1"),
        ("delete", "ws-1"),
        ("create", "ws-new0"),
        ("ready", "ws-new0"),
    ]
    assert actions[-1][0] <= 2 * READY_SECONDS + 60


def test_a_pool_that_is_cut_off_while_it_warms_makes_ever_fewer_new_names_and_one_at_a_time() -> None:
    hours = 4 * 3600
    warming = [a_slot(f"ws-{number}", SlotState.WARMING) for number in range(5)]
    actions = kept_warm(warming, lambda _: {}, hours, 5)
    created = [at for at, verb, _ in actions if verb == "create"]
    assert len(set(created)) == len(created), "one in each run"
    assert len(created) <= 5 * (hours / (READY_SECONDS + BACKOFF_SECONDS[-1]) + len(BACKOFF_SECONDS))
    [new] = [action.slot for action in plan([a_slot("ws-1", SlotState.WARMING, attempts=ALARM_ATTEMPTS - 1)],
        health={}, policy=replace(POLICY, max=1, warm=1), at=READY_SECONDS + 1) if action.verb == "create"]  # fmt: skip
    assert new.attempts == ALARM_ATTEMPTS, "the operator is told"
