"""One cell: its members, its slots and its month, from event to event."""

import heapq
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from economics.arrivals import Arrival, Drawn, Leaving
from economics.containers import MINUTE, Containers
from economics.month import HOUR, LENGTH, SECOND, Month, moment, since_begin
from economics.platform import Platform
from economics.sessions import Visit, reclaim_policy
from economics.slots import Slots
from economics.tally import MINUTES, Tally
from shared.billing.account import Billing
from shared.billing.time_allowance import check_allowance, deadline
from shared.errors import Refused
from shared.sessions.session import EndReason, Session, SessionState, open_session
from shared.slots.allocation import order_slots
from shared.slots.opens import WEEK, HourOfOpens, OpensCounted, WarmDecision, countable_until
from shared.slots.pool import PoolPolicy
from shared.slots.pool_size import SlotValue
from shared.slots.slot import SlotState
from shared.slots.warm_policies import (
    AFTER,
    BEFORE,
    Adaptive,
    Announcement,
    WarmKept,
    WarmPolicy,
    decide_set,
    keep_adaptive,
    with_announced,
)
from shared.snapshots.saved_state import SavedState

STEP = 5 * MINUTE
"""How often an adaptive pool decides: an audit does each minute, which would take the simulation five times as long."""
NEAR = timedelta(hours=1)
"""Announcements that lie further away decide nothing now."""


class Pool(Struct, frozen=True, kw_only=True):
    """How a cell keeps slots warm."""

    policy: WarmPolicy
    value: SlotValue
    announces: bool = False
    """Whether classes are announced to the pool."""
    before: tuple[HourOfOpens, ...] = ()
    """The Opens of the weeks before, for a pool that looks at them."""
    most: int
    """Slots that may exist."""


def simulate(month: Month, platform: Platform, pool: Pool, drawn: Drawn) -> Tally:
    """The same arrivals give the same tally."""
    cell = _Cell(month, platform, pool, drawn)
    cell.run()
    return cell.tally


class _Cell:
    """Events are kept by their time; those of the same time in the order in which they were planned."""

    def __init__(self, month: Month, platform: Platform, pool: Pool, drawn: Drawn) -> None:
        self._month, self._platform, self._pool, self._drawn = month, platform, pool, drawn
        self._rng = random.Random(f"cell {month.seed}")  # noqa: S311  # a simulation
        self._policy = reclaim_policy(month.plan, platform)
        self.tally = Tally(month.members, pool.most)
        self._containers = Containers(platform, self._rng)
        self._slots = Slots(self._containers, self.tally, self._rng)
        self._events = list[tuple[int, int, Callable[[int], None]]]()
        self._planned = 0
        self._visits = dict[int, Visit]()
        self._sessions = dict[str, Session]()
        self._billing = dict[int, Billing]()
        self._last_slot = dict[int, str]()
        self._starts = [each.starts for each in drawn.classes]
        self._warm = -1
        self._opens = OpensCounted(until=moment(0), hours=pool.before)
        self._kept: WarmKept | None = None
        self._opened = list[datetime]()
        """Those that are not counted yet."""
        self._sweeps = False
        self._ran, self._run_at = -SECOND, -1
        self._chain = False
        """Whether the pool runs in each second, because something is not finished."""

    def run(self) -> None:
        self._slots.add_cold(self._pool.most)
        step = STEP if isinstance(self._pool.policy, Adaptive) else HOUR
        boundaries = {*range(0, LENGTH, step)}
        if self._pool.announces:
            for each in self._drawn.classes:
                boundaries |= {since_begin(each.starts - BEFORE), since_begin(each.starts + AFTER)}
        for at in sorted(boundaries):
            if 0 <= at < LENGTH:
                self._at(at, self._choose)
        arrivals = iter(self._drawn.arrivals)
        self._follow(arrivals)
        while self._events:
            now, _, event = heapq.heappop(self._events)
            event(now)
        written = self._containers.writes_by_minute
        self.tally.writes.extend(written.get(minute, 0) for minute in range(MINUTES))
        self.tally.refused_writes = self._containers.refused
        self.tally.starts += self._containers.starts

    def _at(self, now: int, event: Callable[[int], None]) -> None:
        self._planned += 1
        heapq.heappush(self._events, (now, self._planned, event))

    def _follow(self, arrivals: Iterator[Arrival]) -> None:
        """Plans the next arrival; all of them at once would make the events many."""
        arrival = next(arrivals, None)
        if arrival:
            self._at(arrival.at, partial(self._arrive, arrival, arrivals))

    def _arrive(self, arrival: Arrival, others: Iterator[Arrival], now: int) -> None:
        self.tally.wanted += 1
        self._follow(others)
        self._open(arrival, now)

    # members

    def _open(self, arrival: Arrival, now: int) -> None:
        visit = self._visits.get(arrival.member)
        if visit and visit.session.state == SessionState.DRAINING:
            self._at(now + SECOND // 4, partial(self._open, arrival))
        elif visit:
            self._return(visit, arrival, now)
        else:
            self._claim(arrival, now)

    def _return(self, visit: Visit, arrival: Arrival, now: int) -> None:
        """The session is still open: the member works on in it."""
        wait = self._platform.attach.draw(self._rng)
        self.tally.again += 1
        self.tally.waits.append((now - arrival.at + wait) / SECOND)
        visit.leaves = arrival.leaves
        if visit.session.state == SessionState.OPENING:
            visit.works = max(visit.works, arrival.works)
            return
        visit.until = max(visit.until, now + arrival.works)
        if not visit.session.connected:
            self.tally.alone += now - visit.left_at
            visit.served_at, visit.left_at = now, -1
        visit.beat(now, by_hand=now, connected=True)
        self._plan_leave(visit, now)

    def _claim(self, arrival: Arrival, now: int) -> None:
        member, at = arrival.member, moment(now)
        name = f"{member:020d}"
        billing = self._billing.get(member) or Billing(
            bid=f"b-{name}", owner=name, plan=self._month.plan, time_zone="UTC"
        )
        try:
            check_allowance(billing, at)
        except Refused:
            self.tally.no_time += 1
            return
        last = self._last_slot.get(member)
        found = order_slots(self._slots.candidates(last), last_slot=last, seed=self._rng.getrandbits(32))
        if not found:
            self._ask_again(arrival, now)
            return
        slot, sid = found[0], f"s-{self.tally.claims:020d}"
        cold = slot.state == SlotState.COLD
        session = open_session(
            sid=sid,
            uid=name,
            wid=f"w-{name}",
            bid=billing.bid,
            plan=billing.plan,
            deadline=deadline(billing, at),
            slot=slot.name,
            url=slot.url or "",
            epoch=1,
            saved=SavedState(),
            cold=cold,
            now=at,
            opening=self._platform.opening,
        )
        self._slots.put(slot.claim(sid, at), now)
        self._opened.append(at)
        self._last_slot[member] = slot.name
        visit = Visit(session, billing, self._policy, arrival.works, arrival.leaves, self.tally)
        self._visits[member] = visit
        self._sessions[sid] = session
        wait = self._platform.attach.draw(self._rng)
        if cold:
            self.tally.cold += 1
            self.tally.starts += 1
            wait += self._platform.start.draw(self._rng)
        else:
            self.tally.warm += 1
        self.tally.opens.add(now)
        self.tally.waits.append((now - arrival.at + wait) / SECOND)
        self._at(now + wait, partial(self._serve, member))
        self._ask_pool(now)

    def _ask_again(self, arrival: Arrival, now: int) -> None:
        if now - arrival.at >= self._platform.patience * SECOND:
            self.tally.gave_up += 1
            return
        self.tally.turned_away += now == arrival.at
        self._at(now + round(self._platform.again * SECOND), partial(self._open, arrival))

    def _serve(self, member: int, now: int) -> None:
        visit = self._visits[member]
        visit.hello(now)
        visit.served_at, visit.until = now, now + visit.works
        visit.beat(now, by_hand=now, connected=True)
        self._plan_leave(visit, now)

    def _plan_leave(self, visit: Visit, now: int) -> None:
        """The next event of a session in which somebody works: they leave, or the plan's time ends."""
        visit.stamp += 1
        ends = visit.session.deadline
        if ends is not None and since_begin(ends) < visit.until:
            self._at(max(now + 1, since_begin(ends)), partial(self._look, visit, visit.stamp))
        else:
            self._at(max(now + 1, visit.until), partial(self._leave, visit, visit.stamp))

    def _leave(self, visit: Visit, stamp: int, now: int) -> None:
        if stamp != visit.stamp or visit.session.state != SessionState.ACTIVE:
            return
        if visit.leaves == Leaving.WALKS_AWAY:
            visit.stretch(now, now)
        else:
            self._disconnected(visit, now)
            visit.beat(now, by_hand=now, connected=False, stop=visit.leaves == Leaving.STOPS)
        self._next(visit, now)

    def _look(self, visit: Visit, stamp: int, now: int) -> None:
        if stamp != visit.stamp or visit.session.state != SessionState.ACTIVE:
            return
        by_hand = min(now, visit.until)
        look = visit.look(now, by_hand)
        if look is not None and visit.session.connected and now < visit.until:
            self._plan_leave(visit, now)
        else:
            self._next(visit, now)

    def _next(self, visit: Visit, now: int) -> None:
        """The end, if it has begun; or the next check."""
        visit.stamp += 1
        if visit.session.state == SessionState.DRAINING:
            if visit.left_at < 0:
                self._disconnected(visit, now)
            self.tally.alone += now - visit.left_at
            self._at(now + self._platform.ending.draw(self._rng), partial(self._end, visit))
            return
        self._at(visit.next_look(now, visit.until), partial(self._look, visit, visit.stamp))

    def _disconnected(self, visit: Visit, now: int) -> None:
        self.tally.connected += now - visit.served_at
        self.tally.beside.add_stretch(visit.served_at, now)
        visit.left_at = now

    def _end(self, visit: Visit, now: int) -> None:
        visit.beat(now, by_hand=visit.until, connected=False, final=True)
        session, member = visit.session.end(moment(now)), int(visit.session.uid)
        self._billing[member] = visit.billing
        visit.close(now)
        reason = session.reason or EndReason.LOST
        self.tally.ends[reason] = self.tally.ends.get(reason, 0) + 1
        self.tally.charged += session.meter.ms
        self.tally.ended.add(now)
        del self._visits[member], self._sessions[session.sid]
        slot = self._slots[session.slot]
        self._slots.put(slot.after_session(moment(now), reason), now)
        self._ask_pool(now)

    # the pool

    def _choose(self, now: int) -> None:
        """How many slots should be warm from now on; an audit cools those that are too many."""
        at = moment(now)
        decision = with_announced(self._decide(at), self._announced(at), at)
        before, self._warm = self._warm, decision.applied(self._limits()).warm
        if self._warm != before or self._slots.warm > self._warm:
            self._pool_run(now, audit=True)

    def _decide(self, at: datetime) -> WarmDecision:
        """As `shared.flows.warm_slots` does, without its I/O."""
        policy = self._pool.policy
        if not isinstance(policy, Adaptive):
            return decide_set(policy, at)
        until = countable_until(at)
        counted = bisect_left(self._opened, until)
        self._opens = self._opens.counted(self._opened[:counted], until, at - policy.weeks * WEEK)
        del self._opened[:counted]
        self._kept = keep_adaptive(policy, self._kept, self._opens.hours, self._pool.value, at)
        return self._kept.decision

    def _ask_pool(self, now: int) -> None:
        """A run at the next full second."""
        self._plan_run((now // SECOND + 1) * SECOND)

    def _plan_run(self, at: int) -> None:
        if self._run_at < 0 or at < self._run_at:
            self._run_at = at
            self._at(at, self._due_run)

    def _due_run(self, now: int) -> None:
        if now == self._run_at:
            self._pool_run(now, audit=False)

    def _pool_run(self, now: int, *, audit: bool) -> None:
        if self._chain:
            self._slots.skipped(self._ran, now)
        self._ran, self._run_at = now, -1
        following = self._slots.run(self._sessions, self._limits(), now, audit=audit)
        self._chain = following is not None
        if following is not None:
            self._plan_run(following)
        if self._slots.orphans and not self._sweeps:
            self._sweeps = True
            self._at((now // MINUTE + 1) * MINUTE, self._sweep)

    def _sweep(self, now: int) -> None:
        """The part of an audit that deletes the services of slots that were given up."""
        self._slots.sweep(self._limits(), now)
        self._sweeps = bool(self._slots.orphans)
        if self._sweeps:
            self._at(now + MINUTE, self._sweep)

    def _announced(self, at: datetime) -> Sequence[Announcement]:
        if not self._pool.announces:
            return ()
        return self._drawn.classes[bisect_left(self._starts, at - NEAR) : bisect_right(self._starts, at + NEAR)]

    def _limits(self) -> PoolPolicy:
        platform = self._platform
        return PoolPolicy(
            warm=self._warm,
            max=self._pool.most,
            writes=platform.writes_of_a_run,
            sessions=platform.sessions_of_a_slot,
            ready=platform.ready,
        )
