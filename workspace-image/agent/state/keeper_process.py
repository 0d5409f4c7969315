"""The agent's connection to the keeper, the program that touches the member's files; see agent/home."""

import asyncio
import itertools
import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agent import logs
from agent.errors import HomeFailed
from agent.paths import IMAGE
from shared.snapshots.format.layout import BadLayer

LONGEST_ANSWER = 1 << 17

KeeperAnswer = dict[str, Any]


class KeeperProcess:
    """The keeper's process, which is started again when it died. Then `lost` is called: the record of what the layers
    hold is gone."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._line: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[KeeperAnswer]] = {}
        self._numbers = itertools.count(1)
        self._listening: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._is_settled = False

    async def start(self) -> None:
        """Returns when the process is started, which may be before it takes orders. Raises OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "agent.home",
                str(theirs.fileno()),
                cwd="/",
                env={"PYTHONPATH": str(IMAGE), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                stdin=asyncio.subprocess.DEVNULL,
                # a traceback may quote a file's name
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        finally:
            theirs.close()
        self._line = ours
        self._listening = asyncio.create_task(self._listen(ours, self._process))

    async def order(self, name: str, pipe: int | None = None, **fields: object) -> KeeperAnswer:
        """Gives the keeper an order and returns its answer. The keeper gets `pipe`, and `pipe` is closed here in any
        case.

        Raises BadLayer when the keeper was to unpack one; HomeFailed when the keeper failed or died.
        """
        number = next(self._numbers)
        await self._send({"id": number, "do": name, **fields}, pipe)
        # not before the order was sent: when a keeper ends, only the orders that it was sent must fail
        answer_to_come: asyncio.Future[KeeperAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer_to_come
        try:
            answer = await answer_to_come
        finally:
            del self._waiting[number]
        if "bad" in answer:
            raise BadLayer(answer["bad"])
        if "failed" in answer:
            raise HomeFailed(f"the keeper could not {name}: {answer['failed']}")
        return answer

    async def settle(self) -> None:
        """From now on the member's programs have priority over the keeper, and over each later keeper. Raises
        HomeFailed."""
        self._is_settled = True
        await self.order("settle")

    async def _send(self, order: dict[str, object], pipe: int | None) -> None:
        try:
            async with self._starting:
                if self._line is None:
                    await self._start_again()
            if self._line is not None:
                socket.send_fds(self._line, [json.dumps(order).encode()], [] if pipe is None else [pipe])
        except OSError as error:
            raise HomeFailed(f"the keeper can't be told what to do: {error.strerror}") from error
        finally:
            if pipe is not None:
                os.close(pipe)

    async def _start_again(self) -> None:
        await self.start()
        if self._is_settled and self._line is not None:
            self._line.send(json.dumps({"id": 0, "do": "settle"}).encode())  # nobody waits for the answer

    async def _listen(self, line: socket.socket, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while packet := await loop.sock_recv(line, LONGEST_ANSWER):
                answer = json.loads(packet)
                waiting = self._waiting.get(answer.pop("id"))
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        line.close()
        self._line = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result({"failed": "it ended"})
        self._lost()
        logs.warning("keeper-ended", code=await process.wait())
