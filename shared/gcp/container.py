"""Calls to a slot's container. Whatever it answers is a hint: the session's record says what is true."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import httpx

from shared import logs
from shared.errors import TryAgain
from shared.gcp import emulators
from shared.pool import Health

ATTACH_SECONDS = 45.0
"""A cold start and a restore fit into it. What takes longer goes on in the container; the next attach joins it."""
RELEASE_SECONDS = 240.0
HEALTH_SECONDS = 20.0
UNANSWERED = (404, 429, 500, 502, 503, 504)
"""The platform's answers while a container starts or is replaced, and the agent's for *try again*."""


class Gone(Exception):
    """The container behind the slot's URL does not serve this session, and never will."""


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(timeout=ATTACH_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))


class Broken(Gone):
    """The container can't restore the workspace: its state does not verify."""


def attach(url: str, token: str, heartbeat_url: str, seconds: float = ATTACH_SECONDS) -> str:
    """Have the container serve the session, or renew its lease if it does already; its boot id.

    Raises Gone (Broken when the state itself is at fault), or TryAgain if it did not answer.
    """
    answer = _post(f"{url}/_slot/attach", token, {"heartbeat_url": heartbeat_url}, seconds)
    return str(answer.get("boot"))


def release(url: str, token: str) -> None:
    """Have the container make its last checkpoint and commit it. Raises Gone, or TryAgain if it did not answer."""
    _post(f"{url}/_slot/release", token, {}, RELEASE_SECONDS)


def health(urls: dict[str, str]) -> dict[str, Health]:
    """What the containers behind these URLs say of themselves, by the same keys, without those that don't answer."""
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as pool:
        answers = dict(zip(urls, pool.map(_health, urls.values()), strict=True))
    return {name: answer for name, answer in answers.items() if answer is not None}


def _post(url: str, token: str, body: dict[str, str], seconds: float) -> dict[str, object]:
    address, headers = emulators.reachable(url)
    try:
        answer = _http().post(
            address, json=body, headers={**headers, "Authorization": f"Bearer {token}"}, timeout=seconds
        )
    except httpx.HTTPError as e:
        raise TryAgain("slot-unreachable", "The slot does not answer. Try again in a moment.", retry_after=2) from e
    if answer.status_code in UNANSWERED:
        raise TryAgain("slot-unreachable", f"The slot is not ready ({answer.status_code}).", retry_after=2)
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise Broken(str(answer.json().get("detail")))
    if answer.status_code == httpx.codes.CONFLICT:
        raise Gone(str(answer.json().get("detail")))
    if answer.status_code != httpx.codes.OK:
        # our own token or message is not understood: that is no reason to give somebody's session up
        logs.error("slot-refuses-us", url=url, status=answer.status_code)
        raise TryAgain("slot-unreachable", f"The slot refuses to answer ({answer.status_code}).", retry_after=5)
    return dict(answer.json())


def _health(url: str) -> Health | None:
    address, headers = emulators.reachable(f"{url}/_slot/health")
    try:
        answer = _http().get(address, headers=headers, timeout=HEALTH_SECONDS)
        body = answer.json()
    except (httpx.HTTPError, ValueError):
        return None
    return Health(ready=body.get("ready") is True, attached=body.get("attached") is not False)
