"""`/_slot/window*`: the script that fills a browser's databases, and the changes that browsers report. Only the
editor's own page gets an answer, as far as headers tell: a page under the editor's port proxy is of the same origin.
docs/decisions/0017-the-window.md has the remaining risk."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from agent.errors import Refused
from agent.paths import IMAGE
from agent.window.ending import SessionForWindow
from agent.window.roaming import Change, Unavailable, Window

T = TypeVar("T")

# in one block, in this order
NAMES = (
    "words.js",
    "configuration.js",
    "icons.js",
    "window.js",
    "unsaved.js",
    "cover.js",
    "splash.js",
    "editing.js",
    "connection.js",
)
SCRIPTS = [IMAGE / "window" / name for name in NAMES]
# the script sends no more at once; one value in JSON's escapes must fit
MOST_BODY = 7_000_000
# nor more changes than this; the slot does nothing else while it takes them
MOST_CHANGES = 5_000
# a window that waits for the last save asks again after this many seconds; nginx waits for 60
SAVED_WITHIN = 50.0
HEADERS = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}


class WindowRoutes:
    """`slot` tells how the session stands. `may_enter` answers whether a browser is admitted: 204, or the status of the
    refusal. `standing` is the same, but does not count as a visit. `was_let_in` tells whether a request has this
    container's cookie. `page` is the origin of Ondol's page."""

    def __init__(
        self,
        window: Window,
        slot: SessionForWindow,
        boot: str,
        page: str,
        may_enter: Callable[[web.Request], Awaitable[int]],
        standing: Callable[[web.Request], Awaitable[int]],
        was_let_in: Callable[[web.Request], bool],
    ) -> None:
        self._window = window
        self._slot = slot
        self._boot = boot
        self._page = page
        self._may_enter = may_enter
        self._standing = standing
        self._was_let_in = was_let_in
        self._preparing: asyncio.Task[None] | None = None

    def all(self) -> list[web.RouteDef]:
        return [
            web.get("/_slot/window.js", self.script),
            web.post("/_slot/window", self.changes),
            web.get("/_slot/session", self.session),
        ]

    def prepare(self) -> None:
        """Begins to read the window: a browser was admitted and will load the editor's page."""
        self._preparing = asyncio.create_task(self._window.prepare())

    async def script(self, request: web.Request) -> web.Response:
        await self._admit(request, "script")
        state = {
            "boot": self._boot,
            "page": self._page,
            "language": self._slot.language,
            "stores": await _or_refuse(self._window.values()),
        }
        scripts = "".join(script.read_text() for script in SCRIPTS)
        text = f"{{\nconst STATE = {json.dumps(state)};\n{scripts}}}\n"
        content_type, at_once = "text/javascript", 1024
        answer = web.Response(
            text=text, content_type=content_type, charset="utf-8", headers=HEADERS, zlib_executor_size=at_once
        )
        answer.enable_compression()
        return answer

    async def changes(self, request: web.Request) -> web.Response:
        await self._admit(request, "empty")
        if request.headers.get("Origin") != _own_origin(request) or request.content_type != "application/json":
            raise Refused(403, "wrong-origin", "Only the editor's own page changes its window.")
        await _or_refuse(self._window.change(_changes(await _body(request))))
        return web.Response(status=204, headers=HEADERS)

    async def session(self, request: web.Request) -> web.Response:
        """Whether this container still serves the browser. The script asks every second or two while the editor is
        silent, so the question does not count as the member's activity."""
        status = await self._standing(request)
        if status == 401 and self._was_let_in(request):
            return await self._ended(request)
        _check(request, status, "empty")
        return web.json_response({"boot": self._boot, "saved_ago": self._slot.saved_ago()}, headers=HEADERS)

    async def _ended(self, request: web.Request) -> web.Response:
        """Why the session ends, and whether everything is saved. A window that asks with `until=saved` gets its answer
        when everything is: afterwards the container is soon replaced by one that knows nothing of the session."""
        if request.query.get("until") == "saved":
            await self._slot.wait_until_ended(SAVED_WITHIN)
        ending = self._slot.ending
        if ending is None:
            raise Refused(410, "session-over", "The session has ended. Open the workspace from Ondol's page.")
        body = {"boot": self._boot, **vars(ending), "saved_ago": self._slot.saved_ago()}
        return web.json_response(body, status=410, headers=HEADERS)

    async def _admit(self, request: web.Request, destination: str) -> None:
        """Raises Refused."""
        _check(request, await self._may_enter(request), destination)


def _check(request: web.Request, status: int, destination: str) -> None:
    """Raises Refused."""
    if status != 204:
        raise Refused(401 if status == 401 else 503, "not-entered", "Open the workspace from Ondol's page.")
    fetch_headers = (request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Dest"))
    if fetch_headers != ("same-origin", destination) or not _is_from_the_editor(request):
        raise Refused(403, "wrong-origin", "Only the editor's own page has to do with its window.")


def _own_origin(request: web.Request) -> str:
    """The origin as the browser sees it, which nginx passes on."""
    return request.headers.get("X-Own-Origin", "")


def _is_from_the_editor(request: web.Request) -> bool:
    """Refuses requests of other pages than the editor's, which is at `/`; previews never are. Any other page's headers
    show that, unless they are forged."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return False
    return f"{page.scheme}://{page.netloc}" == _own_origin(request) and page.path == "/"


async def _or_refuse(work: Awaitable[T]) -> T:
    try:
        return await work
    except Unavailable as error:
        raise Refused(503, "try-again", f"The window can't be kept just now: {error}. Try again.") from error


async def _body(request: web.Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.content.iter_chunked(1 << 16):
        parts.append(part)
        size += len(part)
        if size > MOST_BODY:
            raise Refused(413, "too-large", f"Send at most {MOST_BODY} bytes at once.")
    return b"".join(parts)


def _changes(body: bytes) -> list[Change]:
    """The changes of a body `[[store, key, value or null], ...]`."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad-request", "The body is not JSON.") from error
    if isinstance(parsed, list) and len(parsed) > MOST_CHANGES:
        raise Refused(413, "too-large", f"Send at most {MOST_CHANGES} changes at once.")
    changes: list[Change] = []
    for change in parsed if isinstance(parsed, list) else [None]:
        match change:
            case [str(store), str(key), str() | None as value]:
                changes.append(((store, key), value))
            case _:
                raise Refused(400, "bad-request", "The body must be a list of [store, key, value or null].")
    return changes
