"""One attempt to deliver a task: the request as Cloud Tasks sends it, and what came of it."""

from dataclasses import dataclass

import aiohttp
from google.cloud.tasks_v2 import HttpMethod

from local.oidc import Issuer

from .store import Entry


@dataclass(frozen=True)
class Outcome:
    """The HTTP status of the answer, or None without an answer; `reason` is for people.

    `retry_after`: seconds for which the target asked not to be called.
    """

    status: int | None
    reason: str
    retry_after: float = 0

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def executed(self) -> bool:
        """Whether the answer came from the handler. Cloud Tasks counts a 5xx as a request that never reached the
        handler.
        """
        return self.status is not None and self.status < 500


async def attempt(session: aiohttp.ClientSession, issuer: Issuer, entry: Entry) -> Outcome:
    """Sends the task to its target once and waits for the answer, at most for the task's dispatch deadline."""
    request = entry.task.http_request
    deadline = entry.task.dispatch_deadline.total_seconds()
    try:
        async with session.request(
            HttpMethod(request.http_method).name,
            request.url,
            data=request.body or None,
            headers=_headers(entry, issuer),
            timeout=aiohttp.ClientTimeout(total=deadline),
        ) as response:
            await response.read()
            return Outcome(response.status, f"HTTP status code {response.status}", _retry_after(response))
    except TimeoutError:
        return Outcome(None, f"no answer within {deadline:g} s")
    except (aiohttp.ClientError, OSError, ValueError) as problem:  # ValueError: a header or a URL that can't be sent
        return Outcome(None, str(problem) or type(problem).__name__)


def _headers(entry: Entry, issuer: Issuer) -> dict[str, str]:
    task, request = entry.task, entry.task.http_request
    queue, name = entry.queue.split("/")[-1], str(task.name).split("/")[-1]
    headers = {key: value for key, value in request.headers.items() if not key.lower().startswith("x-cloudtasks-")}
    if request.oidc_token.service_account_email:
        token = issuer.token(request.oidc_token.service_account_email, request.oidc_token.audience or request.url)
        headers["Authorization"] = f"Bearer {token}"
    return {
        "Content-Type": "application/octet-stream",
        **headers,
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": queue,
        "X-CloudTasks-TaskName": name,
        # dispatch_count already counts this attempt
        "X-CloudTasks-TaskRetryCount": str(task.dispatch_count - 1),
        "X-CloudTasks-TaskExecutionCount": str(entry.executions),
        "X-CloudTasks-TaskETA": f"{entry.due:.6f}",
    }


def _retry_after(response: aiohttp.ClientResponse) -> float:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if response.status in (429, 503) and asked.isdigit() else 0
