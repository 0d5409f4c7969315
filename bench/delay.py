"""A proxy that adds the latency of a cloud to a server on this machine. Every byte arrives later, and none is lost."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE = 1 << 16
AHEAD = 1 << 10
"""Pieces that are under way at once: latency is added, and bandwidth is not limited."""


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """The port on 127.0.0.1 that leads to `port` there. `seconds` are added to each answer's way, half of them each
    way; setting up a connection takes as long too."""
    loop = asyncio.new_event_loop()
    ready: asyncio.Future[int] = loop.create_future()
    ended = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(port, seconds / 2, ready, ended)))
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_result(ready), loop).result(20)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


async def _result(ready: "asyncio.Future[int]") -> int:
    return await ready


async def _serve(port: int, seconds: float, ready: "asyncio.Future[int]", ended: asyncio.Event) -> None:
    lines: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        lines.add(task)
        writers = [writer]
        try:
            await asyncio.sleep(2 * seconds)
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(onward_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, onward_writer, seconds))
                group.create_task(_pass_on(onward_reader, writer, seconds))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass
        finally:
            for each in writers:
                each.close()
            for each in writers:
                with suppress(OSError, TimeoutError):
                    await asyncio.wait_for(each.wait_closed(), 2)
            lines.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    ready.set_result(server.sockets[0].getsockname()[1])
    await ended.wait()
    server.close()
    for line in lines:
        line.cancel()
    await asyncio.gather(*lines, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Passes bytes on until the end of the stream, and then the end."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD)

    async def arrive() -> None:
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
            await writer.drain()

    arriving = asyncio.create_task(arrive())
    try:
        while piece := await reader.read(PIECE):
            await under_way.put((loop.time() + seconds, piece))
        await under_way.put((loop.time() + seconds, b""))
        await arriving
    finally:
        arriving.cancel()
