"""One request on its way through: from a client to a container and back, streaming, WebSockets included."""

from __future__ import annotations

import asyncio

import h11

from .peer import CHUNK, Peer

# these headers are about one connection and not about the request
HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"})
FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})

# Cloud Run's limit of an HTTP/1 request
MAX_BODY = 32 * 2**20

# for how long the rest of a request is waited for that was answered before it had come whole
LATE_BODY_SECONDS = 5.0

Headers = list[tuple[bytes, bytes]]


class ClientGone(Exception):
    """The client hung up before its answer was complete."""


class ContainerGone(Exception):
    """The container refused the connection, broke HTTP, or hung up before its answer was complete."""


class TooLarge(Exception):
    """The request's body is more than Cloud Run passes on."""


async def pass_through(client: Peer, request: h11.Request, port: int) -> None:
    """Raises ClientGone, ContainerGone and TooLarge. Afterwards `client` says by its state whether it can go on."""
    if any(name == b"content-length" and int(value) > MAX_BODY for name, value in request.headers):
        raise TooLarge
    try:
        container = await Peer.dial(port)
    except OSError as error:
        raise ContainerGone(str(error)) from error
    try:
        await _exchange(client, container, request)
    finally:
        container.close()


async def _exchange(client: Peer, container: Peer, request: h11.Request) -> None:
    uploading = asyncio.create_task(_upload(client, container, request))
    answering = asyncio.create_task(_answer(client, container))
    try:
        await asyncio.wait({uploading, answering}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            await uploading
        switched = await answering
    finally:
        for task in (uploading, answering):
            task.cancel()
        await asyncio.gather(uploading, answering, return_exceptions=True)
    if switched:
        await _tunnel(client, container)
    else:
        await _skip_body(client)


async def _upload(client: Peer, container: Peer, request: h11.Request) -> None:
    """Sends the request, then stays to see whether the client hangs up."""
    head = h11.Request(method=request.method, target=request.target, headers=_request_headers(client, request))
    if not await _deliver(container, head):
        return
    left = MAX_BODY
    while True:
        try:
            event = await client.receive()
        except (h11.RemoteProtocolError, OSError) as error:
            raise ClientGone(str(error)) from error
        if isinstance(event, h11.Data):
            left -= len(event.data)
            if left < 0:
                raise TooLarge
        if not await _deliver(container, event):
            return
        if isinstance(event, h11.EndOfMessage):
            break
    # what comes now is the next request, or a tunnel's first bytes: kept unread in h11
    data = await _read(client)
    client.http.receive_data(data)


async def _skip_body(client: Peer) -> None:
    """Reads what is left of a request that was answered before it had come whole. Closed with some of it unread, the
    connection would be reset, and the answer, or the client's next request, lost."""
    left = MAX_BODY
    try:
        async with asyncio.timeout(LATE_BODY_SECONDS):
            while client.http.their_state is h11.SEND_BODY and left > 0:
                event = await client.receive()
                left -= len(event.data) if isinstance(event, h11.Data) else 0
    except TimeoutError:
        return
    except (h11.RemoteProtocolError, OSError) as error:
        raise ClientGone(str(error)) from error


async def _deliver(container: Peer, event: h11.Event) -> bool:
    """False when the container does not read on, as after an early refusal: its answer is still to come."""
    try:
        await container.send(event)
    except OSError:
        return False
    return True


async def _answer(client: Peer, container: Peer) -> bool:
    """True when both sides agreed to leave HTTP."""
    while True:
        try:
            event = await container.receive()
        except (h11.RemoteProtocolError, OSError) as error:
            raise ContainerGone(str(error)) from error
        if isinstance(event, h11.ConnectionClosed):
            raise ContainerGone("it closed the connection without an answer")
        if isinstance(event, h11.Response):
            kept = [(name, value) for name, value in event.headers if name not in HOP_BY_HOP]
            event = h11.Response(status_code=event.status_code, headers=kept, reason=event.reason)
        try:
            await client.send(event)
        except OSError as error:
            raise ClientGone(str(error)) from error
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            return True
        if isinstance(event, h11.EndOfMessage):
            return False


async def _tunnel(client: Peer, container: Peer) -> None:
    """Raw bytes both ways, until either side ends."""
    pumps = {
        asyncio.create_task(_pump(client, container)),
        asyncio.create_task(_pump(container, client)),
    }
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: Peer, target: Peer) -> None:
    data = source.unparsed()
    try:
        while True:
            if data:
                target.writer.write(data)
                await target.writer.drain()
            data = await source.reader.read(CHUNK)
            if not data:
                return
    except OSError:
        return  # a lost connection ends a tunnel as a closed one does


async def _read(client: Peer) -> bytes:
    try:
        data = await client.reader.read(CHUNK)
    except OSError as error:
        raise ClientGone(str(error)) from error
    if not data:
        raise ClientGone("it closed the connection")
    return data


def _request_headers(client: Peer, request: h11.Request) -> Headers:
    address = str(client.writer.get_extra_info("peername")[0]).encode()
    passed: Headers = []
    hops = [address]
    websocket = False
    for name, value in request.headers:
        if name == b"x-forwarded-for":
            hops.insert(-1, value)
        elif name == b"upgrade" and value.lower() == b"websocket":
            websocket = True
        elif name not in HOP_BY_HOP and name not in FORWARDED:
            passed.append((name, value))
    passed += [(b"x-forwarded-for", b", ".join(hops)), (b"x-forwarded-proto", b"http")]
    if websocket:
        return [*passed, (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
    return [*passed, (b"connection", b"close")]
