"""The stand-in's API for tests and operators. Cloud Scheduler has no such API: there nobody moves the clock."""

import json
import math

from aiohttp import web

from .scheduler import Scheduler


class Api:
    """`GET /_standin/jobs`, `POST /_standin/run/{job}` and `POST /_standin/advance` with `{"seconds"}`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/_standin/jobs", self.jobs)
        app.router.add_post("/_standin/run/{job}", self.run)
        app.router.add_post("/_standin/advance", self.advance)
        return app

    async def jobs(self, _: web.Request) -> web.Response:
        plans = self._scheduler.plans.values()
        return web.json_response(
            {
                "now": self._scheduler.clock.now().timestamp(),
                "jobs": {plan.job.name: {"due": plan.due.timestamp(), "status": plan.status} for plan in plans},
            }
        )

    async def run(self, request: web.Request) -> web.Response:
        """Runs the job now and answers `{"status"}` when it has ended; its schedule stays as it was."""
        plan = self._scheduler.plans.get(request.match_info["job"])
        if plan is None:
            raise web.HTTPNotFound(text=f"No such job. There are: {', '.join(self._scheduler.plans)}.")
        return web.json_response({"status": await self._scheduler.run(plan)})

    async def advance(self, request: web.Request) -> web.Response:
        """Answers `{"now", "ran": {job: status}}` when every job that came due has run."""
        seconds = _seconds(await request.text())
        ran = await self._scheduler.advance(seconds)
        return web.json_response({"now": self._scheduler.clock.now().timestamp(), "ran": ran})


def _seconds(body: str) -> float:
    try:
        seconds = float(json.loads(body)["seconds"])
    except (ValueError, TypeError, KeyError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise web.HTTPBadRequest(text='The body must be {"seconds": N}, N not below 0: the clock never goes back.')
    return seconds
