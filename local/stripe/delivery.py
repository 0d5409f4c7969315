"""The delivery of events: at least once, in no particular order, again after a failure."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import aiohttp

from local.stripe.state import Delivery
from local.stripe.webhooks import signed
from local.stripe.world import World

ANSWER_SECONDS = 20.0
GIVE_UP = 3 * 86400.0
"""Seconds for which Stripe tries to deliver an event."""
LOOK_AGAIN = 5.0

log = logging.getLogger("stripe")


class Deliverer:
    """Sends what is due, all of it at once: so the order of events is lost, as with Stripe. `held`: nothing is sent but
    on demand."""

    def __init__(self, world: Callable[[], World], changed: Callable[[], None]) -> None:
        """`world` returns the present one; `changed` is called after each delivery."""
        self.held = False
        self._world = world
        self._changed = changed
        self._wake = asyncio.Event()
        self._sending: set[str] = set()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Delivers until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                for each in self._due():
                    self._sending.add(each.id)
                    group.create_task(self._send_due(each))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._until_next()):
                        await self._wake.wait()

    async def send(self, name: str, *, keep: bool = False) -> int | None:
        """Sends one delivery now and returns the HTTP status, None without an answer. It is done with if that is 2xx,
        unless `keep` says that it is to come once more."""
        world = self._world()
        delivery = world.state.deliveries[name]
        event = world.need("event", delivery.event)
        endpoint = world.need("webhook_endpoint", delivery.endpoint)
        header, body = signed(world.state.secrets[endpoint["id"]], event, int(world.real()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": header,
            "User-Agent": "Stripe/1.0",
        }
        status = await _post(endpoint["url"], body, headers)
        world = self._world()
        if status is not None and 200 <= status < 300:
            if not keep and name in world.state.deliveries:
                del world.state.deliveries[name]
                world.need("event", event["id"])["pending_webhooks"] -= 1
        else:
            log.warning("%s: %s from %s", event["type"], status, endpoint["url"])
        self._changed()
        return status

    async def _send_due(self, delivery: Delivery) -> None:
        try:
            await self.send(delivery.id)
            world = self._world()
            if again := world.state.deliveries.get(delivery.id):
                again.attempts += 1
                again.due = world.wall() + min(3600.0, 2.0**again.attempts)
                if world.wall() - world.need("event", again.event)["created"] > GIVE_UP:
                    del world.state.deliveries[delivery.id]
        finally:
            self._sending.discard(delivery.id)

    def _until_next(self) -> float:
        waiting = [each for each in self._world().state.deliveries.values() if each.id not in self._sending]
        waits = [each.due - self._world().wall() for each in waiting if not self.held]
        return max(0.0, min([LOOK_AGAIN, *waits]))

    def _due(self) -> list[Delivery]:
        world = self._world()
        if self.held:
            return []
        now = world.wall()
        return [each for each in world.state.deliveries.values() if each.due <= now and each.id not in self._sending]


async def _post(url: str, body: bytes, headers: dict[str, str]) -> int | None:
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            await response.read()
            return response.status
    except (TimeoutError, aiohttp.ClientError, OSError):
        return None
