"""The edge of every function: authenticate, parse, call the handler, map errors, write one log line.

A handler takes `(caller, body, now)` and returns the answer. Errors are mapped here and not by the framework: an error
handler registered in a shared module would bind to the first function's app only.
"""

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import flask
import msgspec

from shared import logs, machine, traces
from shared.errors import Permanent, Problem, Refusals, Refused, TryAgain, bad_request, not_signed_in
from shared.gcp import transient_errors
from shared.gcp.identity import Call
from shared.gcp.operation_counts import counted
from shared.gcp.store import clock

BODY_BYTES = 64 * 1024
LOGGED_DETAIL = 200
"""Characters of a problem's detail in the log: a detail may quote what a stranger sent, and each line is paid for."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
CORRECTIONS = 3
"""How many times one request may begin with a corrected clock. Uncaught, `clock.Corrected` would end the whole
process."""

Caller = TypeVar("Caller")
Body = TypeVar("Body")
Answer = TypeVar("Answer")
Said = TypeVar("Said")
View = Callable[[flask.Request], flask.Response]


class AcceptedAnswer(msgspec.Struct, Generic[Answer], frozen=True):
    """Answer 202: the request will be carried out. `retry_after`: seconds after which to ask for the result."""

    body: Answer
    retry_after: int | None = None


class CsvDownload(msgspec.Struct, frozen=True):
    """Answer a file. `name` is its file name, of characters that need no quoting. `next`: the relative URL of the next
    part (RFC 8288)."""

    text: str
    content_type: str
    name: str
    next: str | None = None


class XlsxDownload(msgspec.Struct, frozen=True):
    """Answer a spreadsheet. `name` is its file name, of characters that need no quoting."""

    content: bytes
    name: str


class HtmlPage(msgspec.Struct, frozen=True):
    """Answer a page that brings no script, loads nothing but its style, and is kept nowhere."""

    text: str
    status: int = 200


class Operation(msgspec.Struct, frozen=True):
    """An endpoint as it is declared. The API's description is made from these.

    The handler's docstring becomes the operation's summary and description; the handler's return type becomes the
    answer's type.
    """

    handler: Callable[..., Any]
    authenticate: Callable[[Call], Any]
    """Returns the handler's caller."""
    body: Any
    method: str
    task: bool
    refuses: Refusals
    public: bool
    """Whether anybody may call it, without a token."""


def operations_of(view: View) -> dict[str, Operation]:
    """The operations of an HTTP function, each by the last part of its path; "" is the function's own path."""
    declared: dict[str, Operation] = vars(view)["operations"]
    return declared


def endpoint(
    authenticate: Callable[[Call], Caller],
    body: Any,
    *,
    refuses: Refusals | None = None,
    task: bool = False,
    method: str = "POST",
    public: bool = False,
) -> Callable[[Callable[[Caller, Body, datetime], Any]], View]:
    """Make a handler of `(caller, body, now)` an HTTP function that takes POST with a JSON body, or GET with a query.

    `authenticate` returns the caller of a request. `body` is the type of the message, or a union of types. `refuses`
    are the problems that the handler may answer, without the problems that `authenticate` declares and those that any
    endpoint may answer: an unreadable message, an invalid token, too many requests, and `unavailable`. With `task` the
    caller is Cloud Tasks or Cloud Scheduler, which repeats a request until the answer is 2xx. So a problem that
    repetition can't change is answered 200, and logged. With `public` a request needs no token, and `authenticate`
    limits the rate of all of them together.
    """

    all_refusals = _merged(_refusals_of(authenticate), refuses or {})

    def wrap(handler: Callable[[Caller, Body, datetime], Any]) -> View:
        @functools.wraps(handler)
        def view(request: flask.Request) -> flask.Response:
            parsed = functools.cache(lambda: _parse(request, body, method))

            def handle(now: datetime, accepted: Callable[[], None]) -> flask.Response:
                caller = authenticate(Call(handler.__name__, "" if public else _bearer(request), now, parsed))
                accepted()
                return _unless_known(request, _render(handler(caller, parsed(), now)))

            return _answered(request, handler.__name__, handle, task=task)

        vars(view)["operations"] = {"": Operation(handler, authenticate, body, method, task, all_refusals, public)}
        return view

    return wrap


def webhook(
    verify: Callable[[bytes, Mapping[str, str]], Said], *, most_bytes: int
) -> Callable[[Callable[[Said, datetime], Any]], View]:
    """Make a handler of `(said, now)` an HTTP function that takes POST with a body that its sender has signed.

    `verify` gets body and headers as they came, and returns what they say. Raises Refused. The sender's own description
    has the message, so the API's description does not.
    """

    def wrap(handler: Callable[[Said, datetime], Any]) -> View:
        @functools.wraps(handler)
        def view(request: flask.Request) -> flask.Response:
            content = functools.cache(lambda: _content(request, "POST", most_bytes))

            def handle(now: datetime, accepted: Callable[[], None]) -> flask.Response:
                said = verify(content(), dict(request.headers))
                accepted()
                return _render(handler(said, now))

            return _answered(request, handler.__name__, handle, task=False)

        return view

    return wrap


def mail_link(handler: Callable[[str, bool, datetime], HtmlPage]) -> View:
    """Make a handler of `(token, pressed, now)` an HTTP function for a link in mails.

    `token` is in the query. `pressed` says whether somebody, or a mail program, has posted to the link: opening it must
    change nothing.

    RFC 8058 has what is posted, and the token is all that counts of it. So the API's description does not have it.
    """

    @functools.wraps(handler)
    def view(request: flask.Request) -> flask.Response:
        def handle(now: datetime, accepted: Callable[[], None]) -> flask.Response:
            if request.method not in ("GET", "HEAD", "POST"):
                raise Refused("bad-request", "Use GET or POST.", status=405)
            page = handler(request.args.get("token", ""), request.method == "POST", now)
            if page.status == 200:
                accepted()
            return flask.Response(page.text, page.status, PAGE_HEADERS, content_type="text/html; charset=utf-8")

        return _answered(request, handler.__name__, handle, task=False)

    return view


def _answered(
    request: flask.Request,
    name: str,
    handle: Callable[[datetime, Callable[[], None]], flask.Response],
    *,
    task: bool,
) -> flask.Response:
    """The answer, or the problem that was met, with its line in the log. `handle` calls its second argument once the
    caller is authenticated."""
    started = machine.monotonic()
    authenticated = False

    def accepted() -> None:
        nonlocal authenticated
        authenticated = True

    with traces.continued(request.headers.get(traces.HEADER, "")):
        with counted() as operations:
            try:
                answer = by_the_right_time(lambda now: handle(now, accepted))
                problem = None
            except Exception as e:
                problem = _problem(e)
                answer = refusal(problem, task=task)
        costs = {"ms": logs.ms_since(started), "reads": operations.reads, "writes": operations.writes}
        _log(name, answer.status_code, problem, costs, authenticated=authenticated)
    return answer


def _refusals_of(authenticate: Callable[[Call], Any]) -> Refusals:
    """The problems that an authenticator declares by `refusing`."""
    declared = authenticate.func if isinstance(authenticate, functools.partial) else authenticate
    refusals: Refusals = vars(declared).get("refuses", {})
    return refusals


def _merged(first: Refusals, second: Refusals) -> Refusals:
    return {status: (*first.get(status, ()), *second.get(status, ())) for status in first.keys() | second.keys()}


def routes(views: dict[str, View], name: str) -> View:
    """The HTTP function `name` for several endpoints, each by the last part of its path."""

    def view(request: flask.Request) -> flask.Response:
        endpoint_view = views.get(request.path.rpartition("/")[2])
        if endpoint_view is None:
            return refusal(Refused("not-found", "There is no such endpoint.", status=404), task=False)
        return endpoint_view(request)

    view.__name__ = name
    declared = {part: operations_of(each)[""] for part, each in views.items()}
    vars(view)["operations"] = {"" if part == name else part: operation for part, operation in declared.items()}
    return view


def by_the_right_time(handle: Callable[[datetime], Answer]) -> Answer:
    """Calls the handler with the right time. A handler reads before it commits anything, and the first read shows
    whether this machine's clock is right. If the clock is wrong, the handler begins again with a corrected one. A
    process that was frozen between a read and its look at the clock takes a right clock for a wrong one; the next read
    corrects that. Raises TryAgain after CORRECTIONS."""
    for _ in range(CORRECTIONS):
        try:
            return handle(clock.now())
        except clock.Corrected as e:
            logs.error("clock-corrected", reason=str(e))
    raise TryAgain("unavailable", "A clock of Ondol is being corrected. Try again in a moment.", retry_after=3)


def _bearer(request: flask.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise not_signed_in("Send the header 'Authorization: Bearer <token>'.")
    return token.strip()


def _parse(request: flask.Request, body: Any, method: str) -> Any:
    if method == "GET" == request.method:
        return _convert(request.args.to_dict(), body)
    content = _content(request, method, BODY_BYTES)
    try:
        return msgspec.json.decode(content or b"{}", type=body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise bad_request(f"{e}.") from e


def _content(request: flask.Request, method: str, most: int) -> bytes:
    """The body as it came. Raises Refused for another method, and for more than `most` bytes."""
    if request.method != method:
        raise Refused("bad-request", f"Use {method}.", status=405)
    content = b"" if (request.content_length or 0) > most else request.stream.read(most + 1)
    if (request.content_length or 0) > most or len(content) > most:
        raise Refused("bad-request", f"The body is larger than {most} bytes.", status=413)
    return content


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
    if isinstance(result, XlsxDownload):
        headers = {"Content-Disposition": f'attachment; filename="{result.name}"'}
        return flask.Response(result.content, status, headers, content_type=XLSX)
    if isinstance(result, AcceptedAnswer):
        status, headers = 202, {} if result.retry_after is None else {"Retry-After": str(result.retry_after)}
        result = result.body
    return flask.Response(msgspec.json.encode(result), status, headers, content_type="application/json")


def _unless_known(request: flask.Request, answer: flask.Response) -> flask.Response:
    """The answer to GET, or 304 if the caller has the same one: what is asked again and again costs reads and no
    transfer. A browser keeps the answer and sends its tag by itself; no cache on the way may keep it."""
    if request.method != "GET":
        return answer
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Authorization"
    answer.add_etag(weak=True)
    answer.make_conditional(request)
    return answer


def _problem(error: Exception) -> Problem:
    problem = error if isinstance(error, Problem) else transient_errors.as_problem(error)
    if problem is None:
        logs.exception("unexpected", error)
        problem = Permanent("internal", "Something went wrong in Ondol. The error was logged. Try again.")
        problem.__cause__ = error
    return problem


def refusal(problem: Problem, *, task: bool) -> flask.Response:
    unexpected = problem.__cause__ is not None and isinstance(problem, Permanent)
    status = problem.answer_status
    if task and not isinstance(problem, TryAgain) and not unexpected and status not in (401, 403):
        status = 200
    answer = flask.Response(msgspec.json.encode(problem.answer()), status, content_type="application/problem+json")
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _log(function: str, status: int, problem: Problem | None, costs: dict[str, Any], *, authenticated: bool) -> None:
    """`authenticated` says of a refusal that the authenticator had accepted the caller. Everybody can have Ondol write
    refusals without it, so no alert may count those."""
    if problem is None:
        logs.info("request", function=function, status=status, **costs)
    else:
        write = logs.error if isinstance(problem, Permanent) else logs.info
        detail = problem.detail[:LOGGED_DETAIL]
        about = {"function": function, "status": status, **costs}
        write("request", **about, problem=problem.name, detail=detail, authenticated=authenticated)
