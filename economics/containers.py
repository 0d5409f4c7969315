"""Cloud Run as the pool sees it: services whose containers take a while to start, and a quota of writes."""

import random
from collections.abc import Collection, Iterable

from economics.month import SECOND, moment
from economics.platform import Platform
from shared.slots.engine import Observed, QuotaSpent, Verb, Write
from shared.slots.pool import Health
from shared.slots.slot import Slot, SlotState

MINUTE = 60 * SECOND


class _Service:
    """A service of Cloud Run."""

    __slots__ = ("image", "incarnation", "kept", "ready_at", "updated")

    def __init__(self, slot: Slot, now: int, ready_at: int) -> None:
        self.image, self.incarnation, self.kept = slot.image, slot.incarnation, slot.kept
        self.updated, self.ready_at = now, ready_at


class Containers:
    """An engine (`shared.slots.engine`) on a simulated clock, which its owner sets."""

    def __init__(self, platform: Platform, rng: random.Random) -> None:
        self._platform, self._rng = platform, rng
        self._services = dict[str, _Service]()
        self.now = 0
        self.writes_by_minute = dict[int, int]()
        self.refused = 0
        """Writes that the quota refused."""
        self.starts = 0
        """Containers that started."""

    def list(self, names: Collection[str]) -> dict[str, Observed]:
        """Those of them that exist."""
        now, shown = self.now, dict[str, Observed]()
        for name in names:
            if service := self._services.get(name):
                shown[name] = Observed(
                    name=name,
                    engine="cloud-run",
                    url=f"https://{name}",
                    image=service.image,
                    incarnation=service.incarnation,
                    kept=service.kept,
                    ready=service.ready_at <= now,
                    outdated=False,
                    updated=moment(service.updated),
                )
        return shown

    def health(self, slots: Iterable[Slot]) -> dict[str, Health]:
        """What containers report that are warm or are becoming so."""
        states = (SlotState.WARMING, SlotState.WARM)
        asked = [slot.name for slot in slots if slot.state in states and slot.name in self._services]
        return {name: Health(ready=self._services[name].ready_at <= self.now, attached=False) for name in asked}

    def ready_at(self, slot: Slot) -> int | None:
        """When the container is ready that the slot waits for; None if it does not wait for one that was written."""
        service = self._services.get(slot.name)
        if service is None or service.incarnation < slot.incarnation or service.kept != slot.kept:
            return None
        return service.ready_at if service.ready_at > self.now else None

    def apply(self, write: Write) -> None:
        """Raises QuotaSpent."""
        minute = self.now // MINUTE
        if self.writes_by_minute.get(minute, 0) >= self._platform.writes_a_minute:
            self.refused += 1
            raise QuotaSpent(f"{self._platform.writes_a_minute} writes were made in this minute")
        self.writes_by_minute[minute] = self.writes_by_minute.get(minute, 0) + 1
        if write.slot is None:
            del self._services[write.name]
            return
        if write.verb != Verb.SCALE:
            self._services[write.name] = _Service(write.slot, self.now, self._starting())
            return
        service = self._services[write.name]
        if write.slot.kept and write.slot.state != SlotState.CLAIMED:
            service.ready_at = self._starting()
        service.kept, service.updated = write.slot.kept, self.now

    def put(self, slot: Slot) -> None:
        """A service that exists from the beginning of the month on, and is ready."""
        self._services[slot.name] = _Service(slot, self.now, self.now)

    def _starting(self) -> int:
        self.starts += 1
        return self.now + self._platform.refill.draw(self._rng)
