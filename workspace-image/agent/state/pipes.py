"""Pipes between the agent and the keeper, as streams of asyncio."""

import asyncio
import fcntl
import os
from asyncio.streams import FlowControlMixin
from contextlib import suppress

# A pipe's capacity in bytes: the larger it is, the less often the two processes wait for each other.
HOLDS = 1 << 20


def pipe() -> tuple[int, int]:
    """A pipe's descriptors, for reading and for writing. Raises OSError."""
    read, write = os.pipe()
    with suppress(PermissionError):  # a system may grant less capacity
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, HOLDS)
    return read, write


class Reader(asyncio.StreamReader):
    """Reads a pipe."""

    transport: asyncio.ReadTransport

    def close(self) -> None:
        """Closes the pipe, so that a writer gets an error."""
        self.transport.close()


async def reader(read: int) -> Reader:
    """A reader of the pipe. The pipe is closed at its end."""
    loop = asyncio.get_running_loop()
    stream = Reader(limit=HOLDS)
    stream.transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(read, "rb", buffering=0)
    )
    return stream


async def writer(write: int) -> asyncio.StreamWriter:
    """A writer to the pipe. Closing the writer closes the pipe."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(FlowControlMixin, os.fdopen(write, "wb", buffering=0))
    return asyncio.StreamWriter(transport, protocol, None, loop)
