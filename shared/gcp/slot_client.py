"""Calls to a slot's container. Every answer is a hint; only the session's record is trusted.

A slot's address may answer without its agent: the platform itself sends 404, 409, 429 or 503 while it starts or
replaces a container, or can't. So an answer counts as the agent's only if it has the agent's form and boot id. A
hostile container can lie about itself, and can end only its own session.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from msgspec import Struct

from shared import logs, traces
from shared.errors import PROBLEM_BASE, TryAgain
from shared.gcp import emulators
from shared.gcp.bounded_http import BoundedReply, NoAnswer, exchange
from shared.slots.pool import Health

ATTACH_SECONDS = 45.0
"""Enough for a cold start and a restore. If they take longer, they go on in the container, and the next attach joins
them."""
RELEASE_SECONDS = 240.0
HEALTH_SECONDS = 20.0
ANSWER_MARGIN_SECONDS = 20.0
"""How much later than the requested time a container may answer that the time is over."""
ANSWER_BYTES = 16 * 1024
TOLD = 200
"""The most characters of a container's explanation that are passed on."""
BOOT = re.compile(r"[a-z0-9]{16}")
TOO_MANY = 429
"""The platform's answer while others use up the container's concurrency."""
OVER = ("slot-taken", "session-over", "stale-epoch", "no-session")
"""The agent's problems which mean that this container does not serve the session and never will."""
BROKEN = "state-broken"
TRY_AGAIN = "try-again"


class Gone(Exception):
    """The container at the slot's URL does not serve this session, and never will."""


class BrokenAnswer(Gone):
    """The container can't restore the workspace, because the saved state does not verify."""


class Silent(TryAgain):
    """No agent answered. `status` is the platform's, if the platform answered."""

    def __init__(self, detail: str, status: int | None = None) -> None:
        super().__init__("slot-unreachable", detail, retry_after=2)
        self.platform_says = status


class Agent(Struct, frozen=True):
    """An answer in the agent's form. `problem` is empty if the request succeeded."""

    boot: str
    problem: str
    fields: dict[str, Any]


def attach(url: str, token: str, heartbeat_url: str, seconds: float = ATTACH_SECONDS) -> str:
    """Has the container serve the session, or renews its lease. Returns the boot id.

    Raises Gone (BrokenAnswer if the saved state is damaged), or TryAgain: Silent if no agent answered.
    """
    return _post(f"{url}/_slot/attach", token, {"heartbeat_url": heartbeat_url}, seconds).boot


def release(url: str, token: str) -> None:
    """Has the container make and commit its last checkpoint. Raises as `attach`, except BrokenAnswer."""
    _post(f"{url}/_slot/release", token, {}, RELEASE_SECONDS)


def background_hold(url: str, token: str, seconds: float, quiet: float) -> str:
    """Holds a request open to the container while a process of the member's is working. Returns why it ended: `quiet`,
    `connected`, `time` or `over`. Raises as `release`."""
    answer = _post(
        f"{url}/_slot/background-hold",
        token,
        {"seconds": seconds, "quiet": quiet},
        seconds + ANSWER_MARGIN_SECONDS,
    )
    return str(answer.fields.get("why"))[:TOLD]


def health(urls: dict[str, str], seconds: float = HEALTH_SECONDS) -> dict[str, Health]:
    """The health reports of the containers behind these URLs, by the same keys. A container that does not answer is
    left out, unless it is busy."""
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as pool:
        answers = dict(zip(urls, pool.map(lambda url: _health(url, seconds), urls.values()), strict=True))
    return {name: answer for name, answer in answers.items() if answer is not None}


def _post(url: str, token: str, body: dict[str, Any], seconds: float) -> Agent:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        reply = _ask("POST", url, headers, msgspec.json.encode(body), seconds)
    except NoAnswer as e:
        logs.info("slot-silent", url=url, reason=str(e))
        raise Silent("The slot does not answer. Try again in a moment.") from e
    answer = read_answer(reply)
    if answer is None:
        logs.info("slot-silent", url=url, status=reply.status)
        raise Silent(f"The slot is not ready ({reply.status}).", reply.status)
    detail = f"{reply.status} {answer.problem}: {str(answer.fields.get('detail'))[:TOLD]}"
    if answer.problem in OVER:
        raise Gone(detail)
    if answer.problem == BROKEN:
        raise BrokenAnswer(detail)
    if answer.problem == TRY_AGAIN:
        raise TryAgain("slot-unreachable", f"The slot is not ready ({detail}).", retry_after=2)
    if answer.problem:
        # Ondol's own token or message was refused. That must not end a member's session.
        logs.error("slot-refuses-us", url=url, problem=answer.problem)
        raise TryAgain("slot-unreachable", f"The slot refuses to answer ({reply.status}).", retry_after=5)
    return answer


def read_answer(reply: BoundedReply) -> Agent | None:
    """The answer, if it is certainly the agent's; None otherwise."""
    expected = "application/json" if reply.status == 200 else "application/problem+json"
    fields = _fields(reply)
    boot = fields.get("boot")
    if reply.content_type != expected or not isinstance(boot, str) or not BOOT.fullmatch(boot):
        return None
    if reply.status == 200:
        return Agent(boot, "", fields)
    kind = fields.get("type")
    if not isinstance(kind, str) or not kind.startswith(PROBLEM_BASE):
        return None
    return Agent(boot, kind.removeprefix(PROBLEM_BASE)[:TOLD], fields)


def _health(url: str, seconds: float) -> Health | None:
    try:
        reply = _ask("GET", f"{url}/_slot/health", {}, None, seconds)
    except NoAnswer:
        return None
    fields = _fields(reply)
    if "boot" not in fields:  # the platform's answer
        return Health(ready=False, attached=False, busy=True) if reply.status == TOO_MANY else None
    return Health(ready=fields.get("ready") is True, attached=fields.get("attached") is not False)


def _ask(method: str, url: str, headers: dict[str, str], content: bytes | None, seconds: float) -> BoundedReply:
    address, host = emulators.reachable(url)
    sent = {**host, **headers, **traces.headers()}
    return exchange(method, address, headers=sent, content=content, seconds=seconds, most=ANSWER_BYTES)


def _fields(reply: BoundedReply) -> dict[str, Any]:
    """The fields of an answer; none if it is no JSON object, such as a page of the platform."""
    try:
        answer = msgspec.json.decode(reply.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
