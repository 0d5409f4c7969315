"""How slots come to another image: the plan for a pool in which one is tried, proven or refused."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from shared.slots.engine import Observed
from shared.slots.pool import (
    PoolPolicy,
    Unread,
    ended_unserved,
    failed_incarnations,
    missing_warm,
    plan_pool,
)
from shared.slots.rollout import Rollout, TrialPolicy, decide_rollout
from shared.slots.slot import Slot, SlotState
from shared.slots.writes import plan_writes
from tests.decisions.slots.pool_plans import FINE, POLICY, SETTLED, WARM_PAIR, brief, plan, service_of
from tests.support.records.factories import IMAGE, SID, a_session, a_slot, after

TRYING = Rollout(proven=IMAGE, trying="new", slots=["ws-3"])
PROVEN, REFUSED = Rollout(proven="new"), Rollout(proven=IMAGE, refused="new")
FOUR = [*WARM_PAIR, a_slot("ws-3", SlotState.COLD), a_slot("ws-4", SlotState.COLD)]


def new(name: str, state: SlotState = SlotState.WARM, **fields: object) -> Slot:
    return a_slot(name, state, image="new", **fields)


def test_a_slot_that_tries_an_image_is_new_and_is_kept_warm_beside_the_others() -> None:
    [made] = plan(WARM_PAIR, rollout=TRYING, to_try=["ws-3"], policy=replace(POLICY, max=3))
    assert (made.verb, made.slot.name, made.slot.state, made.slot.image) == ("create", "ws-3", SlotState.WARMING, "new")
    assert made.slot.kept
    assert plan([*WARM_PAIR, made.slot], services=[*map(service_of, WARM_PAIR)], rollout=TRYING) == []
    assert plan([*WARM_PAIR, new("ws-3")], rollout=TRYING) == []


def test_a_slot_makes_room_for_it_that_has_come_back_or_is_cold_and_that_most_know() -> None:
    back = a_slot("ws-4", SlotState.RECYCLING, stale=True, sessions=1)
    known, unknown = (a_slot(f"ws-{n}", SlotState.COLD, sessions=n) for n in (7, 5))
    for slots, gone in (
        ([*WARM_PAIR, known, unknown], "ws-7"),
        ([*WARM_PAIR, unknown, known, back], "ws-4"),
        (WARM_PAIR, "ws-1"),
    ):
        actions = plan(slots, rollout=TRYING, to_try=["ws-3"])
        assert [action.slot.name for action in actions if action.verb == "delete"] == [gone]
        assert [action.slot.name for action in actions if action.verb == "create"] == ["ws-3"]
        assert failed_incarnations(actions, {slot.name: slot for slot in slots}, {}) == []


def test_without_a_free_slot_to_make_room_none_is_made() -> None:
    claimed = [a_slot(f"ws-{n}", SlotState.CLAIMED, session=SID) for n in (1, 2)]
    sessions = [a_session(slot="ws-1"), a_session(slot="ws-2")]
    assert "create" not in [action.verb for action in plan(claimed, rollout=TRYING, to_try=["ws-3"], sessions=sessions)]


def test_a_slot_that_comes_back_from_a_session_tries_nothing_more() -> None:
    back = new("ws-3", SlotState.RECYCLING, stale=True, sessions=1)
    actions = plan([*WARM_PAIR, back], rollout=TRYING)
    assert ("delete", "ws-3", SlotState.RECYCLING) in brief(actions)
    [renewed] = plan([*WARM_PAIR, replace(back, sessions=0)], rollout=TRYING)
    assert (renewed.slot.state, renewed.slot.image, renewed.slot.incarnation) == (SlotState.WARMING, "new", 2)


def test_a_run_that_has_not_read_the_slot_that_tries_counts_it_all_the_same() -> None:
    assert missing_warm([a_slot("ws-1")], Unread(slots=3, warm=2), POLICY, TRYING) == 0
    assert missing_warm([a_slot("ws-1")], Unread(slots=3, warm=2), POLICY, Rollout(proven=IMAGE)) == -1


def test_while_an_image_is_tried_new_slots_and_those_that_come_back_have_the_proven_one() -> None:
    used = a_slot("ws-4", SlotState.RECYCLING, stale=True)
    actions = plan([used], rollout=TRYING, policy=POLICY)
    assert {action.slot.image for action in actions if action.verb in ("create", "renew")} == {IMAGE}
    assert {action.verb for action in actions} == {"create", "renew"}


def test_nobody_is_moved_and_a_slot_gets_the_proven_image_when_its_session_has_ended() -> None:
    claimed = a_slot("ws-3", SlotState.CLAIMED, session=SID)
    assert plan([new("ws-1"), new("ws-2"), claimed], sessions=[a_session(slot="ws-3")], rollout=PROVEN) == []
    ended = claimed.recycle(after(0))
    [renewed] = plan([new("ws-1"), new("ws-2"), ended], rollout=PROVEN)
    assert (renewed.verb, renewed.slot.image) == ("renew", "new")


def test_a_roll_leaves_half_of_the_warm_and_half_of_the_cold_ones() -> None:
    slots = [*(a_slot(f"ws-w{n}") for n in range(4)), *(a_slot(f"ws-c{n}", SlotState.COLD) for n in range(4))]
    policy = replace(POLICY, warm=4, max=8)
    first = plan(slots, rollout=PROVEN, policy=policy)
    assert [name for verb, name, _ in brief(first) if verb == "recycle"] == ["ws-w0", "ws-w1", "ws-c0", "ws-c1"]
    current = {slot.name: slot for slot in slots} | {action.slot.name: action.slot for action in first}
    second = plan(list(current.values()), rollout=PROVEN, policy=policy)
    assert "recycle" not in [verb for verb, name, _ in brief(second) if name.startswith("ws-w")]


def test_the_only_warm_slot_is_rolled_too() -> None:
    [action] = plan([a_slot("ws-1")], rollout=PROVEN, policy=replace(POLICY, warm=1, max=1))
    assert action.verb == "recycle"


def test_a_roll_starts_no_more_containers_at_once_than_a_run_may_write() -> None:
    warm = [a_slot(f"ws-w{n}") for n in range(20)]
    starting = [new(f"ws-s{n}", SlotState.WARMING) for n in range(3)]
    policy = replace(POLICY, warm=23, max=23, writes=5)
    services = [service_of(slot, ready=slot in warm) for slot in [*warm, *starting]]
    actions = plan([*warm, *starting], services=services, rollout=PROVEN, policy=policy)
    assert [verb for verb, _, _ in brief(actions)] == ["recycle", "recycle"]


def test_of_too_many_warm_slots_those_with_the_old_image_are_cooled() -> None:
    slots = [new("ws-1"), a_slot("ws-2"), new("ws-3")]
    actions = plan(slots, rollout=PROVEN, policy=replace(POLICY, writes=0, max=3))
    assert brief(actions) == [("cool", "ws-2", "cold")]
    tried = replace(TRYING, slots=["ws-1"])
    assert [name for _, name, _ in brief(plan([*slots[:2], a_slot("ws-3"), a_slot("ws-4")], rollout=tried))] == ["ws-2"]


@pytest.mark.parametrize(
    "slot",
    [
        new("ws-3"),
        new("ws-3", SlotState.COLD),
        new("ws-3", SlotState.WARMING, incarnation=4, attempts=1, retry_at=after(600)),
        new("ws-3", SlotState.RECYCLING),
    ],
    ids=["warm", "cold", "waiting for another try", "starting once"],
)
def test_a_slot_with_a_refused_image_goes_back_at_once(slot: Slot) -> None:
    [recycled] = plan([*WARM_PAIR, slot], rollout=REFUSED)
    assert (recycled.verb, recycled.slot.name, recycled.reason) == ("recycle", "ws-3", "its image is refused")
    [renewed] = plan([*WARM_PAIR, recycled.slot], rollout=REFUSED)
    assert (renewed.slot.image, renewed.slot.attempts, renewed.slot.retry_at) == (IMAGE, 0, None)
    claimed = new("ws-3", SlotState.CLAIMED, session=SID)
    assert plan([*WARM_PAIR, claimed], sessions=[a_session(slot="ws-3")], rollout=REFUSED) == [], "never under a member"


def test_an_image_that_somebody_changed_at_the_engine_is_not_what_the_slot_should_be() -> None:
    services = [service_of(WARM_PAIR[0]), service_of(WARM_PAIR[1], image="somebodys")]
    assert ("recycle", "ws-2", "recycling") in brief(plan(WARM_PAIR, services=services))


def test_a_starting_container_whose_image_somebody_changed_at_the_engine_is_not_offered() -> None:
    starting = a_slot("ws-3", SlotState.WARMING)
    services = [*map(service_of, WARM_PAIR), service_of(starting, image="somebodys")]
    actions = plan([*WARM_PAIR, starting], services=services, policy=replace(POLICY, warm=3, max=3))
    assert brief(actions) == [("recycle", "ws-3", "recycling")]


def test_a_slot_that_starts_with_the_image_that_was_tried_before_gets_the_new_one_at_once() -> None:
    starting = replace(new("ws-3", SlotState.WARMING), image="tried before")
    [recycled] = plan([*WARM_PAIR, starting], services=[service_of(slot) for slot in WARM_PAIR], rollout=TRYING, at=31)
    assert (recycled.slot.state, recycled.reason) == (SlotState.RECYCLING, "it is to try new")


def test_a_slot_that_tries_an_image_comes_before_those_that_an_earlier_roll_has_not_reached() -> None:
    slots = [new("ws-1"), new("ws-2"), *(a_slot(f"ws-{n}", SlotState.COLD, image="older") for n in (0, 3, 4))]
    rollout = replace(TRYING, proven="new", trying="newer")
    actions = plan(slots, rollout=rollout, policy=replace(POLICY, writes=1))
    assert [name for verb, name, _ in brief(actions) if verb == "recycle"] == ["ws-3"]


def test_how_one_image_failed_does_not_delay_another() -> None:
    failed = new("ws-3", SlotState.WARMING, attempts=2, retry_at=after(0))
    again, other = failed.retry("new", after(9)), failed.retry(IMAGE, after(9))
    assert (again.attempts, again.retry_at) == (3, after(9 + 120))
    assert (other.image, other.incarnation, other.attempts, other.retry_at) == (IMAGE, 2, 0, None)
    assert (other.changed, other.settled) == (after(9), False)


def test_an_incarnation_counts_as_failed_when_it_is_given_up() -> None:
    dead, unready = new("ws-1", SlotState.WARMING), new("ws-2", SlotState.WARMING)
    services = [service_of(dead, ready=False), service_of(unready, ready=False)]
    actions = plan([dead, unready], services=services, at=241)
    assert failed_incarnations(actions, {"ws-1": dead, "ws-2": unready}, {}) == [dead, unready]


def test_a_session_that_never_came_to_serve_is_noted_when_its_slot_is_renewed_or_given_up() -> None:
    opened = new("ws-3", SlotState.CLAIMED, session=SID, sessions=1).recycle(after(0), unserved=SID)
    for rollout in (SETTLED, TRYING):
        actions = plan([*WARM_PAIR, opened], rollout=rollout)
        assert ended_unserved(actions, {"ws-3": opened}) == [opened]
        assert failed_incarnations(actions, {"ws-3": opened}, {}) == []
    [renewed] = plan([*WARM_PAIR, opened])
    assert renewed.slot.unserved is None
    assert ended_unserved(plan([*WARM_PAIR, opened], at=0), {}) == []


class Upgrade:
    """Runs of `pool` every five seconds, an audit each minute among them, over an engine whose containers are ready ten
    seconds after they were asked for, unless their image is bad.

    `least` is how few slots a member could have had, `least_warm` how few warm ones. `had` are the slots that have had
    another image than the first.
    """

    def __init__(self, policy: PoolPolicy, *, bad: str | None = None) -> None:
        self.policy, self.bad = policy, bad
        self.slots = {
            f"ws-{n}": a_slot(f"ws-{n}", SlotState.WARM if n < policy.warm else SlotState.COLD)
            for n in range(policy.max)
        }
        self.services = {name: service_of(slot, updated=after(0)) for name, slot in self.slots.items()}
        self.rollout = Rollout(proven=IMAGE)
        self.least, self.least_warm, self.had = policy.max, policy.max, set[str]()
        self.at = 0

    def until(self, done: Callable[[], bool], most: int) -> "Upgrade":
        end = self.at + most
        while not done():
            assert self.at < end, (self.rollout, self.slots)
            self._run(audit=self.at % 60 == 0)
            states = [slot.state for slot in self.slots.values()]
            self.least_warm = min(self.least_warm, states.count(SlotState.WARM))
            self.least = min(self.least, states.count(SlotState.WARM) + states.count(SlotState.COLD))
            self.had |= {name for name, slot in self.slots.items() if slot.image != IMAGE}
            self.at += 5
        return self

    def images(self) -> set[str]:
        return {slot.image for slot in self.slots.values()}

    def _run(self, *, audit: bool) -> None:
        now, slots = after(self.at), list(self.slots.values())
        fresh = [f"ws-{self.at}-try{n}" for n in range(2)]
        if audit:
            self.rollout = decide_rollout(self.rollout, "new", slots, {}, fresh, TrialPolicy(slots=2, seconds=180), now)
        to_try = [name for name in self.rollout.slots if name in fresh]
        read = [slot for slot in slots if audit or not slot.settled]
        unread = [slot for slot in slots if slot not in read]
        counted = Unread(slots=len(unread), warm=sum(slot.state == SlotState.WARM for slot in unread))
        found = {name: self._seen(service) for name, service in self.services.items()}
        health = {name: FINE for name, seen in found.items() if seen.ready}
        names = [f"ws-{self.at}-{n}" for n in range(10)]
        actions = plan_pool(read, found, health, {}, names, self.policy, self.rollout, now, counted, to_try)
        if self.rollout.trying:
            self.rollout = self.rollout.fail(failed_incarnations(actions, self.slots, health))
        for action in actions:
            self.slots[action.slot.name] = action.slot
            if action.verb == "delete":
                del self.slots[action.slot.name]
                self.services.pop(action.slot.name, None)
        for write in plan_writes(list(self.slots.values()), self.services, self.slots, self.policy, now):
            slot = self.slots[write.name]
            self.services[write.name] = service_of(slot, url=f"https://{slot.name}.example", updated=now)

    def _seen(self, service: Observed) -> Observed:
        started = service.updated is not None and (after(self.at) - service.updated).total_seconds() >= 10
        return replace(service, ready=(started or service.incarnation == 1) and service.image != self.bad)


POOLS = [replace(POLICY, warm=warm, max=most) for warm, most in ((2, 10), (2, 4), (2, 3), (4, 4), (2, 2), (20, 60))]
every_pool = pytest.mark.parametrize("policy", POOLS, ids=lambda policy: f"{policy.warm} warm of {policy.max}")


@every_pool
def test_a_good_image_reaches_every_slot_and_members_find_free_ones_all_the_while(policy: PoolPolicy) -> None:
    upgrade = Upgrade(policy)
    upgrade.until(lambda: upgrade.rollout.proven == "new", 900)
    assert len(upgrade.had) == 2, "two slots have tried it, and no other"
    upgrade.until(lambda: upgrade.images() == {"new"}, 1800)
    upgrade.until(lambda: all(slot.settled for slot in upgrade.slots.values()), 300)
    assert sum(slot.state == SlotState.WARM for slot in upgrade.slots.values()) == policy.warm
    assert upgrade.least >= policy.warm // 2


@every_pool
def test_a_bad_image_is_refused_after_two_incarnations_and_its_two_slots_go_back(policy: PoolPolicy) -> None:
    upgrade = Upgrade(policy, bad="new")
    upgrade.until(lambda: upgrade.rollout.refused == "new", 900)
    upgrade.until(lambda: upgrade.images() == {IMAGE} and all(slot.settled for slot in upgrade.slots.values()), 300)
    assert len(upgrade.had) <= 2
    assert upgrade.least >= max(policy.max - 2, policy.warm // 2)
    if policy.max >= policy.warm + 2:
        assert upgrade.least_warm == policy.warm, "the others stayed as they were"
    assert sum(slot.state == SlotState.WARM for slot in upgrade.slots.values()) == policy.warm
