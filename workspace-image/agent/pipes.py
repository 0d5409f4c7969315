"""Pipes between the agent and the keeper, as streams of asyncio."""

import asyncio
import fcntl
import os
from asyncio.streams import FlowControlMixin
from contextlib import suppress

# What a pipe holds: the more, the fewer turns the two take. Bytes.
HOLDS = 1 << 20


def pipe() -> tuple[int, int]:
    """Its two ends, to be read from and to be written to. Raises OSError."""
    read, write = os.pipe()
    with suppress(PermissionError):  # a system may grant less
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, HOLDS)
    return read, write


class Reader(asyncio.StreamReader):
    """What comes out of a pipe."""

    transport: asyncio.ReadTransport

    def close(self) -> None:
        """Whoever still writes learns that nobody reads."""
        self.transport.close()


async def reader(read: int) -> Reader:
    """What comes out of the pipe, which is closed at its end."""
    loop = asyncio.get_running_loop()
    stream = Reader(limit=HOLDS)
    stream.transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(read, "rb", buffering=0)
    )
    return stream


async def writer(write: int) -> asyncio.StreamWriter:
    """What goes into the pipe. Closing it closes the pipe."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(FlowControlMixin, os.fdopen(write, "wb", buffering=0))
    return asyncio.StreamWriter(transport, protocol, None, loop)
