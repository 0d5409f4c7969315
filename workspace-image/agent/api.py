"""The agent's HTTP surface, on a socket that only nginx reaches: /_slot/*, and nginx's question who may come in."""

import hmac
import json
import posixpath
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from aiohttp import web

from agent import logs, pages
from agent.activity import EDITOR, PREVIEW
from agent.errors import Refused
from agent.settings import ALIASES, HOME, Settings
from agent.slot import Slot, State
from agent.tokens import ATTACH, ENTER, RELEASE, Claims, InvalidToken, SingleUse, Verifier

COOKIE = "__Host-ondol"
PROBLEMS = "https://ondol.dev/problems/"


class Api:
    def __init__(self, settings: Settings, boot: str, slot: Slot, is_ready: Callable[[], bool]) -> None:
        self._settings = settings
        self._boot = boot
        self._slot = slot
        self._is_ready = is_ready
        self._tokens = Verifier(settings.control_plane_key, settings.slot)
        self._entered = SingleUse()
        self._cookie = secrets.token_urlsafe(32)

    def application(self) -> web.Application:
        application = web.Application(middlewares=[_problems], client_max_size=64 * 1024)
        application.add_routes(
            [
                web.get("/_slot/health", self.health),
                web.post("/_slot/attach", self.attach),
                web.post("/_slot/release", self.release),
                web.post("/_slot/enter", self.enter),
                web.get("/may-enter", self.may_enter),
                web.get("/closed", self.closed),
                web.get("/paused", self.paused),
            ]
        )
        return application

    async def health(self, _: web.Request) -> web.Response:
        ready, progress = self._is_ready(), self._slot.progress
        body = {
            "ready": ready,
            "attached": self._slot.state is not State.WARM,
            "boot": self._boot,
            "restore": {"done": progress.done, "total": progress.total, "state": progress.state},
        }
        return web.json_response(body, status=200 if ready else 503)

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

    async def enter(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin") != self._settings.page_origin:
            raise Refused(403, "wrong-origin", f"Workspaces are entered from {self._settings.page_origin} only.")
        form = await request.post()
        try:
            claims = self._tokens.verify(str(form.get("token", "")), ENTER)
            self._check_ours(claims)
        except (InvalidToken, Refused) as error:
            logs.warning("enter.refused", reason=str(error))
            return pages.closed(request, self._settings.page_origin)
        if not self._entered.use(claims, time.time()) or not await self._slot.may_serve():
            logs.warning("enter.refused", reason="the token was used before, or there is no lease")
            return pages.closed(request, self._settings.page_origin)
        session = self._slot.session
        if session is None or session.known.directive == "drain":
            return pages.closed(request, self._settings.page_origin)
        session.activity.saw(EDITOR)
        answer = web.Response(status=303, headers={"Location": "/?" + urlencode({"folder": _inside_home(form)})})
        answer.set_cookie(COOKIE, self._cookie, path="/", secure=True, httponly=True, samesite="Lax")
        return answer

    async def may_enter(self, request: web.Request) -> web.Response:
        """nginx asks this of every request for the editor: 204 yes, 401 no, 403 not now."""
        shown = request.cookies.get(COOKIE, "")
        if self._slot.state is not State.SERVING or not hmac.compare_digest(shown.encode(), self._cookie.encode()):
            return web.Response(status=401)
        session = self._slot.session
        if session is None or not await self._slot.may_serve():
            return web.Response(status=403 if self._slot.state is State.SERVING else 401)
        if "X-Preview" in request.headers:
            session.activity.saw(PREVIEW)
        return web.Response(status=204)

    async def closed(self, request: web.Request) -> web.Response:
        return pages.closed(request, self._settings.page_origin)

    async def paused(self, request: web.Request) -> web.Response:
        return pages.paused(request, self._settings.page_origin)

    def _verify(self, token: str, kind: str) -> Claims:
        try:
            return self._tokens.verify(token, kind)
        except InvalidToken as error:
            raise Refused(401, "bad-token", str(error)) from error

    def _check_ours(self, claims: Claims) -> None:
        session = self._slot.session
        if session is None or (session.sid, session.epoch, self._boot) != (claims.sid, claims.epoch, claims.boot):
            raise Refused(409, "stale-epoch", "This container does not serve that session.")


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refused(401, "bad-token", "Send the control plane's token as Authorization: Bearer.")
    return token


async def _json(request: web.Request, fields: set[str]) -> dict[str, object]:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise Refused(400, "bad-request", "The body is not JSON.") from error
    if not isinstance(body, dict) or set(body) != fields:
        raise Refused(400, "bad-request", f"The body must be an object with exactly these fields: {sorted(fields)}.")
    return body


def _inside_home(form: object) -> str:
    """The folder that the form asks for, if it lies in the home under either of its names; else the home."""
    wanted = form.get("folder", "") if hasattr(form, "get") else ""
    folder = posixpath.normpath(posixpath.join(HOME, str(wanted)))
    inside = any(folder == str(root) or folder.startswith(f"{root}/") for root in (HOME, ALIASES))
    return folder if inside else str(HOME)


@web.middleware
async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        logs.warning("request.refused", path=request.path, status=refused.status, reason=refused.detail)
        problem = {
            "type": PROBLEMS + refused.name,
            "title": refused.name.replace("-", " ").capitalize(),
            "status": refused.status,
            "detail": refused.detail,
        }
        return web.json_response(problem, status=refused.status, content_type="application/problem+json")
