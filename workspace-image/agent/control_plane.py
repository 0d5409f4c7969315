"""One exchange with the control plane: what is posted to the heartbeat URL and what comes back."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from agent.clock import elapsed
from agent.errors import BeatRefused, CheckpointRefused, Stale, Unreachable
from agent.storage_quota import Quota

TIMEOUT = aiohttp.ClientTimeout(total=10)
# What these say of a message stays true of it.
FINAL = (400, 403, 413)


@dataclass(frozen=True)
class Storage:
    """Where this container may write, and by which token. A local bucket needs none."""

    endpoint: str
    bucket: str
    prefix: str
    token: str | None


@dataclass(frozen=True)
class Head:
    """The workspace's current checkpoint. `at` is Unix seconds on the control plane's clock. `first`: layers of the
    boot tier, which can be asked for before the manifest is there."""

    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: float
    first: tuple[str, ...]


@dataclass(frozen=True)
class StorageUse:
    """How the newest checkpoint stands to the plan's storage, in bytes, None without limit. `state` is `ok` or `over`:
    it is saved, within the grace. `most` is what a checkpoint may take, `apart` what may be kept apart of the rest."""

    state: str
    used: int
    limit: int | None
    most: int | None
    apart: int | None

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
    # the browsers whose member has signed out in them, by their ids
    signed_out: tuple[str, ...]
    sent: float
    received: float


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
            return [_head(head) for head in json.loads(text)["snapshots"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"the control plane's answer is not one: {error!r}") from error

    async def _exchange(self, body: dict[str, Any], token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._http.post(self._url, json=body, headers=headers, timeout=TIMEOUT) as response:
                status, text = response.status, await response.text()
        except (aiohttp.ClientError, OSError, UnicodeDecodeError) as error:  # a TimeoutError is an OSError
            raise Unreachable(f"the control plane did not answer: {type(error).__name__}") from error
        if status == 200:
            return text
        raise _failure(status, text)


def _failure(status: int, text: str) -> Exception:
    problem = _problem(text)
    name = str(problem.get("type", "")).rpartition("/")[2]
    detail = f"{status} {name}: {problem.get('detail', '')}"
    if status == 409:
        return Stale(detail)
    if status == 422 and name == "checkpoint-refused":
        return CheckpointRefused(detail)
    if status in FINAL:
        return BeatRefused(f"the control plane answered {detail}")
    return Unreachable(f"the control plane answered {detail}")


def _problem(text: str) -> dict[str, Any]:
    try:
        problem = json.loads(text)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _answer(text: str, sent: float) -> HeartbeatAnswer:
    try:
        fields = json.loads(text)
        head, storage, use = fields["head"], fields["storage"], fields["storage_use"]
        return HeartbeatAnswer(
            now=float(fields["now"]),
            directive=fields["directive"],
            interval=float(fields["interval"]),
            lease=float(fields["lease"]),
            token=fields["token"],
            idle_at=fields["idle_at"],
            deadline=fields.get("deadline"),  # a control plane of yesterday does not say
            head=head and _head(head),
            after_loss=bool(fields.get("after_loss")),  # a control plane of yesterday does not say
            storage=Storage(**{name: storage[name] for name in Storage.__dataclass_fields__}),
            # a control plane of yesterday does not say all of it
            storage_use=StorageUse(**{name: use.get(name) for name in StorageUse.__dataclass_fields__}),
            window_key=_key(fields.get("window_key")),
            signed_out=tuple(map(str, fields.get("signed_out", ()))),  # a control plane of yesterday does not say
            sent=sent,
            received=elapsed(),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"the control plane's answer is not one: {error!r}") from error


def _head(fields: dict[str, Any]) -> Head:
    first = tuple(fields.get("first", ()))  # a control plane of yesterday does not say
    return Head(**{name: fields[name] for name in Head.__dataclass_fields__ if name != "first"}, first=first)


def _key(text: object) -> bytes | None:
    """A control plane of yesterday sends none. Raises ValueError for what is no key."""
    if text is None:
        return None
    if not isinstance(text, str) or len(key := base64.urlsafe_b64decode(text)) != 32:
        raise ValueError("the window's key is not 32 bytes")
    return key
