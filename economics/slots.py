"""The cell's records of slots, and the runs of the pool over them: `functions/pool` without its I/O."""

import random
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from economics.containers import Containers
from economics.month import SECOND, moment
from economics.tally import Tally
from shared.sessions.session import Session
from shared.slots.engine import QuotaSpent, Write
from shared.slots.pool import PoolPolicy, Unread, missing_warm, plan_pool
from shared.slots.rollout import Rollout
from shared.slots.slot import Slot, SlotState
from shared.slots.writes import plan_writes, unfinished

CANDIDATES = 3
"""Slots that a claim reads (`shared.gcp.store.slots`)."""
PAUSE = 10 * SECOND
"""Until the next run after a write was refused (`functions/pool`)."""
ROLLOUT = Rollout(proven="image")
KEPT = (SlotState.WARM, SlotState.WARMING)


class Slots:
    """Slots by name, with what queries of them find."""

    def __init__(self, containers: Containers, tally: Tally, rng: random.Random) -> None:
        self._containers, self._tally, self._rng = containers, tally, rng
        self._slots = dict[str, Slot]()
        self._unsettled = dict[str, None]()
        self._by_state = {SlotState.WARM: list[str](), SlotState.COLD: list[str]()}
        self.orphans = dict[str, None]()
        """Services whose slots were given up; an audit deletes them."""

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def warm(self) -> int:
        return len(self._by_state[SlotState.WARM])

    def __getitem__(self, name: str) -> Slot:
        return self._slots[name]

    def add_cold(self, count: int) -> None:
        """Slots that have proved before the month that they work."""
        for name in self._names(count):
            slot = Slot(name=name, state=SlotState.COLD, changed=moment(0), image=ROLLOUT.proven, settled=True)
            slot = replace(slot, url=f"https://{name}")
            self._containers.put(slot)
            self.put(slot, 0)

    def put(self, slot: Slot, now: int) -> None:
        old = self._slots.get(slot.name)
        self._slots[slot.name] = slot
        self._index(old, slot, slot.name, now)

    def forget(self, name: str, now: int) -> None:
        self.orphans[name] = None
        self._index(self._slots.pop(name), None, name, now)

    def candidates(self, near: str | None) -> list[Slot]:
        """As `shared.gcp.store.slots.candidates` finds them: warm ones from a name upwards, else a cold one."""
        start = near or self._name()
        warm, cold = self._by_state[SlotState.WARM], self._by_state[SlotState.COLD]
        if upwards := warm[(first := bisect_left(warm, start)) : first + CANDIDATES]:
            return [self._slots[name] for name in upwards]
        if warm:
            return [self._slots[warm[-1]]]
        if cold:
            return [self._slots[cold[min(len(cold) - 1, bisect_left(cold, start))]]]
        return []

    def run(self, sessions: Mapping[str, Session], policy: PoolPolicy, now: int, *, audit: bool) -> int | None:
        """One run of the pool. Returns when the next one would change something, at the latest; None if nothing is
        left to do."""
        self._containers.now, at = now, moment(now)
        reads = {name: self._slots[name] for name in (self._slots if audit else self._unsettled)}
        others, known = self._others(reads), len(reads)
        # the model counts audits by itself: one in each minute
        self._tally.runs.add(now, 0 if audit else 1)
        self._tally.run_reads.add(now, 0 if audit else max(1, len(reads)))
        missing = 0 if audit else missing_warm([*reads.values()], others, policy, ROLLOUT)
        if missing > 0:
            found = self._by_state[SlotState.COLD][:missing]
            self._tally.run_reads.add(now, max(1, len(found)))
            reads |= {name: self._slots[name] for name in found}
        owners = [slot.session for slot in reads.values() if slot.session]
        self._tally.run_reads.add(now, 0 if audit else len(owners))
        observed = self._containers.list(reads)
        actions = plan_pool(
            [*reads.values()],
            observed,
            self._containers.health(reads.values()),
            {sid: sessions[sid] for sid in owners if sid in sessions},
            self._names(max(0, policy.max - len(self._slots)) + 1),
            policy,
            ROLLOUT,
            at,
            self._others(reads) if len(reads) > known else others,
        )
        for action in actions:
            if action.verb == "delete":
                self.forget(action.slot.name, now)
                del reads[action.slot.name]
            else:
                self.put(action.slot, now)
                reads[action.slot.name] = action.slot
        self._tally.run_writes.add(now, len(actions))
        taken = self._send(plan_writes([*reads.values()], observed, {*observed, *reads}, policy, at))
        if not unfinished([*reads.values()], at):
            return None
        return self._next(reads, now) if taken else now + PAUSE

    def skipped(self, since: int, until: int) -> None:
        """Counts the runs of each second in between, which read the unsettled slots and changed nothing."""
        runs = max(0, (until - since) // SECOND - 1)
        if runs:
            self._tally.runs.add(since, runs)
            self._tally.run_reads.add(since, runs * max(1, len(self._unsettled)))

    def sweep(self, policy: PoolPolicy, now: int) -> None:
        """What an audit does about services whose slots were given up: it deletes them."""
        self._containers.now = now
        self._send(plan_writes([], self._containers.list(self.orphans), (), policy, moment(now)))
        self.orphans = dict.fromkeys(self._containers.list(self.orphans))

    def _send(self, writes: Iterable[Write]) -> bool:
        for write in writes:
            try:
                self._containers.apply(write)
            except QuotaSpent:
                return False
        return True

    def _next(self, reads: Mapping[str, Slot], now: int) -> int:
        """When the next container of an unsettled slot is ready; in a second where a write is still to be made."""
        unsettled = [slot for slot in reads.values() if not slot.settled]
        ready = [self._containers.ready_at(slot) for slot in unsettled]
        if not all(ready):
            return now + SECOND
        return max(now + SECOND, -(-min(at for at in ready if at) // SECOND) * SECOND)

    def _others(self, reads: Mapping[str, Slot]) -> Unread:
        warm = sum(slot.state == SlotState.WARM for slot in reads.values())
        return Unread(slots=len(self._slots) - len(reads), warm=len(self._by_state[SlotState.WARM]) - warm)

    def _index(self, old: Slot | None, new: Slot | None, name: str, now: int) -> None:
        was, becomes = old.state if old else None, new.state if new else None
        if was != becomes:
            if was in self._by_state:
                names = self._by_state[was]
                del names[bisect_left(names, name)]
            if becomes in self._by_state:
                insort(self._by_state[becomes], name)
            kept = (becomes in KEPT) - (was in KEPT)
            claimed = (becomes == SlotState.CLAIMED) - (was == SlotState.CLAIMED)
            if kept:
                self._tally.kept.change(kept, now)
            if claimed:
                self._tally.in_use.change(claimed, now)
        if new is None or new.settled:
            self._unsettled.pop(name, None)
        else:
            self._unsettled[name] = None

    def _names(self, count: int) -> list[str]:
        return [self._name() for _ in range(count)]

    def _name(self) -> str:
        return f"ws-{self._rng.getrandbits(50):013x}"
