"""One request to the control plane: what is posted to the heartbeat URL, and the answer."""

import base64
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from agent import traces
from agent.clock import elapsed
from agent.errors import BeatRefused, CheckpointRefused, Stale, Unreachable
from agent.home.storage_quota import Quota

TIMEOUT = aiohttp.ClientTimeout(total=10)
# An answer with one of these statuses is final: the same message would get it again.
FINAL = (400, 403, 413)


@dataclass(frozen=True)
class Storage:
    """The bucket and prefix that this container may write to, and the token for it. A local bucket needs no token."""

    endpoint: str
    bucket: str
    prefix: str
    token: str | None


@dataclass(frozen=True)
class Head:
    """The workspace's current checkpoint. `at`: Unix seconds on the control plane's clock. `first`: layers of the boot
    tier, which can be requested before the manifest is read."""

    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: float
    first: tuple[str, ...] = ()  # an older control plane does not send it


@dataclass(frozen=True)
class StorageUse:
    """How the newest checkpoint compares with the plan's storage, in bytes; None means no limit. `state`: `ok`, or
    `over` for a checkpoint that takes some of the grace. `most`: what a checkpoint may take. `apart`: what may be kept
    apart of the rest."""

    state: str
    used: int
    # an older control plane does not send all of these
    limit: int | None = None
    most: int | None = None
    apart: int | None = None

    @property
    def quota(self) -> Quota:
        return Quota(self.limit, self.most, self.apart)


@dataclass(frozen=True)
class HeartbeatAnswer:
    """`sent` and `received` are on this machine's `elapsed()`; every other time is on the control plane's clock."""

    now: float
    directive: str
    interval: float
    lease: float
    token: str
    idle_at: float | None
    deadline: float | None
    head: Head | None
    after_loss: bool
    storage: Storage
    storage_use: StorageUse
    window_key: bytes | None
    # ids of browsers and sign-ins whose member has signed out
    signed_out: tuple[str, ...]
    sent: float
    received: float


class _Answer(msgspec.Struct):
    """The body of a heartbeat's answer. An older control plane does not send fields that have a default."""

    now: float
    directive: str
    interval: float
    lease: float
    token: str
    idle_at: float | None
    head: Head | None
    storage: Storage
    storage_use: StorageUse
    deadline: float | None = None
    after_loss: bool = False
    window_key: str | None = None
    signed_out: tuple[str, ...] = ()


class _Older(msgspec.Struct):
    snapshots: list[Head]


class _Problem(msgspec.Struct):
    type: str = ""
    detail: str = ""


class ControlPlane:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def post(self, body: dict[str, Any], token: str) -> HeartbeatAnswer:
        """Raises Stale, CheckpointRefused, BeatRefused or Unreachable."""
        sent = elapsed()
        return _answer(await self._exchange(body, token), sent)

    async def ask_for_older(self, body: dict[str, Any], token: str) -> list[Head]:
        """The snapshots before the head, newest first. Raises as `post`."""
        text = await self._exchange(body, token)
        try:
            return msgspec.json.decode(text, type=_Older).snapshots
        except (ValueError, RecursionError) as error:
            raise Unreachable(f"the control plane's answer is not one: {error!r}") from error

    async def _exchange(self, body: dict[str, Any], token: str) -> str:
        headers = {"Authorization": f"Bearer {token}", **traces.headers()}
        try:
            async with self._http.post(self._url, json=body, headers=headers, timeout=TIMEOUT) as response:
                status, text = response.status, await response.text()
        except (aiohttp.ClientError, OSError, UnicodeDecodeError) as error:  # TimeoutError is an OSError
            raise Unreachable(f"the control plane did not answer: {type(error).__name__}") from error
        if status == 200:
            return text
        raise _failure(status, text)


def _failure(status: int, text: str) -> Exception:
    try:
        problem = msgspec.json.decode(text, type=_Problem)
    except (ValueError, RecursionError):
        problem = _Problem()
    name = problem.type.rpartition("/")[2]
    detail = f"{status} {name}: {problem.detail}"
    if status == 409:
        return Stale(detail)
    if status == 422 and name == "checkpoint-refused":
        return CheckpointRefused(detail)
    if status in FINAL:
        return BeatRefused(f"the control plane answered {detail}")
    return Unreachable(f"the control plane answered {detail}")


def _answer(text: str, sent: float) -> HeartbeatAnswer:
    try:
        answer = msgspec.json.decode(text, type=_Answer)
        fields = {name: getattr(answer, name) for name in answer.__struct_fields__}
        return HeartbeatAnswer(**fields | {"window_key": _key(answer.window_key)}, sent=sent, received=elapsed())
    except (ValueError, RecursionError) as error:  # all of msgspec's errors are ValueErrors
        raise Unreachable(f"the control plane's answer is not one: {error!r}") from error


def _key(text: str | None) -> bytes | None:
    """The window's key; None from an older control plane. Raises ValueError if `text` is no key."""
    if text is None:
        return None
    key = base64.urlsafe_b64decode(text)
    if len(key) != 32:
        raise ValueError("the window's key is not 32 bytes")
    return key
