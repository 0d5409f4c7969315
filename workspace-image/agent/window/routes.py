"""`/_slot/window*`: the script that fills a browser's databases, and what browsers report back.

Only the editor's own page is answered, as far as headers tell: a page under the editor's port proxy is of the same
origin. docs/decisions/0017-the-window.md says what that leaves open.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from agent.errors import Refused
from agent.places import IMAGE
from agent.window.roaming import Change, Unavailable, Window

T = TypeVar("T")

SCRIPTS = [IMAGE / "window" / name for name in ("window.js", "connection.js")]
# the script sends no more at once; one value in JSON's escapes must fit
MOST_BODY = 7_000_000
# nor this many; the slot does nothing else while it takes them
MOST_CHANGES = 5_000
HEADERS = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}


class WindowRoutes:
    """`may_enter` is the door's answer to a browser: 204, or why not; `standing` is the same, but no visit.
    `was_let_in` tells whether it has this container's cookie, `saved_ago` how many seconds ago the head was saved,
    `page` is the origin of Ondol's page."""

    def __init__(
        self,
        window: Window,
        boot: str,
        page: str,
        may_enter: Callable[[web.Request], Awaitable[int]],
        standing: Callable[[web.Request], Awaitable[int]],
        was_let_in: Callable[[web.Request], bool],
        saved_ago: Callable[[], float | None],
    ) -> None:
        self._window = window
        self._boot = boot
        self._page = page
        self._may_enter = may_enter
        self._standing = standing
        self._was_let_in = was_let_in
        self._saved_ago = saved_ago
        self._preparing: asyncio.Task[None] | None = None

    def all(self) -> list[web.RouteDef]:
        return [
            web.get("/_slot/window.js", self.script),
            web.post("/_slot/window", self.changes),
            web.get("/_slot/session", self.session),
        ]

    def prepare(self) -> None:
        """A browser was let in, and is on its way to the editor's page."""
        self._preparing = asyncio.create_task(self._window.prepare())

    async def script(self, request: web.Request) -> web.Response:
        await self._admit(request, "script")
        state = {"boot": self._boot, "page": self._page, "stores": await _or_refuse(self._window.values())}
        scripts = "".join(script.read_text() for script in SCRIPTS)
        text = f"{{\nconst STATE = {json.dumps(state)};\n{scripts}}}\n"
        return web.Response(text=text, content_type="text/javascript", charset="utf-8", headers=HEADERS)

    async def changes(self, request: web.Request) -> web.Response:
        await self._admit(request, "empty")
        if request.headers.get("Origin") != _own_origin(request) or request.content_type != "application/json":
            raise Refused(403, "wrong-origin", "Only the editor's own page changes its window.")
        await _or_refuse(self._window.change(_changes(await _body(request))))
        return web.Response(status=204, headers=HEADERS)

    async def session(self, request: web.Request) -> web.Response:
        """Whether this container still serves who asks. It is asked every second or two while the editor is silent: to
        ask is no activity of the member's."""
        status = await self._standing(request)
        if status == 401 and self._was_let_in(request):
            raise Refused(410, "session-over", "The session has ended. Open the workspace from Ondol's page.")
        _check(request, status, "empty")
        return web.json_response({"boot": self._boot, "saved_ago": self._saved_ago()}, headers=HEADERS)

    async def _admit(self, request: web.Request, destination: str) -> None:
        """Raises Refused."""
        _check(request, await self._may_enter(request), destination)


def _check(request: web.Request, status: int, destination: str) -> None:
    """Raises Refused."""
    if status != 204:
        raise Refused(401 if status == 401 else 503, "not-entered", "Open the workspace from Ondol's page.")
    seen = (request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Dest"))
    if seen != ("same-origin", destination) or not _is_from_the_editor(request):
        raise Refused(403, "wrong-origin", "Only the editor's own page has to do with its window.")


def _own_origin(request: web.Request) -> str:
    """As the browser sees it; nginx knows."""
    return request.headers.get("X-Own-Origin", "")


def _is_from_the_editor(request: web.Request) -> bool:
    """The editor's page is at `/`, and previews never are. Any other says so unless it lies."""
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
    """`[[store, key, value or null], ...]`"""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad-request", "The body is not JSON.") from error
    if isinstance(found, list) and len(found) > MOST_CHANGES:
        raise Refused(413, "too-large", f"Send at most {MOST_CHANGES} changes at once.")
    changes: list[Change] = []
    for change in found if isinstance(found, list) else [None]:
        match change:
            case [str(store), str(key), str() | None as value]:
                changes.append(((store, key), value))
            case _:
                raise Refused(400, "bad-request", "The body must be a list of [store, key, value or null].")
    return changes
