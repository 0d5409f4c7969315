"""The startup probe: is a container ready to take requests?"""

from __future__ import annotations

import asyncio

import h11

from .peer import Peer

# Cloud Run probes every periodSeconds; probing more often only lets a local start be as quick as it is
PERIOD = 0.025
ANSWER_SECONDS = 5.0


async def until_ready(port: int, path: str | None) -> None:
    """Returns when the port listens, and `path`, if there is one, answers 2xx or 3xx. Never gives up by itself."""
    while not await _ready(port, path):  # noqa: ASYNC110 - another process has no event to wait for
        await asyncio.sleep(PERIOD)


async def _ready(port: int, path: str | None) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            peer = await Peer.dial(port)
            try:
                return path is None or await _status(peer, port, path) < 400
            finally:
                peer.close()
    except (OSError, TimeoutError, h11.RemoteProtocolError):
        return False


async def _status(peer: Peer, port: int, path: str) -> int:
    headers = [("host", f"127.0.0.1:{port}"), ("user-agent", "startup-probe"), ("connection", "close")]
    await peer.send(h11.Request(method="GET", target=path, headers=headers))
    await peer.send(h11.EndOfMessage())
    answer = await peer.receive()
    return answer.status_code if isinstance(answer, h11.Response) else 599
