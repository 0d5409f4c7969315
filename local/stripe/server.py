"""The stand-in over HTTP: Stripe's API and its hosted pages."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from local.broken_connection import BrokenConnection
from local.stripe import checkout, pages
from local.stripe.account import Account, Call
from local.stripe.delivery import Deliverer
from local.stripe.errors import StripeError
from local.stripe.hosted import press
from local.stripe.state import save
from local.stripe.world import API_VERSION, World

TICK = 5.0
"""Seconds between looks at what the wall clock brings, if nobody asks anything."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Keeps the state in `file` after each request."""

    def __init__(self, account: Account, file: Path) -> None:
        self.account = account
        self.deliverer = Deliverer(lambda: account.world, self.changed)
        self._file = file
        self._saved = b""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._refusals])
        app.router.add_route("*", "/v1/{path:.*}", self.api)
        app.router.add_get("/c/pay/{session}", self.show_checkout)
        app.router.add_post("/c/pay/{session}", self.press_checkout)
        app.router.add_get("/p/session/{session}", self.show_portal)
        app.router.add_post("/p/session/{session}", self.press_portal)
        return app

    async def run(self) -> None:
        """Delivers events, and lets time pass, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.deliverer.run())
            while True:
                self.do(lambda _: None)
                await asyncio.sleep(TICK)

    def changed(self) -> None:
        encoded = msgspec.json.encode(self.account.world.state)
        if encoded != self._saved:
            save(encoded, self._file)
            self._saved = encoded
            self.deliverer.wake()

    async def api(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        call = Call(
            request.method,
            request.path,
            request.query_string if request.method in ("GET", "DELETE") else body,
            request.headers.get("Idempotency-Key"),
            request.headers.get("Authorization", ""),
            request.headers.get("Stripe-Version"),
        )
        try:
            status, answer, replayed = self.account.answer(call)
        except BrokenConnection:
            if request.transport:
                request.transport.close()
            return web.Response()
        finally:
            self.changed()
        headers = {"Request-Id": f"req_{len(self.account.log):014}", "Stripe-Version": API_VERSION}
        if call.key and call.verb == "POST":
            headers["Idempotency-Key"] = call.key
        if replayed:
            headers["Idempotent-Replayed"] = "true"
        return web.json_response(answer, status=status, headers=headers)

    async def show_checkout(self, request: web.Request) -> web.Response:
        name = request.match_info["session"]
        return _html(self.do(lambda world: pages.checkout_page(world, world.need(checkout.KIND, name))))

    async def press_checkout(self, request: web.Request) -> web.Response:
        name, form = request.match_info["session"], await request.post()
        try:
            where = self.do(lambda world: checkout.pay(world, world.need(checkout.KIND, name), str(form.get("card"))))
        except StripeError as e:
            refused = str(e)
            page = self.do(lambda world: pages.checkout_page(world, world.need(checkout.KIND, name), refused))
            return _html(page, status=402)
        return web.Response(status=303, headers={"Location": where})

    async def show_portal(self, request: web.Request) -> web.Response:
        name = request.match_info["session"]
        kind = "billing_portal.session"
        return _html(self.do(lambda world: pages.portal_page(world, world.need(kind, name))))

    async def press_portal(self, request: web.Request) -> web.Response:
        name, kind = request.match_info["session"], "billing_portal.session"
        form = {key: str(value) for key, value in (await request.post()).items()}
        try:
            where = self.do(lambda world: press(world, world.need(kind, name), form))
        except StripeError as e:
            refused = str(e)
            page = self.do(lambda world: pages.portal_page(world, world.need(kind, name), refused))
            return _html(page, status=402)
        return web.Response(status=303, headers={"Location": where or request.path})

    def do(self, act: Callable[[World], Any]) -> Any:
        """A transaction of a test's, of a page's, or of time's."""
        try:
            return self.account.transaction(act)
        finally:
            self.changed()

    @web.middleware
    async def _refusals(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except StripeError as e:
            return _html(pages.refused_page(e), e.status) if _wants_html(request) else e.response()
        except (ValueError, KeyError, TypeError) as e:  # ValueError: also of JSON, and of msgspec
            if not request.path.startswith("/_control/"):
                raise  # a mistake of this stand-in: 500
            return StripeError(f"{type(e).__name__}: {e}").response()


def _wants_html(request: web.Request) -> bool:
    return request.path.startswith(("/c/", "/p/"))


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})
