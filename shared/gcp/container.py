"""Calls to a slot's container. Whatever it answers is a hint: the session's record says what is true."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import httpx
import msgspec

from shared import logs
from shared.errors import TryAgain
from shared.gcp import emulators
from shared.pool import Health

ATTACH_SECONDS = 45.0
"""A cold start and a restore fit into it. What takes longer goes on in the container; the next attach joins it."""
RELEASE_SECONDS = 240.0
HEALTH_SECONDS = 20.0
WORK_MARGIN_SECONDS = 20.0
"""How much later than it was asked to a container may answer that its time is over."""
ANSWER_BYTES = 16 * 1024
UNANSWERED = (429, 500, 502, 503, 504)
"""The platform's answers while a container starts or is replaced, and the agent's for *try again*."""


class Gone(Exception):
    """The container behind the slot's URL does not serve this session, and never will."""


class Broken(Gone):
    """The container can't restore the workspace: its state does not verify."""


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(timeout=ATTACH_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))


def attach(url: str, token: str, heartbeat_url: str, seconds: float = ATTACH_SECONDS) -> str:
    """Have the container serve the session, or renew its lease if it does already; its boot id.

    Raises Gone (Broken when the state itself is at fault), or TryAgain if it did not answer.
    """
    answer = _post(f"{url}/_slot/attach", token, {"heartbeat_url": heartbeat_url}, seconds)
    return str(answer.get("boot"))


def release(url: str, token: str) -> None:
    """Have the container make its last checkpoint and commit it. Raises Gone, or TryAgain if it did not answer."""
    _post(f"{url}/_slot/release", token, {}, RELEASE_SECONDS)


def work(url: str, token: str, seconds: float, quiet: float) -> str:
    """Hold a request open to the container while a process of the member's is at work; why it ended: `quiet`,
    `connected`, `time` or `over`. Raises Gone, or TryAgain if it did not answer."""
    answer = _post(f"{url}/_slot/work", token, {"seconds": seconds, "quiet": quiet}, seconds + WORK_MARGIN_SECONDS)
    return str(answer.get("why"))


def health(urls: dict[str, str]) -> dict[str, Health]:
    """What the containers behind these URLs say of themselves, by the same keys, without those that don't answer."""
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as pool:
        answers = dict(zip(urls, pool.map(_health, urls.values()), strict=True))
    return {name: answer for name, answer in answers.items() if answer is not None}


def _post(url: str, token: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    try:
        status, answer = _exchange("POST", url, headers=headers, json=body, seconds=seconds)
    except (httpx.HTTPError, ValueError) as e:
        raise TryAgain("slot-unreachable", "The slot does not answer. Try again in a moment.", retry_after=2) from e
    if status in UNANSWERED:
        raise TryAgain("slot-unreachable", f"The slot is not ready ({status}).", retry_after=2)
    if status == httpx.codes.UNPROCESSABLE_ENTITY:
        raise Broken(str(answer.get("detail")))
    if status in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
        raise Gone(f"{status}: {answer.get('detail')}")
    if status != httpx.codes.OK:
        # our own token or message is not understood: that is no reason to give somebody's session up
        logs.error("slot-refuses-us", url=url, status=status)
        raise TryAgain("slot-unreachable", f"The slot refuses to answer ({status}).", retry_after=5)
    return answer


def _health(url: str) -> Health | None:
    try:
        _, answer = _exchange("GET", f"{url}/_slot/health", seconds=HEALTH_SECONDS)
    except (httpx.HTTPError, ValueError):
        return None
    return Health(ready=answer.get("ready") is True, attached=answer.get("attached") is not False)


def _exchange(method: str, url: str, *, seconds: float, **request: Any) -> tuple[int, dict[str, Any]]:
    """Status and body. However slowly or much a hostile container answers, it takes no longer and no more than this.

    Raises httpx.HTTPError, and ValueError for an answer that is no JSON object, too long, or too late.
    """
    address, host = emulators.reachable(url)
    request["headers"] = {**host, **request.get("headers", {})}
    deadline = time.monotonic() + seconds
    content = b""
    with _http().stream(method, address, timeout=seconds, **request) as response:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > ANSWER_BYTES or time.monotonic() > deadline:
                raise ValueError("the container's answer is too long or too slow")
    if not response.headers.get("Content-Type", "").startswith(("application/json", "application/problem+json")):
        return response.status_code, {}  # the platform's own page
    answer = msgspec.json.decode(content)
    if not isinstance(answer, dict):
        raise ValueError("the container's answer is no object")
    return response.status_code, answer
