"""When jobs run. As in Cloud Scheduler, a job never runs twice at once, and a missed run is not made up for."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from local.oidc import Issuer

from .call import call
from .clock import Clock
from .jobs import Job

LOOK_AGAIN = 5.0  # seconds: timers do not notice that the wall clock of a machine that slept has moved ahead


@dataclass
class Plan:
    """A job, its next time, and the HTTP status of its last run. The status is None before the first run and after a
    run without an answer.
    """

    job: Job
    due: datetime
    status: int | None = None
    running: asyncio.Lock = field(default_factory=asyncio.Lock)


class Scheduler:
    """The jobs and the clock that they run by."""

    def __init__(self, jobs: Sequence[Job], clock: Clock, issuer: Issuer, invoker: str) -> None:
        """`invoker`: the email of the service account in whose name the functions are called."""
        self.clock = clock
        self.plans = {job.name: Plan(job, job.next_run(clock.now())) for job in jobs}
        self._issuer = issuer
        self._invoker = invoker
        self._moved = asyncio.Event()

    async def serve(self) -> None:
        """Runs the jobs until it is cancelled."""
        async with aiohttp.ClientSession() as self._session, asyncio.TaskGroup() as group:
            while True:
                self._moved.clear()
                for plan in self._take_due():
                    if not plan.running.locked():
                        group.create_task(self.run(plan))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._until_next()):
                        await self._moved.wait()

    async def advance(self, seconds: float) -> dict[str, int | None]:
        """Moves the clock, runs each job that came due once, and returns their statuses when all have ended."""
        self.clock.advance(seconds)
        self._moved.set()
        due = self._take_due()
        statuses = await asyncio.gather(*map(self.run, due))
        return {plan.job.name: status for plan, status in zip(due, statuses, strict=True)}

    async def run(self, plan: Plan) -> int | None:
        """Runs the job now, or as soon as the run that is going on has ended. Returns the HTTP status of its answer."""
        async with plan.running:
            plan.status = await call(self._session, plan.job, self._issuer, self._invoker, self.clock.now())
            return plan.status

    def _take_due(self) -> list[Plan]:
        now = self.clock.now()
        due = [plan for plan in self.plans.values() if plan.due <= now]
        for plan in due:
            plan.due = plan.job.next_run(now)
        return due

    def _until_next(self) -> float:
        now = self.clock.now()
        waits = [(plan.due - now).total_seconds() for plan in self.plans.values()]
        return min([LOOK_AGAIN, *waits])
