"""Calls to a slot's container. Whatever it answers is a hint: the session's record says what is true.

What answers at a slot's address need not be its agent: the platform says 404, 409, 429 or 503 by itself while it starts
a container, replaces one, or can't. So an answer counts as the agent's only if it has the agent's form and its boot. A
hostile container can say what it likes about itself, and ends no session but its own.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from msgspec import Struct

from shared import logs
from shared.errors import PROBLEM_BASE, TryAgain
from shared.gcp import emulators
from shared.gcp.bounded_http import NoAnswer, Reply, exchange
from shared.slots.pool import Health

ATTACH_SECONDS = 45.0
"""A cold start and a restore fit into it. What takes longer goes on in the container; the next attach joins it."""
RELEASE_SECONDS = 240.0
HEALTH_SECONDS = 20.0
WORK_MARGIN_SECONDS = 20.0
"""How much later than it was asked to a container may answer that its time is over."""
ANSWER_BYTES = 16 * 1024
TOLD = 200
"""Characters of a container's explanation that are passed on."""
BOOT = re.compile(r"[a-z0-9]{16}")
OVER = ("slot-taken", "session-over", "stale-epoch", "no-session")
"""The agent's problems that say: this container does not serve the session, and never will."""
BROKEN = "state-broken"
TRY_AGAIN = "try-again"


class Gone(Exception):
    """The container behind the slot's URL does not serve this session, and never will."""


class BrokenAnswer(Gone):
    """The container can't restore the workspace: its state does not verify."""


class Silent(TryAgain):
    """No agent has answered, but nobody, or the platform in its place with this `status`."""

    def __init__(self, detail: str, status: int | None = None) -> None:
        super().__init__("slot-unreachable", detail, retry_after=2)
        self.platform_says = status


class Agent(Struct, frozen=True):
    """An answer that has the agent's form. `problem` is empty for what was done."""

    boot: str
    problem: str
    fields: dict[str, Any]


def attach(url: str, token: str, heartbeat_url: str, seconds: float = ATTACH_SECONDS) -> str:
    """Have the container serve the session, or renew its lease if it does already; its boot id.

    Raises Gone (Broken when the state itself is at fault), or TryAgain: Silent if no agent answered.
    """
    return _post(f"{url}/_slot/attach", token, {"heartbeat_url": heartbeat_url}, seconds).boot


def release(url: str, token: str) -> None:
    """Have the container make its last checkpoint and commit it. Raises as `attach`, but for Broken."""
    _post(f"{url}/_slot/release", token, {}, RELEASE_SECONDS)


def work(url: str, token: str, seconds: float, quiet: float) -> str:
    """Hold a request open to the container while a process of the member's is at work; why it ended: `quiet`,
    `connected`, `time` or `over`. Raises as `release`."""
    answer = _post(f"{url}/_slot/work", token, {"seconds": seconds, "quiet": quiet}, seconds + WORK_MARGIN_SECONDS)
    return str(answer.fields.get("why"))[:TOLD]


def health(urls: dict[str, str], seconds: float = HEALTH_SECONDS) -> dict[str, Health]:
    """What the containers behind these URLs say of themselves, by the same keys, without those that don't answer."""
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as pool:
        answers = dict(zip(urls, pool.map(lambda url: _health(url, seconds), urls.values()), strict=True))
    return {name: answer for name, answer in answers.items() if answer is not None}


def _post(url: str, token: str, body: dict[str, Any], seconds: float) -> Agent:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        reply = _ask("POST", url, headers, msgspec.json.encode(body), seconds)
    except NoAnswer as e:
        logs.info("slot-silent", url=url, why=str(e))
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
        # our own token or message is not understood: that is no reason to give somebody's session up
        logs.error("slot-refuses-us", url=url, problem=answer.problem)
        raise TryAgain("slot-unreachable", f"The slot refuses to answer ({reply.status}).", retry_after=5)
    return answer


def read_answer(reply: Reply) -> Agent | None:
    """The answer, if it is provably the agent's; None if it may be anybody's."""
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
        fields = _fields(_ask("GET", f"{url}/_slot/health", {}, None, seconds))
    except NoAnswer:
        return None
    if "boot" not in fields:
        return None  # the platform's: strangers may have used up all that a container answers at once
    return Health(ready=fields.get("ready") is True, attached=fields.get("attached") is not False)


def _ask(method: str, url: str, headers: dict[str, str], content: bytes | None, seconds: float) -> Reply:
    address, host = emulators.reachable(url)
    return exchange(method, address, headers={**host, **headers}, content=content, seconds=seconds, most=ANSWER_BYTES)


def _fields(reply: Reply) -> dict[str, Any]:
    """The fields of an answer; none of one that is no JSON object, as the platform's own page."""
    try:
        answer = msgspec.json.decode(reply.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
