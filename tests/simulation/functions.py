"""The real functions, loaded into this process, and what their modules find where Google and the network would be.

Everything is replaced once, by what leads to the world of the moment: a schedule begins by setting another world.
"""

import importlib.util
import inspect
import socket
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, Protocol, cast
from unittest.mock import patch

from google.api_core.retry import retry_base, retry_unary
from msgspec import Struct

from shared import logs, machine
from shared.endpoint import operations_of
from shared.flows import comparing, erasing, sign_ins
from shared.gcp import buckets, exports, slot_client, tasks
from shared.gcp.engines import registry
from shared.gcp.identity import Call, Person
from shared.gcp.store import database
from shared.payments import chosen
from shared.request_rates import BUCKETS
from shared.sessions.session import Session
from shared.sessions.tokens import Bearer, InvalidToken
from shared.slots.slot import FIRST_ENGINE
from shared.snapshots.checkpoint import Checkpoint, Head, Manifest, Writer
from tests.support.checkout import ROOT
from tests.support.records.factories import a_layer, a_manifest
from tests.support.stack.environment import SETTINGS, environment

NAMES = (
    "allocate", "heartbeat", "reclaim", "release", "pool", "meter", "background_hold", "admin", "account", "erase",
    "billing", "payer", "payment_events", "mail", "team",
)  # fmt: skip
ROUTES = {
    "admin": ("suspend", "resume", "plan"),
    "account": ("delete_account", "sign_out"),
    "billing": ("checkout",),
    "team": ("create", "invite", "resend", "revoke", "accept", "leave", "remove", "role", "answer", "delete_team"),
}
"""Handlers of their own."""
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
    # how often a member may ask is proved elsewhere: tests/decisions/test_request_rates.py
    "REQUEST_RATE_TIMES": "1000000",
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
    @property
    def provider(self) -> Any: ...
    def sleep(self, seconds: float) -> None: ...
    def begin(self, work: Callable[[], Any]) -> Any: ...
    def draw(self, count: int) -> int: ...
    def draw_letters(self, alphabet: str, count: int) -> str: ...
    def logged(self, severity: str, event: str, fields: dict[str, Any]) -> None: ...


class _Current:
    world: World


current = _Current()


class Loaded(Struct, frozen=True):
    """A function's module, its handler below `@endpoint`, what makes the handler's caller, and after how many seconds
    the platform gives a call up."""

    module: ModuleType
    handler: Handler
    authenticate: Callable[[Call], Any]
    seconds: float


@contextmanager
def simulated() -> Iterator[dict[str, Loaded]]:
    """The functions by name. Inside, `current.world` must be set before anything of them is called."""
    with ExitStack() as stack:
        stack.enter_context(environment(SETTINGS | TIMES))
        functions = {name: _load(name) for name in NAMES}
        for name, routes in ROUTES.items():
            functions |= {route: _route(functions[name], route) for route in routes}
        for module, name, value in _replacements([function.module for function in functions.values()]):
            stack.enter_context(patch.object(module, name, value))
        yield functions


@contextmanager
def living_in(world: World) -> Iterator[None]:
    """Until the block ends, all that the functions do they do to this world, and nothing waits for the machine's clock
    or opens a socket: what a schedule finds must not depend on the machine."""
    current.world = world
    database.database.cache_clear()
    BUCKETS.clear()  # the world before had another time
    try:
        with (
            machine.replaced_by(SimulatedMachine(world)),
            patch.object(time, "sleep", _refuse_the_machine),
            patch.object(socket.socket, "connect", _refuse_the_machine),
        ):
            yield
    finally:
        database.database.cache_clear()


def _refuse_the_machine(*_given: object) -> None:
    raise AssertionError("a schedule waits for the machine's clock, or opens a socket")


def _load(name: str) -> Loaded:
    path = ROOT / "functions" / name / "main.py"
    spec = importlib.util.spec_from_file_location(f"simulated_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    table = tomllib.loads((ROOT / "functions/functions.toml").read_text())
    return _loaded(module, name, float(table[name]["timeout"]))


def _route(function: Loaded, name: str) -> Loaded:
    return _loaded(function.module, name, function.seconds)


def _loaded(module: ModuleType, name: str, seconds: float) -> Loaded:
    view = getattr(module, name)
    handler = inspect.unwrap(view)
    if name == "payment_events":  # it takes what its sender has signed
        return Loaded(module, lambda hint, _body, now: handler(hint, now), _signed(module), seconds)
    return Loaded(module, cast("Handler", handler), _delivering(view), seconds)


def _signed(module: ModuleType) -> Callable[[Call], Any]:
    """What makes the hint of an event, which is the call's token: body and headers as they came."""
    return lambda call: module.signed(*cast("Any", call.token))


def _delivering(view: Any) -> Callable[[Call], Any]:
    """What makes the handler's caller of a Member, or of a container's token. Other callers are what they are: no token
    of theirs is looked at."""
    declared = operations_of(view).get("")
    looked_at = (sign_ins.__name__, view.__module__)
    is_looked_at = declared and getattr(declared.authenticate, "__module__", None) in looked_at
    return declared.authenticate if declared and is_looked_at else lambda call: call.token


def _replacements(functions: Sequence[ModuleType]) -> Iterator[tuple[Any, str, Any]]:
    """Module, name, and what is there instead."""
    for module in [*functions, *(m for name, m in list(sys.modules.items()) if name.startswith("shared."))]:
        for name in list(vars(module)):
            if name == "person" and module in (*functions, erasing):
                yield module, name, _known
            elif name in ("delete_person", "end_sign_ins"):
                yield module, name, lambda _uid: None
            elif name == "signer":
                yield module, name, SimulatedSigner()
            elif name == "side_effects":
                yield module, name, SimulatedExecutor()
    # Google's client has no seam for the clock and the draws of its retries
    yield retry_unary, "time", RetryClock
    yield retry_base, "random", RetryDraws
    yield cast("Any", database), "Client", lambda **_: current.world.firestore
    yield database, "plain", lambda fields: fields  # of this Firestore they are plain
    yield logs, "write", lambda severity, event, fields: current.world.logged(severity, event, fields)
    yield tasks, "tasks_client", lambda: current.world.queue
    yield slot_client, "attach", lambda *given: current.world.fleet.attach(*given)
    yield slot_client, "release", lambda *given: current.world.fleet.release(*given)
    yield slot_client, "background_hold", lambda *given: current.world.fleet.background_hold(*given)
    yield slot_client, "health", lambda urls: current.world.fleet.health(urls)
    for purpose in ("selling", "asking", "verifying"):
        yield chosen, purpose, lambda: current.world.provider
    yield registry, "engines", lambda _key, _shape: {FIRST_ENGINE: current.world.fleet}
    yield buckets, "verify_checkpoint", _verified
    yield buckets, "head_manifest", _manifest
    yield buckets, "list_objects", lambda *_given: []
    yield buckets, "measure", lambda *_given: (0, 0)
    yield buckets, "delete", lambda _names: 0
    yield exports, "sweep", lambda _old: 0
    for module in (sign_ins, comparing):
        yield module, "people", lambda uids: {uid: _known(uid) for uid in uids}
    yield sign_ins, "person", _known
    yield sign_ins, "member", lambda call: call.token  # who calls is a Member already
    yield erasing, "PARTS", erasing.PARTS[1:]  # without the bucket


def _known(uid: str) -> Person:
    """Nobody is gone from Firebase Auth, and no sign-in is ended."""
    long_ago = datetime.fromtimestamp(0, UTC)
    return Person(uid, None, None, email_verified=True, disabled=False, created=long_ago, valid_since=long_ago)


class SimulatedMachine:
    """The world's clock, its waiting, and its draws, which are the same in the same schedule."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now

    def monotonic(self) -> float:
        return self._world.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self._world.sleep(seconds)

    def draw_letters(self, alphabet: str, count: int) -> str:
        return self._world.draw_letters(alphabet, count)

    def draw_bits(self, count: int) -> int:
        return self._world.draw(1 << count)

    def draw_fraction(self) -> float:
        return 0.5


class RetryClock:
    """What Google's retries use of the module `time`."""

    monotonic = staticmethod(machine.monotonic)
    sleep = staticmethod(machine.sleep)


class RetryDraws:
    """What Google's retries use of the module `random`."""

    @staticmethod
    def uniform(low: float, high: float) -> float:
        return low + machine.draw_fraction() * (high - low)


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
    """The same kinds of tokens with the same lives, without cryptography:
    tests/decisions/sessions/test_tokens.py has that."""

    public_pem = "key"

    def attach(self, session: Session, now: datetime) -> Token:
        return _token("attach", session, now, timedelta(minutes=5), slot=session.slot)

    def enter(
        self, session: Session, now: datetime, browser: str = "", sign_in: str = "", language: str | None = None
    ) -> Token:
        return _token("enter", session, now, timedelta(seconds=60), slot=session.slot, boot=session.boot)

    def release(self, session: Session, now: datetime) -> Token:
        return _token("release", session, now, timedelta(minutes=5), slot=session.slot, boot=session.boot)

    def background_hold(self, session: Session, now: datetime) -> Token:
        return _token("background_hold", session, now, timedelta(minutes=5), slot=session.slot, boot=session.boot)

    def heartbeat(self, session: Session, now: datetime) -> Token:
        return _token("heartbeat", session, now, timedelta(days=1), boot=session.boot)

    def verify_hello(self, token: Token) -> Bearer:
        return _verify(token, "attach")

    def verify_heartbeat(self, token: Token) -> Bearer:
        return _verify(token, "heartbeat")

    def verify_container(self, token: Token) -> Bearer:
        return self.verify_hello(token) if token.kind == "attach" else self.verify_heartbeat(token)


def _token(
    kind: str, session: Session, now: datetime, life: timedelta, *, slot: str | None = None, boot: str | None = None
) -> Token:
    return Token(kind, Bearer(session.sid, session.epoch, boot, slot), session.wid, now + life)


def _verify(token: Token, kind: str) -> Bearer:
    if token.kind != kind or token.expires < current.world.now:
        raise InvalidToken("of another kind, or expired")
    return token.bearer


def _verified(checkpoint: Checkpoint, writer: Writer, *, before: Sequence[Head] = ()) -> Manifest:
    """Every checkpoint holds what it declares: what the bucket has is proved elsewhere."""
    name = f"{writer.prefix}{checkpoint.seq}-boot.tar.zst"
    layer = a_layer(name=name, logical_bytes=checkpoint.bytes)
    return a_manifest(layer, seq=checkpoint.seq, workspace=writer.wid, epoch=writer.epoch, boot=writer.boot)


def _manifest(head: Head) -> Manifest:
    _, wid, made_by, _ = head.manifest.split("/")
    epoch, boot = made_by.split("-")
    layer = a_layer(name=head.first[0])
    return a_manifest(layer, seq=int(head.snapshot.rpartition("-")[2]), workspace=wid, epoch=int(epoch), boot=boot)
