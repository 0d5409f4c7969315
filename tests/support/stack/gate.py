"""A gate before a server. Open it passes every byte, shut it refuses connections, silent it takes them and is mute."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

CHUNK = 64 * 1024


class Gate:
    """On a port of 127.0.0.1 that stays the same, in a thread of its own; `gate` makes one."""

    def __init__(self, target: int, loop: asyncio.AbstractEventLoop) -> None:
        # bound for good and never listening: nobody else gets the port while the gate is shut
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self.port: int = self._holder.getsockname()[1]
        self._target = target
        self._loop = loop
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()

    def open(self) -> None:
        """As if nothing were between."""
        self._run(self._open())

    def shut(self) -> None:
        """Cuts every connection and refuses new ones, as a server that is gone."""
        self._run(self._shut())

    def cut(self) -> None:
        """Cuts every connection, and takes new ones, as a proxy that lets no connection last for longer."""
        self._run(self._cut())

    def silence(self) -> None:
        """Passes no byte any more; connections stay, and new ones are taken. As a network that drops everything."""
        self._run(self._silence())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _open(self) -> None:
        self._passing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def _silence(self) -> None:
        self._passing.clear()

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> None:
        for writer in list(self._connections):
            writer.transport.abort()

    async def end(self) -> None:
        """In the gate's own loop: leaves no connection and no task behind."""
        self._passing.clear()
        await self._shut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._holder.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            await self._passing.wait()
            beyond_reader, beyond_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._connections.add(beyond_writer)
            try:
                await asyncio.gather(self._pump(reader, beyond_writer), self._pump(beyond_reader, writer))
            finally:
                self._connections.discard(beyond_writer)
                beyond_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # either side is gone, and so is the other now; or the gate ends, and asyncio would tell it
        finally:
            self._connections.discard(writer)
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            await self._passing.wait()
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()


@contextmanager
def gate(target: int) -> Iterator[Gate]:
    """An open gate before the port `target`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made = Gate(target, loop)
    try:
        made.open()
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(made.end(), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
