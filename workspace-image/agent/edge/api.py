"""The agent's HTTP endpoints, on a socket that only nginx reaches: /_slot/*, and nginx's question whether a request is
admitted."""

import posixpath
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from html import escape
from typing import Annotated
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Meta, Struct

from agent import traces
from agent.activity.last_seen import EDITOR, PREVIEW
from agent.activity.presence import Presence
from agent.background_hold import LONGEST, BackgroundHolds
from agent.control_plane.tokens import (
    ATTACH,
    BACKGROUND_HOLD,
    ENTER,
    PROJECT,
    RELEASE,
    Claims,
    InvalidToken,
    SingleUse,
    Verifier,
)
from agent.edge import pages
from agent.edge.bodies import read_body
from agent.edge.browsers import Browsers
from agent.edge.forms import Forms
from agent.edge.listening import address_of
from agent.edge.projects import ProjectRoutes
from agent.edge.refusals import Refusals
from agent.errors import Refused
from agent.paths import ALIASES, HOME
from agent.settings import Settings
from agent.slot import SlotLifecycle, State
from agent.window.roaming import Window
from agent.window.routes import WindowRoutes

COOKIE = "__Host-ondol"
# the cookie that names the workspace which this browser entered last; it grants nothing. SameSite=None, because the
# form comes from another site's page
KNOWN = "__Host-workspace"
CLEARED = "cleared"
PROBLEMS = "https://ondol.dev/problems/"


@web.middleware
async def _in_its_trace(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    with traces.continued(request.headers.get(traces.HEADER, "")):
        return await handler(request)


class Api:
    def __init__(
        self,
        settings: Settings,
        boot: str,
        slot: SlotLifecycle,
        work: BackgroundHolds,
        window: Window,
        browsers: Browsers,
        presence: Presence,
        is_ready: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._boot = boot
        self._slot = slot
        self._background_holds = work
        self._presence = presence
        self._is_ready = is_ready
        self._tokens = Verifier(settings.control_plane_keys, settings.slot)
        self._entered = SingleUse()
        self._forms = Forms()
        self._refusals = Refusals()
        self._browsers = browsers
        self._window = WindowRoutes(
            window, slot, boot, settings.page_origin, self._admission, self._standing_of, self._is_let_in
        )

        self._projects = ProjectRoutes(settings.page_origin, slot, presence, self._project_claims)

    def application(self) -> web.Application:
        application = web.Application(middlewares=[_in_its_trace, self._problems], client_max_size=64 * 1024)
        application.add_routes(
            [
                web.get("/_slot/health", self.health),
                web.post("/_slot/attach", self.attach),
                web.post("/_slot/release", self.release),
                web.post("/_slot/background-hold", self.background_hold),
                web.post("/_slot/enter", self.enter),
                web.get("/may-enter", self.may_enter),
                web.get("/closed", self.closed),
                web.get("/paused", self.paused),
                web.get("/silent", self.silent),
                web.get("/adrift", self.adrift),
                *self._window.all(),
                *self._projects.all(),
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
        if request.headers.get("Origin") == self._settings.page_origin:  # Ondol's page shows it to the member
            headers["Access-Control-Allow-Origin"] = self._settings.page_origin
        return web.json_response(body, status=200 if ready else 503, headers=headers)

    async def attach(self, request: web.Request) -> web.Response:
        token = _bearer(request)
        claims = self._verify(token, ATTACH)
        body = await read_body(request, _Attach)
        session = await self._slot.attach(claims, token, body.heartbeat_url)
        return web.json_response({"boot": self._boot, "session": session.sid, "epoch": session.epoch})

    async def release(self, request: web.Request) -> web.Response:
        claims = self._verify(_bearer(request), RELEASE)
        self._check_ours(claims)
        await read_body(request, _Release)
        head = await self._slot.release(reason=claims.reason)
        return web.json_response({"boot": self._boot, "head": head and vars(head)})

    async def background_hold(self, request: web.Request) -> web.Response:
        self._check_ours(self._verify(_bearer(request), BACKGROUND_HOLD))
        body = await read_body(request, _BackgroundHold)
        reason = await self._background_holds.hold(body.seconds, body.quiet, lambda: request.transport is not None)
        return web.json_response({"boot": self._boot, "why": reason})

    async def enter(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin") != self._settings.page_origin:
            raise Refused(403, "wrong-origin", f"Workspaces are entered from {self._settings.page_origin} only.")
        form = await self._forms.read(request)
        try:
            claims = self._tokens.verify(form.get("token", ""), ENTER)
            self._check_ours(claims)
        except (InvalidToken, Refused) as error:
            self._refusals.say("enter-refused", error.name if isinstance(error, Refused) else "bad-token", str(error))
            return pages.closed(request, self._settings.page_origin)
        if self._may_hold_others_data(request):
            # a redirect clears first: cookies that are set in the same answer would be cleared too
            clear = {"Location": f"/_slot/enter?{CLEARED}", "Clear-Site-Data": pages.EVERYTHING}
            return web.Response(status=307, headers=clear)
        if not self._entered.use(claims, time.time()) or not await self._slot.may_serve():
            self._refusals.say("enter-refused", "used", "the token was used before, or there is no lease")
            return pages.closed(request, self._settings.page_origin)
        session = self._slot.session
        if session is None or session.last_answer.directive == "drain":
            return pages.closed(request, self._settings.page_origin)
        cookie = self._browsers.let_in(claims.browser, claims.sign_in)
        if cookie is None:
            self._refusals.say(
                "enter-refused", "signed-out", "the member has signed out in this browser, or of this sign-in"
            )
            return pages.closed(request, self._settings.page_origin)
        session.activity.saw(EDITOR)
        session.language = claims.language or session.language
        self._window.prepare()
        answer = web.Response(status=303, headers={"Location": "/?" + urlencode({"folder": _inside_home(form)})})
        answer.set_cookie(COOKIE, cookie, path="/", secure=True, httponly=True, samesite="Lax")
        if CLEARED in request.query:
            answer.set_cookie(KNOWN, _known_value(session.wid), path="/", secure=True, httponly=True, samesite="None")
        return answer

    def _may_hold_others_data(self, request: web.Request) -> bool:
        """Whether the browser may keep data that another workspace's session left under this origin."""
        session = self._slot.session
        is_browser = request.headers.get("Sec-Fetch-Mode") == "navigate"
        is_known = session is not None and request.cookies.get(KNOWN) == _known_value(session.wid)
        return is_browser and not (is_known or self._is_let_in(request)) and CLEARED not in request.query

    async def may_enter(self, request: web.Request) -> web.Response:
        """nginx asks this for every request to the editor."""
        status = await self._admission(request)
        session = self._slot.session
        if status != 204 or session is None:
            return web.Response(status=status)
        port = request.headers.get("X-Preview")
        if port is None:
            return web.Response(status=status, headers={"X-Page-Language": session.language})
        session.activity.saw(PREVIEW)
        address = address_of(int(port))
        return web.Response(status=status, headers={"X-Preview-Address": address} if address else {})

    async def _admission(self, request: web.Request) -> int:
        """204: admitted. 401: not admitted. 403: admitted, but the lease could not be renewed."""
        status = await self._standing_of(request)
        if status == 204:
            await self._presence.arrive()
        return status

    async def _standing_of(self, request: web.Request) -> int:
        """As `_admission`, but the question does not count as a visit."""
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
        """Turns Refused into a problem document with the boot id, by which the control plane tells the agent's refusals
        from the platform's."""
        try:
            return await handler(request)
        except Refused as refused:
            self._refusals.say(
                "request-refused", refused.name, refused.detail, status=refused.status, path=request.path
            )
            problem = {
                "type": PROBLEMS + refused.name,
                "title": refused.name.replace("-", " ").capitalize(),
                "status": refused.status,
                "detail": refused.detail,
                "boot": self._boot,
            }
            headers = self._projects.headers() if request.path.startswith("/_slot/project/") else None
            return web.json_response(
                problem, status=refused.status, content_type="application/problem+json", headers=headers
            )

    def _verify(self, token: str, kind: str) -> Claims:
        try:
            return self._tokens.verify(token, kind)
        except InvalidToken as error:
            raise Refused(401, "bad-token", str(error)) from error

    def _project_claims(self, request: web.Request) -> Claims:
        """Raises Refused, also when the member has signed out since the token was made."""
        claims = self._verify(_bearer(request), PROJECT)
        self._check_ours(claims)
        if not self._browsers.admits(claims.browser, claims.sign_in):
            raise Refused(401, "signed-out", "Sign in again.")
        return claims

    def _check_ours(self, claims: Claims) -> None:
        session = self._slot.session
        if session is None or (session.sid, session.epoch, self._boot) != (claims.sid, claims.epoch, claims.boot):
            raise Refused(409, "stale-epoch", "This container does not serve that session.")


def _known_value(wid: str) -> str:
    """A value by which the workspace is known again in a browser. It does not reveal the workspace's id."""
    return sha256(f"browser of {wid}".encode()).hexdigest()


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refused(401, "bad-token", "Send the control plane's token as Authorization: Bearer.")
    return token


class _Attach(Struct, forbid_unknown_fields=True):
    heartbeat_url: Annotated[str, Meta(pattern=r"^https?://")]


class _Release(Struct, forbid_unknown_fields=True):
    pass


class _BackgroundHold(Struct, forbid_unknown_fields=True):
    """Both in seconds."""

    seconds: Annotated[float, Meta(gt=0, le=LONGEST)]
    quiet: Annotated[float, Meta(gt=0)]


def _inside_home(form: Mapping[str, str]) -> str:
    """The folder in the form, if it lies in the home under either of the home's names; otherwise the home."""
    folder = posixpath.normpath(posixpath.join(HOME, form.get("folder", "")))
    inside = any(folder == str(root) or folder.startswith(f"{root}/") for root in (HOME, ALIASES))
    return folder if inside else str(HOME)
