"""When tasks are sent: each queue at its own rate and concurrency, each task when due, and again after a failure."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import aiohttp
from google.cloud.tasks_v2 import Attempt, Queue

from local.oidc import Issuer

from .attempt import Outcome, attempt
from .queues import may_retry, retry_delay
from .rate import TokenBucket
from .store import Entry, Store

LOOK_AGAIN = 5.0  # seconds: timers do not notice that the wall clock of a machine that slept has moved ahead

log = logging.getLogger("tasks")


class Dispatcher:
    """Serves every queue that has tasks. An error in the dispatcher ends all queues; a failed delivery does not."""

    def __init__(self, store: Store, issuer: Issuer, queue: Callable[[str], Queue]) -> None:
        """`queue` returns a queue's present settings and state, by the queue's name."""
        self._store = store
        self._issuer = issuer
        self._queue = queue
        self._group = asyncio.TaskGroup()
        self._progress: dict[str, _QueueProgress] = {}

    async def run(self) -> None:
        """Dispatches until it is cancelled. What was in flight then is sent again after the next start."""
        unlimited = aiohttp.TCPConnector(limit=0)  # the queues have limits of their own
        async with (
            aiohttp.ClientSession(connector=unlimited, cookie_jar=aiohttp.DummyCookieJar()) as self._session,
            self._group,
        ):
            for name in self._store.busy_queues():
                self.wake(name)
            await asyncio.Event().wait()

    def wake(self, name: str) -> None:
        """Dispatches from the queue now: a task was added, or the queue was resumed."""
        if name not in self._progress:
            self._progress[name] = _QueueProgress()
            self._group.create_task(self._serve(name, self._progress[name]))
        self._progress[name].changed.set()

    async def _serve(self, name: str, progress: "_QueueProgress") -> None:
        while True:
            progress.changed.clear()
            wait = self._send_due(name, progress)
            with contextlib.suppress(TimeoutError):
                # not wait_for: before Python 3.12 it loses a cancellation that comes together with the event
                async with asyncio.timeout(wait):
                    await progress.changed.wait()

    def _send_due(self, name: str, progress: "_QueueProgress") -> float:
        """Starts the deliveries that may start now. Returns the seconds until the next call."""
        queue = self._queue(name)
        limits = queue.rate_limits
        while queue.state == Queue.State.RUNNING and len(progress.in_flight) < limits.max_concurrent_dispatches:
            entry = self._store.next_due(name, besides=progress.in_flight)
            if entry is None:
                break
            wait = entry.due - time.time()
            if wait <= 0:
                wait = progress.bucket.take(limits.max_dispatches_per_second, limits.max_burst_size, time.monotonic())
            if wait > 0:
                return min(wait, LOOK_AGAIN)
            progress.in_flight.add(entry.task.name)
            self._group.create_task(self._deliver(entry, progress))
        return LOOK_AGAIN

    async def _deliver(self, entry: Entry, progress: "_QueueProgress") -> None:
        task, now = entry.task, datetime.now(UTC)
        task.dispatch_count += 1
        task.last_attempt = Attempt(schedule_time=task.schedule_time, dispatch_time=now)
        if task.dispatch_count == 1:
            task.first_attempt = Attempt(dispatch_time=now)
        self._store.put(entry)
        outcome = await attempt(self._session, self._issuer, entry)
        if self._store.get(task.name):  # otherwise the task was deleted during the delivery
            self._settle(entry, outcome)
        progress.in_flight.discard(task.name)
        progress.changed.set()

    def _settle(self, entry: Entry, outcome: Outcome) -> None:
        """Forgets a task that was delivered or has failed for good, and sets the time of the next attempt otherwise."""
        task, now = entry.task, datetime.now(UTC)
        config = self._queue(entry.queue).retry_config
        age = (now - task.first_attempt.dispatch_time).total_seconds()
        if outcome.delivered:
            log.info("%s delivered to %s: %s", task.name, task.http_request.url, outcome.reason)
            self._store.remove(task.name, now.timestamp())
        elif not may_retry(config, task.dispatch_count, age):
            log.warning("%s given up after %d attempts: %s", task.name, task.dispatch_count, outcome.reason)
            self._store.remove(task.name, now.timestamp())
        else:
            delay = max(retry_delay(config, task.dispatch_count), outcome.retry_after)
            log.warning("%s failed, again in %g s: %s", task.name, delay, outcome.reason)
            entry.executions += outcome.executed
            task.response_count += outcome.status is not None
            task.schedule_time = now + timedelta(seconds=delay)
            task.last_attempt.response_time = now
            task.last_attempt.response_status.message = outcome.reason
            self._store.put(entry)


class _QueueProgress:
    """What one queue is doing at this moment. It is not stored."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.in_flight: set[str] = set()
        self.bucket = TokenBucket()
