"""A proxy before Firestore that keeps the replies of commits back: the commit is made, and its maker hears nothing."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, cast

import grpc  # type: ignore[import-untyped]  # its stubs come apart
from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import CommitRequest

SERVICE = "google.firestore.v1.Firestore"
WHOLE = ("GetDocument", "ListDocuments", "ListCollectionIds")
STREAMED = ("BatchGetDocuments", "RunQuery", "RunAggregationQuery")
"""Methods whose answers come at once, and in a stream. They pass as bytes: nothing but commits is looked into."""
THREADS = 64


@dataclass(frozen=True)
class Write:
    """One write of a commit: the document's path below the database, and the fields that it is given."""

    path: str
    fields: dict[str, Any]

    @property
    def collection(self) -> str:
        return self.path.split("/")[-2]


Rule = Callable[[Sequence[Write]], bool]
"""Whether a commit of these writes is meant."""


def writing(collection: str, **fields: Any) -> Rule:
    """Commits that write a document of `collection` with these fields among its own."""

    def is_meant(writes: Sequence[Write]) -> bool:
        return any(write.collection == collection and fields.items() <= write.fields.items() for write in writes)

    return is_meant


def any_commit(_writes: Sequence[Write]) -> bool:
    return True


class Loss(Enum):
    REPLY = "made, and an error comes back that the client takes for a reason to try again"
    SILENCE = "made, and nothing ever comes back"
    REQUEST = "not made, and the same error comes back"


@dataclass
class Trap:
    """Commits that a rule means: something of each is lost once. Sent again, it is told how that ends."""

    rule: Rule
    loss: Loss
    seen: set[bytes] = field(default_factory=set)
    made: "queue.Queue[list[Write]]" = field(default_factory=queue.Queue)
    over: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> list[Write]:
        """The writes of the next commit that was made. The time only guards against a hang."""
        return self.made.get(timeout=120)


class Commits:
    """The proxy. It answers while it is `proxying`."""

    def __init__(self, target: str) -> None:
        """`target` is Firestore's own host:port."""
        self._channel = grpc.insecure_channel(target)
        self._traps: list[Trap] = []
        self._guard = threading.Lock()

    @contextmanager
    def losing(self, rule: Rule = any_commit, loss: Loss = Loss.REPLY) -> Iterator[Trap]:
        """While the block runs, no maker of a commit that the rule means hears of it."""
        trap = Trap(rule, loss)
        self._traps.append(trap)
        try:
            yield trap
        finally:
            self._traps.remove(trap)
            trap.over.set()

    def commit(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        parsed = CommitRequest.pb(CommitRequest.deserialize(request))
        writes = [Write(*_parts(write)) for write in parsed.writes]
        trap = self._caught(parsed.SerializeToString(deterministic=True), writes)
        if trap is None or trap.loss != Loss.REQUEST:
            answer = self.answer("Commit", request, context)
            if trap is None:
                return answer
            trap.made.put(writes)
        while trap.loss == Loss.SILENCE and context.is_active() and not trap.over.wait(0.05):
            pass
        context.abort(grpc.StatusCode.UNAVAILABLE, "the test lost the reply")
        raise AssertionError("abort raises")

    def _caught(self, request: bytes, writes: list[Write]) -> Trap | None:
        with self._guard:
            for trap in self._traps:
                if request not in trap.seen and trap.rule(writes):
                    trap.seen.add(request)
                    return trap
        return None

    def answer(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Firestore's own."""
        call = self._channel.unary_unary(f"/{SERVICE}/{method}")
        try:
            answer: bytes = call(request, timeout=context.time_remaining(), metadata=_metadata(context))
        except grpc.RpcError as refusal:
            context.abort(refusal.code(), refusal.details())
        return answer

    def stream(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        call = self._channel.unary_stream(f"/{SERVICE}/{method}")
        try:
            yield from call(request, timeout=context.time_remaining(), metadata=_metadata(context))
        except grpc.RpcError as refusal:
            context.abort(refusal.code(), refusal.details())

    def close(self) -> None:
        self._channel.close()

    def handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        whole = {name: grpc.unary_unary_rpc_method_handler(partial(self.answer, name)) for name in WHOLE}
        streamed = {name: grpc.unary_stream_rpc_method_handler(partial(self.stream, name)) for name in STREAMED}
        return {"Commit": grpc.unary_unary_rpc_method_handler(self.commit), **whole, **streamed}


@contextmanager
def proxying(commits: Commits) -> Iterator[int]:
    """The port at which this proxy answers, until the block ends."""
    threads = ThreadPoolExecutor(max_workers=THREADS)
    server = grpc.server(threads, [grpc.method_handlers_generic_handler(SERVICE, commits.handlers())])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()
        threads.shutdown()
        commits.close()


def _parts(write: Any) -> tuple[str, dict[str, Any]]:
    name = write.update.name or write.delete or write.transform.document
    return name.partition("/documents/")[2], cast("dict[str, Any]", _helpers.decode_dict(write.update.fields, None))


def _metadata(context: grpc.ServicerContext) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in context.invocation_metadata() if key not in ("user-agent", "te")]
