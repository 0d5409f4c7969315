"""The edge of every function: authenticate, parse, call the handler, map errors, write one log line.

A handler takes `(caller, body, now)` and returns what to answer. Errors are mapped here and not by the framework: an
error handler registered in a shared module would bind to the first function's app only.
"""

import functools
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import flask
import msgspec
from cloudevents.http import CloudEvent

from shared import logs
from shared.errors import Permanent, Problem, Refused, TryAgain, bad_request, not_signed_in
from shared.gcp import transient_errors
from shared.gcp.identity import Member
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store import clock
from shared.request_rates import check_rate

BODY_BYTES = 64 * 1024
CORRECTIONS = 3
"""How often one request is begun with another time: it would end the whole process if it were told to nobody."""

Caller = TypeVar("Caller")
Body = TypeVar("Body")
Answer = TypeVar("Answer")
View = Callable[[flask.Request], flask.Response]


class AcceptedAnswer(msgspec.Struct, frozen=True):
    """Answer 202: it will be done. `retry_after`: seconds after which to ask whether it is."""

    body: Any
    retry_after: int | None = None


class CsvDownload(msgspec.Struct, frozen=True):
    """Answer a file to keep. `name` is its own, of characters that need no quoting. `next`: where the rest of it is,
    relative to this (RFC 8288)."""

    text: str
    content_type: str
    name: str
    next: str | None = None


def endpoint(
    authenticate: Callable[[str], Caller], body: Any, *, task: bool = False, method: str = "POST"
) -> Callable[[Callable[[Caller, Body, datetime], Any]], View]:
    """Make a handler of `(caller, body, now)` an HTTP function that takes POST with a JSON body, or GET with a query.

    `authenticate` turns the bearer token into the caller; `body` is the type, or the union of types, of the message.
    With `task` the caller is Cloud Tasks or Scheduler, which delivers again whatever is not answered 2xx. So what
    another delivery would only repeat is answered 200, and logged. A member who asks too often is answered 429.
    """

    def wrap(handler: Callable[[Caller, Body, datetime], Any]) -> View:
        @functools.wraps(handler)
        def view(request: flask.Request) -> flask.Response:
            started = time.monotonic()
            parsed = functools.cache(lambda: _parse(request, body, method))

            def handle(now: datetime) -> flask.Response:
                caller = authenticate(_bearer(request))
                if isinstance(caller, Member):
                    check_rate(handler.__name__, caller.uid)
                return _render(handler(caller, parsed(), now))

            with counted() as operations:
                try:
                    answer = _by_the_right_time(handle)
                    problem = None
                except Exception as e:
                    problem = _problem(e)
                    answer = _refuse(problem, task=task)
            _log(handler.__name__, answer.status_code, problem, started, operations)
            return answer

        return view

    return wrap


def routes(views: dict[str, View], name: str) -> View:
    """The HTTP function `name` for several endpoints, each by the last part of its path, whatever stands before it."""

    def view(request: flask.Request) -> flask.Response:
        found = views.get(request.path.rpartition("/")[2])
        return (
            found(request) if found else _refuse(Refused("not-found", "This does not exist.", status=404), task=False)
        )

    view.__name__ = name
    return view


def event(handler: Callable[[CloudEvent, datetime], None]) -> Callable[[CloudEvent], None]:
    """Make a handler of `(event, now)` a function of an event, which comes again until it is answered 2xx."""

    @functools.wraps(handler)
    def view(event: CloudEvent) -> None:
        started = time.monotonic()
        with counted() as operations:
            try:
                _by_the_right_time(lambda now: handler(event, now))
            except Exception as e:
                problem = _problem(e)
                answer = _refuse(problem, task=True)
                _log(handler.__name__, answer.status_code, problem, started, operations)
                flask.abort(answer)
        _log(handler.__name__, 200, None, started, operations)

    return view


def _by_the_right_time(handle: Callable[[datetime], Answer]) -> Answer:
    """A handler reads before it commits anything. The first read tells whether this machine's clock is right: if not,
    the handler begins anew with a clock that is. A process that stood still between a read and the look at its time
    takes a right clock for a wrong one, and is set right by the next read. Raises TryAgain if that goes on."""
    for _ in range(CORRECTIONS):
        try:
            return handle(clock.now())
        except clock.Corrected as e:
            logs.error("clock-corrected", why=str(e))
    raise TryAgain("unavailable", "A part of Ondol does not know the time. Try again in a moment.", retry_after=3)


def unreadable(error: Exception) -> flask.Response:
    """The answer to a body that the framework can't make an event of: it lets through what its libraries trip over."""
    logs.warning("event-unreadable", error=type(error).__name__)
    return _refuse(bad_request("This is not an event as Eventarc brings it."), task=False)


def _bearer(request: flask.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise not_signed_in("Send the header 'Authorization: Bearer <token>'.")
    return token.strip()


def _parse(request: flask.Request, body: Any, method: str) -> Any:
    if request.method != method:
        raise Refused("bad-request", f"Use {method}.", status=405)
    if method == "GET":
        return _convert(request.args.to_dict(), body)
    if (request.content_length or 0) > BODY_BYTES:
        raise Refused("bad-request", f"The body is larger than {BODY_BYTES} bytes.", status=413)
    content = request.stream.read(BODY_BYTES + 1)
    if len(content) > BODY_BYTES:
        raise Refused("bad-request", f"The body is larger than {BODY_BYTES} bytes.", status=413)
    try:
        return msgspec.json.decode(content or b"{}", type=body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise bad_request(f"{e}.") from e


def _convert(query: dict[str, str], body: Any) -> Any:
    try:
        return msgspec.convert(query, type=body, strict=False)
    except msgspec.ValidationError as e:
        raise bad_request(f"{e}.") from e


def _render(result: Any) -> flask.Response:
    status, headers = 200, {}
    if isinstance(result, CsvDownload):
        headers = {"Content-Disposition": f'attachment; filename="{result.name}"'}
        if result.next is not None:
            headers["Link"] = f'<{result.next}>; rel="next"'
        return flask.Response(result.text, status, headers, content_type=result.content_type)
    if isinstance(result, AcceptedAnswer):
        status, headers = 202, {} if result.retry_after is None else {"Retry-After": str(result.retry_after)}
        result = result.body
    return flask.Response(msgspec.json.encode(result), status, headers, content_type="application/json")


def _problem(error: Exception) -> Problem:
    problem = error if isinstance(error, Problem) else transient_errors.as_problem(error)
    if problem is None:
        logs.exception("unexpected", error)
        problem = Permanent("internal", "Something went wrong on our side. It has been written down. Try again.")
        problem.__cause__ = error
    return problem


def _refuse(problem: Problem, *, task: bool) -> flask.Response:
    unexpected = problem.__cause__ is not None and isinstance(problem, Permanent)
    status = problem.answer_status
    if task and not isinstance(problem, TryAgain) and not unexpected and status not in (401, 403):
        status = 200
    answer = flask.Response(msgspec.json.encode(problem.to_json()), status, content_type="application/problem+json")
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _log(function: str, status: int, problem: Problem | None, started: float, operations: Operations) -> None:
    told = {"ms": logs.ms_since(started), "reads": operations.reads, "writes": operations.writes}
    if problem is None:
        logs.info("request", function=function, status=status, **told)
    else:
        write = logs.error if isinstance(problem, Permanent) else logs.info
        write("request", function=function, status=status, **told, problem=problem.name, detail=problem.detail)
