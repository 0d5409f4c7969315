"""One call of a function, as Cloud Scheduler makes it."""

import logging
from datetime import UTC, datetime

import aiohttp

from local.oidc import Issuer

from .jobs import Job

log = logging.getLogger("scheduler")


async def call(
    session: aiohttp.ClientSession, job: Job, issuer: Issuer, invoker: str, scheduled: datetime
) -> int | None:
    """Posts to the job's function and returns the HTTP status, or None when no answer came within its deadline."""
    headers = {
        "Authorization": f"Bearer {issuer.token(invoker, audience=job.url)}",
        "Content-Type": "application/octet-stream",
        "User-Agent": "Google-Cloud-Scheduler",
        "X-CloudScheduler": "true",
        "X-CloudScheduler-JobName": job.name,
        "X-CloudScheduler-ScheduleTime": scheduled.astimezone(UTC).isoformat(),
    }
    timeout = aiohttp.ClientTimeout(total=job.deadline)
    try:
        async with session.post(job.url, headers=headers, timeout=timeout) as response:
            await response.read()
    except TimeoutError:
        log.warning("%s: no answer from %s within %g s", job.name, job.url, job.deadline)
        return None
    except (aiohttp.ClientError, OSError) as problem:
        log.warning("%s: no answer from %s: %s", job.name, job.url, problem)
        return None
    log.log(logging.INFO if response.ok else logging.WARNING, "%s: %d from %s", job.name, response.status, job.url)
    return response.status
