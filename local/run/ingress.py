"""The front end of every service: one port, told apart by `Host: {service}.localhost`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import h11

from .peer import CHUNK, Peer
from .proxy import ClientGone, ContainerGone, TooLarge, pass_through
from .serving import NoInstance, Serving

DOMAIN = ".localhost"

log = logging.getLogger(__name__)


class Ingress:
    def __init__(self, find: Callable[[str], Serving | None]) -> None:
        self._find = find

    async def listen(self, port: int) -> asyncio.Server:
        """Raises OSError when the port is taken."""
        return await asyncio.start_server(self._connected, "127.0.0.1", port, limit=CHUNK)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Peer(h11.SERVER, reader, writer)
        try:
            while await self._serve_one(client):
                client.http.start_next_cycle()
        except (ClientGone, OSError):
            pass  # the client has hung up
        except h11.ProtocolError as error:
            log.info("a client broke HTTP: %s", error)
        finally:
            client.close()

    async def _serve_one(self, client: Peer) -> bool:
        """One request. True when the connection can carry another."""
        try:
            request = await client.receive()
        except h11.RemoteProtocolError as error:
            await _refuse(client, error.error_status_hint, str(error))
            return False
        if not isinstance(request, h11.Request):
            return False
        serving = self._find(_service_id(request))
        if serving is None:
            await _refuse(client, 404, "The requested URL was not found on this server: no such service.", request)
            return False
        await self._serve(client, request, serving)
        return client.http.our_state is h11.DONE and client.http.their_state is h11.DONE

    async def _serve(self, client: Peer, request: h11.Request, serving: Serving) -> None:
        """Cloud Run's own answers: 413, 429, 503, and 504 when the time that the template grants is over."""
        try:
            async with serving.request() as instance:
                async with asyncio.timeout(instance.template.timeout_seconds):
                    await pass_through(client, request, instance.port)
        except NoInstance as error:
            await _refuse(client, error.status, str(error), request)
        except ContainerGone as error:
            log.info("%s: the container failed a request: %s", serving.service.id, error)
            await _refuse(client, 503, "upstream connect error or disconnect/reset before headers", request)
        except TooLarge:
            await _refuse(client, 413, "Request Entity Too Large", request)
        except TimeoutError:
            await _refuse(client, 504, "upstream request timeout", request)


def _service_id(request: h11.Request) -> str:
    host = next((value for name, value in request.headers if name == b"host"), b"")
    name = host.decode("latin-1").lower().partition(":")[0]
    return name.removesuffix(DOMAIN) if name.endswith(DOMAIN) else ""


async def _refuse(client: Peer, status: int, message: str, request: h11.Request | None = None) -> None:
    """The last answer on this connection. An answer that has begun is cut off."""
    if client.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    body = f"{message}\n".encode()
    headers = [("content-type", "text/plain"), ("content-length", str(len(body))), ("connection", "close")]
    await client.send(h11.Response(status_code=status, headers=headers))
    if request is None or request.method != b"HEAD":
        await client.send(h11.Data(data=body))
    await client.send(h11.EndOfMessage())
