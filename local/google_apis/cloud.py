"""The stand-in as an object without sockets: a request goes in, and a status and JSON come out."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from local.api_error import ApiError
from local.google_apis import behaviours, checking, documents, operations, registry, standard
from local.google_apis.documents import Json
from local.google_apis.facts import Facts
from local.google_apis.faults import Faults
from local.google_apis.state import State
from local.google_apis.world import Call, World
from local.google_apis.zeros import without_zeros

for _each in pkgutil.iter_modules(behaviours.__path__):
    importlib.import_module(f"{behaviours.__name__}.{_each.name}")

Query = Mapping[str, str | Sequence[str]]

ALWAYS_ENABLED = ("serviceusage.googleapis.com",)
"""Without it nothing could be enabled."""


class Asked(Struct, frozen=True):
    """A request as it came, and how it was answered."""

    verb: str
    url: str
    """The API's host and the path, with the query."""
    body: Any
    status: int
    method: str
    """As `run.v2 projects.locations.services.create`, or empty where there is no such method."""
    ignored: tuple[str, ...] = ()
    """The body's fields that only Google writes: a client should not send them."""


class Cloud:
    """Google's APIs, for one project."""

    def __init__(
        self,
        facts: Facts | None = None,
        state: State | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.facts = facts or Facts()
        self.state = state or State(enabled=list(self.facts.enabled))
        self.faults = Faults()
        self.log: list[Asked] = []
        self.world = World(self.facts, self.state, clock)
        if state is None:
            behaviours.begin(self.world)

    def handle(
        self, verb: str, host: str, path: str, query: Query, body: Any = None, content: bytes | None = None
    ) -> tuple[int, Json]:
        """Answers a request. `path` is percent-encoded and has no slash before it. Raises BrokenConnection where no
        answer comes."""
        self.faults.before()
        self.state.requests += 1
        operations.settle(self.world)
        found = documents.match(host, verb, path)
        try:
            answer: tuple[int, Json] = (200, self._answer(found, host, verb, path, query, body, content))
        except ApiError as refusal:
            answer = (refusal.http_status, _as_storage(refusal) if host.startswith("storage.") else refusal.json())
        self._write_down(found, verb, host, path, query, body, answer[0])
        self.faults.after()
        return answer

    def _answer(
        self,
        found: documents.Match | None,
        host: str,
        verb: str,
        path: str,
        query: Query,
        body: Any,
        content: bytes | None,
    ) -> Json:
        if found is None and host in registry.ADDRESSES and verb == "POST":
            return registry.ADDRESSES[host](self.world, path, content or b"")
        if found is None:
            raise ApiError("UNIMPLEMENTED", f"This stand-in has no {verb} https://{host}/{path}.")
        checking.check_query(found.method, query)
        if content is None:
            checking.check_body(found.method, body)
        call = Call(
            method=found.method,
            host=host,
            name=self.world.by_id(found.resource),
            path=found.parameters,
            query=query,
            body=documents.copied(body or {}) if host.startswith("storage.") else checking.without_nulls(body or {}),
            content=content or b"",
        )
        self._check_project(call)
        self._check_enabled(call)
        self.faults.check(self.world, call)
        answer: Json = documents.copied(standard.answer(self.world, call))
        return without_zeros(found.method.api, found.method.response, answer)

    def _check_project(self, call: Call) -> None:
        first, _, rest = call.name.partition("/")
        project = rest.partition("/")[0].partition(":")[0]
        if first == "projects" and project and project not in (self.facts.project, "-", "_"):
            raise ApiError("PERMISSION_DENIED", f"Permission denied on resource project {project}.")

    def _check_enabled(self, call: Call) -> None:
        """See SERVICE_DISABLED in https://cloud.google.com/apis/design/errors."""
        if call.host in (*ALWAYS_ENABLED, *self.state.enabled) and self.world.is_usable(call.host):
            return
        where = f"https://console.developers.google.com/apis/api/{call.host}/overview?project={self.facts.number}"
        message = (
            f"{call.host} has not been used in project {self.facts.number} before or it is disabled. Enable it by "
            f"visiting {where} then retry."
        )
        info: Json = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "SERVICE_DISABLED",
            "domain": "googleapis.com",
            "metadata": {"service": call.host, "consumer": f"projects/{self.facts.number}"},
        }
        raise ApiError("PERMISSION_DENIED", message, [info])

    def _write_down(
        self, found: documents.Match | None, verb: str, host: str, path: str, query: Query, body: Any, status: int
    ) -> None:
        asked = "&".join(f"{name}={query[name]}" for name in sorted(query))
        method = f"{found.method.api} {found.method.name}" if found else ""
        ignored: list[str] = []
        if found and found.method.request and isinstance(body, dict) and status < 400:
            _, ignored = checking.without_output_only(found.method.api, found.method.request, body)
        url = f"{host}/{path}?{asked}" if asked else f"{host}/{path}"
        self.log.append(Asked(verb, url, body, status, method, tuple(ignored)))


def _as_storage(refusal: ApiError) -> Json:
    """Cloud Storage's own shape (https://cloud.google.com/storage/docs/json_api/v1/status-codes)."""
    reason = {404: "notFound", 409: "conflict", 403: "forbidden", 412: "conditionNotMet", 400: "invalid"}
    each: Json = {"message": refusal.message, "domain": "global", "reason": reason.get(refusal.http_status, "backend")}
    error: Json = {"code": refusal.http_status, "message": refusal.message, "errors": [each]}
    return {"error": {**error, "details": refusal.details} if refusal.details else error}
