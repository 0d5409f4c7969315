"""The real functions, loaded into this process, and what their modules find where Google and the network would be.

Everything is replaced once, by what leads to the world of the moment: a schedule begins by setting another world.
"""

import importlib.util
import inspect
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any, Protocol, cast
from unittest.mock import patch

from google.api_core.retry import retry_base, retry_unary
from msgspec import Struct
from msgspec.structs import replace

from shared import logs
from shared.flows import comparing, erasing, sign_ins
from shared.gcp import buckets, exports, run, slot_client, tasks
from shared.gcp.identity import Person
from shared.gcp.store import clock, database, ids
from shared.sessions.session import Session
from shared.sessions.tokens import Bearer, InvalidToken
from shared.snapshots.checkpoint import Checkpoint, Head, Manifest
from tests.environment import SETTINGS, environment
from tests.factories import a_layer, a_manifest
from tests.running import ROOT

NAMES = ("allocate", "heartbeat", "reclaim", "release", "pool", "meter", "background", "admin", "account", "erase")
OPERATORS = ("suspend", "resume")
"""Of `admin`, each a handler of its own."""
OF_A_MEMBER = ("delete", "sign_out")
"""Of `account`."""
TIMES = {
    "HEARTBEAT_SECONDS": "30",
    "LEASE_SECONDS": "90",
    "IDLE_SECONDS": "240",
    "IDLE_WARNING_SECONDS": "60",
    "OPENING_SECONDS": "120",
    "DRAINING_SECONDS": "120",
    "POOL_WARM": "2",
    "POOL_MAX": "4",
    "SLOT_SESSIONS": "2",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
}
"""As an operator may set them: short enough for a schedule to see a whole life or two."""

Handler = Callable[[Any, Any, datetime], Any]


class World(Protocol):
    """What the replacements lead to."""

    @property
    def now(self) -> datetime: ...
    @property
    def firestore(self) -> Any: ...
    @property
    def queue(self) -> Any: ...
    @property
    def fleet(self) -> Any: ...
    def sleep(self, seconds: float) -> None: ...
    def begin(self, work: Callable[[], Any]) -> Any: ...
    def draw(self, count: int) -> int: ...
    def logged(self, severity: str, event: str, fields: dict[str, Any]) -> None: ...


class _Current:
    world: World


current = _Current()


class Loaded(Struct, frozen=True):
    """A function's module, its handler below `@endpoint`, and after how many seconds the platform gives a call up."""

    module: ModuleType
    handler: Handler
    seconds: float


@contextmanager
def simulated() -> Iterator[dict[str, Loaded]]:
    """The functions by name. Inside, `current.world` must be set before anything of them is called."""
    with ExitStack() as stack:
        stack.enter_context(environment(SETTINGS | TIMES))
        functions = {name: _load(name) for name in NAMES}
        functions |= {route: _route(functions["admin"], route) for route in OPERATORS}
        functions |= {route: _route(functions["account"], route) for route in OF_A_MEMBER}
        for module, name, value in _replacements([function.module for function in functions.values()]):
            stack.enter_context(patch.object(module, name, value))
        yield functions


@contextmanager
def living_in(world: World) -> Iterator[None]:
    """Until the block ends, all that the functions do they do to this world."""
    current.world = world
    database.database.cache_clear()
    try:
        yield
    finally:
        database.database.cache_clear()


def _load(name: str) -> Loaded:
    path = ROOT / "functions" / name / "main.py"
    spec = importlib.util.spec_from_file_location(f"simulated_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    handler = cast("Handler", inspect.unwrap(getattr(module, name)))
    table = tomllib.loads((ROOT / "functions/functions.toml").read_text())
    return Loaded(module, handler, float(table[name]["timeout"]))


def _route(function: Loaded, name: str) -> Loaded:
    return replace(function, handler=cast("Handler", inspect.unwrap(getattr(function.module, name))))


def _replacements(functions: Sequence[ModuleType]) -> Iterator[tuple[Any, str, Any]]:
    """Module, name, and what is there instead."""
    for module in [*functions, *(m for name, m in list(sys.modules.items()) if name.startswith("shared."))]:
        for name, value in list(vars(module).items()):
            if value is time:
                yield module, name, SimulatedTime
            elif value is datetime and module in (*functions, clock, erasing):
                yield module, name, SimulatedDatetime
            elif name == "person" and module in (*functions, erasing):
                yield module, name, _known
            elif name in ("delete_person", "end_sign_ins"):
                yield module, name, lambda _uid: None
            elif name == "signer":
                yield module, name, SimulatedSigner()
            elif name == "side_effects":
                yield module, name, SimulatedExecutor()
            elif name == "secrets":
                yield module, name, SimulatedSecrets
    yield retry_unary, "time", SimulatedTime
    yield retry_base, "random", SimulatedSecrets
    yield cast("Any", database).firestore, "Client", lambda: current.world.firestore
    yield database, "_plain", lambda fields: fields  # of this Firestore they are plain
    yield ids, "secrets", SimulatedSecrets
    yield logs, "_write", lambda severity, event, fields: current.world.logged(severity, event, fields)
    yield tasks, "_client", lambda: current.world.queue
    yield slot_client, "attach", lambda *given: current.world.fleet.attach(*given)
    yield slot_client, "release", lambda *given: current.world.fleet.release(*given)
    yield slot_client, "work", lambda *given: current.world.fleet.work(*given)
    yield slot_client, "health", lambda urls: current.world.fleet.health(urls)
    yield run, "services", lambda _key: current.world.fleet.services()
    yield run, "apply", lambda write, _key: current.world.fleet.apply(write)
    yield buckets, "verify_checkpoint", _verified
    yield buckets, "head_manifest", _manifest
    yield buckets, "list_objects", lambda *_given: []
    yield buckets, "measure", lambda *_given: (0, 0)
    yield buckets, "delete", lambda _names: 0
    yield exports, "sweep", lambda _old: 0
    for module in (sign_ins, comparing):
        yield module, "people", lambda uids: {uid: _known(uid) for uid in uids}
    yield sign_ins, "person", _known
    yield erasing, "PARTS", erasing.PARTS[1:]  # without the bucket


def _known(uid: str) -> Person:
    """Nobody is gone from Firebase Auth, and no sign-in is ended."""
    long_ago = datetime.fromtimestamp(0, UTC)
    return Person(uid, None, None, email_verified=True, disabled=False, created=long_ago, valid_since=long_ago)


class SimulatedTime:
    """In place of the module `time`."""

    @staticmethod
    def time() -> float:
        return current.world.now.timestamp()

    monotonic = time

    @staticmethod
    def sleep(seconds: float) -> None:
        current.world.sleep(seconds)


class SimulatedDatetime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        if tz is None:
            raise ValueError("the control plane's times have a zone")
        return current.world.now.astimezone(tz)


class SimulatedSecrets:
    """In place of the modules `secrets` and `random`: the same schedule draws the same."""

    @staticmethod
    def choice(among: Sequence[Any]) -> Any:
        return among[current.world.draw(len(among))]

    @staticmethod
    def randbits(bits: int) -> int:
        return current.world.draw(1 << bits)

    @staticmethod
    def uniform(low: float, high: float) -> float:
        return (low + high) / 2


class SimulatedExecutor:
    """Threads of a function that is being left: they outlive its request."""

    @staticmethod
    def submit(work: Callable[..., Any], *given: Any) -> Any:
        return current.world.begin(lambda: work(*given))


class Token(Struct, frozen=True):
    kind: str
    bearer: Bearer
    wid: str
    expires: datetime


class SimulatedSigner:
    """The same kinds of tokens with the same lives, without cryptography: tests/decisions/test_tokens.py has that."""

    public_pem = "key"

    def attach(self, session: Session, now: datetime) -> Token:
        return _token("attach", session, now, timedelta(minutes=5), slot=session.slot)

    def enter(self, session: Session, now: datetime, browser: str = "") -> Token:
        return _token("enter", session, now, timedelta(seconds=60), slot=session.slot, boot=session.boot)

    def release(self, session: Session, now: datetime) -> Token:
        return _token("release", session, now, timedelta(minutes=5), slot=session.slot, boot=session.boot)

    def work(self, session: Session, now: datetime) -> Token:
        return _token("work", session, now, timedelta(minutes=5), slot=session.slot, boot=session.boot)

    def heartbeat(self, session: Session, now: datetime) -> Token:
        return _token("heartbeat", session, now, timedelta(days=1), boot=session.boot)

    def window_key(self, wid: str) -> str:
        return wid

    def verify_hello(self, token: Token) -> Bearer:
        return _verify(token, "attach")

    def verify_heartbeat(self, token: Token) -> Bearer:
        return _verify(token, "heartbeat")


def _token(
    kind: str, session: Session, now: datetime, life: timedelta, *, slot: str | None = None, boot: str | None = None
) -> Token:
    return Token(kind, Bearer(session.sid, session.epoch, boot, slot), session.wid, now + life)


def _verify(token: Token, kind: str) -> Bearer:
    if token.kind != kind or token.expires < current.world.now:
        raise InvalidToken("of another kind, or expired")
    return token.bearer


def _verified(checkpoint: Checkpoint, *, wid: str, epoch: int, boot: str, before: Sequence[Head] = ()) -> Manifest:
    """Every checkpoint holds what it declares: what the bucket has is proved elsewhere."""
    name = f"workspaces/{wid}/{epoch}-{boot}/{checkpoint.seq}-boot.tar.zst"
    layer = a_layer(name=name, logical_bytes=checkpoint.bytes)
    return a_manifest(layer, seq=checkpoint.seq, workspace=wid, epoch=epoch, boot=boot)


def _manifest(head: Head) -> Manifest:
    _, wid, made_by, _ = head.manifest.split("/")
    epoch, boot = made_by.split("-")
    layer = a_layer(name=head.first[0])
    return a_manifest(layer, seq=int(head.snapshot.rpartition("-")[2]), workspace=wid, epoch=int(epoch), boot=boot)
