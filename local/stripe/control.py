"""`/_control/`: what no API of Stripe's has. Time, faults, deliveries, and what a bank or an operator does."""

import msgspec
from aiohttp import web

from local.stripe import checkout
from local.stripe.account import Fault
from local.stripe.charges import charge_of
from local.stripe.errors import missing
from local.stripe.server import Server
from local.stripe.state import Json
from local.stripe.world import World


def add_routes(app: web.Application, server: Server) -> None:
    controls = Controls(server)
    app.router.add_get("/_control/requests", controls.requests)
    app.router.add_post("/_control/advance", controls.advance)
    app.router.add_post("/_control/faults", controls.faults)
    app.router.add_post("/_control/hold", controls.hold)
    app.router.add_get("/_control/deliveries", controls.deliveries)
    app.router.add_post("/_control/deliver", controls.deliver)
    app.router.add_post("/_control/drop", controls.drop)
    app.router.add_post("/_control/bank", controls.bank)
    app.router.add_post("/_control/fail-finalization", controls.fail_finalization)
    app.router.add_post("/_control/refund", controls.refund)
    app.router.add_post("/_control/dispute", controls.dispute)


class Controls:
    def __init__(self, server: Server) -> None:
        self._server = server

    async def requests(self, _: web.Request) -> web.Response:
        """Method and path of every request to the API since the start."""
        return web.json_response(self._server.account.log)

    async def advance(self, request: web.Request) -> web.Response:
        """`{"seconds"}`: moves the wall clock ahead; what time brings happens."""
        seconds = float((await request.json())["seconds"])
        if not 0 <= seconds < 10**9:
            raise ValueError("the clock never goes back")

        def act(world: World) -> None:
            world.state.ahead += seconds

        self._server.do(act)
        self._server.do(lambda _: None)
        return web.json_response({"now": self._server.account.world.wall()})

    async def faults(self, request: web.Request) -> web.Response:
        """`{"path", "how", "times"}` as in account.Fault, or `{}` to end all faults."""
        asked = await request.json()
        if asked:
            self._server.account.faults.append(msgspec.convert(asked, Fault))
        else:
            self._server.account.faults.clear()
        return web.json_response({})

    async def hold(self, request: web.Request) -> web.Response:
        """`{"held"}`: true keeps all deliveries back, false lets them go."""
        self._server.deliverer.held = bool((await request.json())["held"])
        self._server.deliverer.wake()
        return web.json_response({})

    async def deliveries(self, _: web.Request) -> web.Response:
        """What is still to be delivered, in the order of the events."""
        world = self._server.account.world
        waiting = world.state.deliveries.values()
        told = [
            {"id": each.id, "type": world.need("event", each.event)["type"], "event": each.event} for each in waiting
        ]
        return web.json_response(told)

    async def deliver(self, request: web.Request) -> web.Response:
        """`{"ids", "keep"}`: sends these now, one after the other, and answers their HTTP statuses. With `keep` they
        come once more."""
        asked = await request.json()
        for each in asked["ids"]:
            if each not in self._server.account.world.state.deliveries:
                raise missing("delivery", each)
        keep = bool(asked.get("keep"))
        statuses = [await self._server.deliverer.send(each, keep=keep) for each in asked["ids"]]
        return web.json_response(statuses)

    async def drop(self, request: web.Request) -> web.Response:
        """`{"ids"}`: these never come."""
        asked = await request.json()

        def act(world: World) -> None:
            for each in asked["ids"]:
                world.state.deliveries.pop(each, None)

        self._server.do(act)
        return web.json_response({})

    async def bank(self, request: web.Request) -> web.Response:
        """`{"session", "worked"}`: the bank tells whether a delayed payment worked."""
        asked = await request.json()

        def act(world: World) -> None:
            session = world.need(checkout.KIND, asked["session"])
            checkout.bank_answers(world, session, worked=bool(asked["worked"]))

        self._server.do(act)
        return web.json_response({})

    async def fail_finalization(self, request: web.Request) -> web.Response:
        """`{"invoice"}`: Stripe can't finalize a draft, as where it can't compute the taxes. It stays a draft."""
        asked = await request.json()

        def act(world: World) -> None:
            invoice = world.need("invoice", asked["invoice"])
            told = {"code": "customer_tax_location_invalid", "type": "invalid_request_error"}
            invoice.update(automatically_finalizes_at=None, last_finalization_error=told)
            world.emit("invoice.finalization_failed", invoice)

        self._server.do(act)
        return web.json_response({})

    async def refund(self, request: web.Request) -> web.Response:
        """`{"invoice"}`: an operator gives the money of a paid invoice back in the Dashboard."""
        asked = await request.json()

        def act(world: World) -> Json:
            charge = charge_of(world, asked["invoice"])
            charge.update(refunded=True, amount_refunded=charge["amount"])
            world.emit("charge.refunded", charge)
            return charge

        return web.json_response(self._server.do(act))

    async def dispute(self, request: web.Request) -> web.Response:
        """`{"invoice"}`: a customer tells the bank that they did not pay it."""
        asked = await request.json()

        def act(world: World) -> Json:
            charge = charge_of(world, asked["invoice"])
            dispute: Json = {
                "id": world.new_id("dispute"),
                "object": "dispute",
                "amount": charge["amount"],
                "charge": charge["id"],
                "created": world.now(),
                "currency": charge["currency"],
                "livemode": False,
                "metadata": {},
                "reason": "fraudulent",
                "status": "needs_response",
            }
            charge["disputed"] = True
            world.emit("charge.dispute.created", world.put("dispute", dispute))
            return dispute

        return web.json_response(self._server.do(act))
