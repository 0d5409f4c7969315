"""One end of an HTTP/1.1 connection: h11's state machine on asyncio's streams."""

from __future__ import annotations

import asyncio
from typing import Any

import h11

CHUNK = 256 * 1024
# Chromium sends up to 256 kB of headers; no server behind the ingress takes more than this
MAX_HEAD = 64 * 1024


class Peer:
    """`role` is ours: h11.SERVER towards a client, h11.CLIENT towards a container."""

    def __init__(self, role: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=MAX_HEAD)
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, port: int) -> Peer:
        """Raises OSError."""
        return cls(h11.CLIENT, *await asyncio.open_connection("127.0.0.1", port, limit=CHUNK))

    async def receive(self) -> Any:
        """The next event: an h11.Event, or h11.PAUSED. Raises h11.RemoteProtocolError and OSError."""
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(await self.reader.read(CHUNK))

    async def send(self, event: h11.Event) -> None:
        """Raises h11.LocalProtocolError and OSError. Waits while the other side does not read."""
        data = self.http.send(event)
        if data:
            self.writer.write(data)
        await self.writer.drain()

    def unparsed(self) -> bytes:
        """What came in after the last message."""
        return self.http.trailing_data[0]

    def close(self) -> None:
        self.writer.close()
