"""The agent's HTTP surface, on a socket that only nginx reaches: /_slot/*, and nginx's question who may come in."""

import json
import posixpath
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from html import escape
from typing import TypeGuard
from urllib.parse import urlencode

from aiohttp import web

from agent import logs, pages
from agent.activity import EDITOR, PREVIEW
from agent.browsers import Browsers
from agent.errors import Refused
from agent.forms import Forms
from agent.listening import address_of
from agent.places import ALIASES, HOME
from agent.presence import Presence
from agent.settings import Settings
from agent.slot import Slot, State
from agent.tokens import ATTACH, ENTER, RELEASE, WORK, Claims, InvalidToken, SingleUse, Verifier
from agent.window.roaming import Window
from agent.window.routes import WindowRoutes
from agent.work import LONGEST, Work

COOKIE = "__Host-ondol"
# which container this browser came into last; it opens nothing. None: it is sent with the form of another site's page
KNOWN = "__Host-workspace"
CLEARED = "cleared"
PROBLEMS = "https://ondol.dev/problems/"


class Api:
    def __init__(
        self,
        settings: Settings,
        boot: str,
        slot: Slot,
        work: Work,
        window: Window,
        browsers: Browsers,
        presence: Presence,
        is_ready: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._boot = boot
        self._slot = slot
        self._work = work
        self._presence = presence
        self._is_ready = is_ready
        self._tokens = Verifier(settings.control_plane_key, settings.slot)
        self._entered = SingleUse()
        self._forms = Forms()
        self._browsers = browsers
        self._window = WindowRoutes(
            window, boot, settings.page_origin, self._door, self._standing, self._is_let_in, self._saved_ago
        )

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._problems], client_max_size=64 * 1024)
        application.add_routes(
            [
                web.get("/_slot/health", self.health),
                web.post("/_slot/attach", self.attach),
                web.post("/_slot/release", self.release),
                web.post("/_slot/work", self.work),
                web.post("/_slot/enter", self.enter),
                web.get("/may-enter", self.may_enter),
                web.get("/closed", self.closed),
                web.get("/paused", self.paused),
                web.get("/silent", self.silent),
                web.get("/adrift", self.adrift),
                *self._window.all(),
            ]
        )
        return application

    async def health(self, request: web.Request) -> web.Response:
        ready, progress, unsaved_for = self._is_ready(), self._slot.progress, self._slot.unsaved_for()
        body = {
            "ready": ready,
            "attached": self._slot.state is not State.WARM,
            "boot": self._boot,
            "unsaved_for": unsaved_for and round(unsaved_for),
            "restore": {
                "done": progress.done,
                "total": progress.total,
                "state": progress.state,
                "tiers": progress.tiers,
            },
        }
        headers = {"Cache-Control": "no-store", "Vary": "Origin"}
        if request.headers.get("Origin") == self._settings.page_origin:  # the page shows it to the member
            headers["Access-Control-Allow-Origin"] = self._settings.page_origin
        return web.json_response(body, status=200 if ready else 503, headers=headers)

    async def attach(self, request: web.Request) -> web.Response:
        token = _bearer(request)
        claims = self._verify(token, ATTACH)
        body = await _json(request, {"heartbeat_url"})
        url = body["heartbeat_url"]
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise Refused(400, "bad-request", "heartbeat_url must be an http or https URL")
        session = await self._slot.attach(claims, token, url)
        return web.json_response({"boot": self._boot, "session": session.sid, "epoch": session.epoch})

    async def release(self, request: web.Request) -> web.Response:
        self._check_ours(self._verify(_bearer(request), RELEASE))
        await _json(request, set())
        head = await self._slot.release()
        return web.json_response({"boot": self._boot, "head": head and vars(head)})

    async def work(self, request: web.Request) -> web.Response:
        self._check_ours(self._verify(_bearer(request), WORK))
        body = await _json(request, {"seconds", "quiet"})
        seconds, quiet = body["seconds"], body["quiet"]
        if not (_is_number(seconds) and _is_number(quiet) and 0 < seconds <= LONGEST and quiet > 0):
            text = f"seconds and quiet must be numbers above 0, and seconds at most {LONGEST:g}."
            raise Refused(400, "bad-request", text)
        why = await self._work.hold(seconds, quiet, lambda: request.transport is not None)
        return web.json_response({"boot": self._boot, "why": why})

    async def enter(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin") != self._settings.page_origin:
            raise Refused(403, "wrong-origin", f"Workspaces are entered from {self._settings.page_origin} only.")
        form = await self._forms.read(request)
        try:
            claims = self._tokens.verify(form.get("token", ""), ENTER)
            self._check_ours(claims)
        except (InvalidToken, Refused) as error:
            logs.warning("enter.refused", reason=str(error))
            return pages.closed(request, self._settings.page_origin)
        if self._may_hold_anothers_traces(request):
            # first by a redirect of its own: what is set in the same answer would be cleared with the rest
            clear = {"Location": f"/_slot/enter?{CLEARED}", "Clear-Site-Data": pages.EVERYTHING}
            return web.Response(status=307, headers=clear)
        if not self._entered.use(claims, time.time()) or not await self._slot.may_serve():
            logs.warning("enter.refused", reason="the token was used before, or there is no lease")
            return pages.closed(request, self._settings.page_origin)
        session = self._slot.session
        if session is None or session.known.directive == "drain":
            return pages.closed(request, self._settings.page_origin)
        cookie = self._browsers.let_in(claims.browser)
        if cookie is None:
            logs.warning("enter.refused", reason="the member has signed out in this browser")
            return pages.closed(request, self._settings.page_origin)
        session.activity.saw(EDITOR)
        self._window.prepare()
        answer = web.Response(status=303, headers={"Location": "/?" + urlencode({"folder": _inside_home(form)})})
        answer.set_cookie(COOKIE, cookie, path="/", secure=True, httponly=True, samesite="Lax")
        if CLEARED in request.query:
            answer.set_cookie(KNOWN, _mark(session.wid), path="/", secure=True, httponly=True, samesite="None")
        return answer

    def _saved_ago(self) -> float | None:
        session = self._slot.session
        return session.saved_ago() if session is not None else None

    def _may_hold_anothers_traces(self, request: web.Request) -> bool:
        """Whether the browser may keep what another workspace's session left under this origin."""
        session = self._slot.session
        is_browser = request.headers.get("Sec-Fetch-Mode") == "navigate"
        is_known = session is not None and request.cookies.get(KNOWN) == _mark(session.wid)
        return is_browser and not (is_known or self._is_let_in(request)) and CLEARED not in request.query

    async def may_enter(self, request: web.Request) -> web.Response:
        """nginx asks this of every request for the editor."""
        status = await self._door(request)
        session = self._slot.session
        port = request.headers.get("X-Preview")
        if status != 204 or session is None or port is None:
            return web.Response(status=status)
        session.activity.saw(PREVIEW)
        address = address_of(int(port))
        return web.Response(status=status, headers={"X-Preview-Address": address} if address else {})

    async def _door(self, request: web.Request) -> int:
        """204 come in, 401 no, 403 not now."""
        status = await self._standing(request)
        if status == 204:
            await self._presence.arrive()
        return status

    async def _standing(self, request: web.Request) -> int:
        """Whether this container still serves the browser that asks. To ask is no visit."""
        if self._slot.state is not State.SERVING or not self._is_let_in(request):
            return 401
        if not await self._slot.may_serve():
            return 403 if self._slot.state is State.SERVING else 401
        return 204

    def _is_let_in(self, request: web.Request) -> bool:
        return self._browsers.knows(request.cookies.get(COOKIE, ""))

    async def closed(self, request: web.Request) -> web.Response:
        return pages.closed(request, self._settings.page_origin)

    async def paused(self, request: web.Request) -> web.Response:
        return pages.paused(request, self._settings.page_origin)

    async def silent(self, request: web.Request) -> web.Response:
        port = request.headers.get("X-Preview", "").rpartition(":")[2]
        return pages.silent(request, self._settings.page_origin, escape(port))

    async def adrift(self, request: web.Request) -> web.Response:
        return pages.adrift(request, self._settings.page_origin, escape(request.headers.get("X-Preview", "")))

    @web.middleware
    async def _problems(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """A problem with the boot in it, by which the control plane tells the agent's refusals from the platform's."""
        try:
            return await handler(request)
        except Refused as refused:
            logs.warning("request.refused", path=request.path, status=refused.status, reason=refused.detail)
            problem = {
                "type": PROBLEMS + refused.name,
                "title": refused.name.replace("-", " ").capitalize(),
                "status": refused.status,
                "detail": refused.detail,
                "boot": self._boot,
            }
            return web.json_response(problem, status=refused.status, content_type="application/problem+json")

    def _verify(self, token: str, kind: str) -> Claims:
        try:
            return self._tokens.verify(token, kind)
        except InvalidToken as error:
            raise Refused(401, "bad-token", str(error)) from error

    def _check_ours(self, claims: Claims) -> None:
        session = self._slot.session
        if session is None or (session.sid, session.epoch, self._boot) != (claims.sid, claims.epoch, claims.boot):
            raise Refused(409, "stale-epoch", "This container does not serve that session.")


def _mark(wid: str) -> str:
    """What a browser keeps to be known as the workspace's. It does not tell the id."""
    return sha256(f"browser of {wid}".encode()).hexdigest()


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refused(401, "bad-token", "Send the control plane's token as Authorization: Bearer.")
    return token


async def _json(request: web.Request, fields: set[str]) -> dict[str, object]:
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad-request", "The body is not JSON.") from error
    if not isinstance(body, dict) or set(body) != fields:
        raise Refused(400, "bad-request", f"The body must be an object with exactly these fields: {sorted(fields)}.")
    return body


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _inside_home(form: Mapping[str, str]) -> str:
    """The folder that the form asks for, if it lies in the home under either of its names; else the home."""
    folder = posixpath.normpath(posixpath.join(HOME, form.get("folder", "")))
    inside = any(folder == str(root) or folder.startswith(f"{root}/") for root in (HOME, ALIASES))
    return folder if inside else str(HOME)
