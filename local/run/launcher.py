"""Starts containers: a port, a log file and an environment for each."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from .container import Images, Unfit
from .instances import Instance, StartFailed
from .services import Revision, Service

# below the range from which Linux takes the ports of outgoing connections, so none of those is in the way
PORTS = range(20000, 32000)


class Launcher:
    def __init__(self, images: Images, logs: Path) -> None:
        """`logs` gets one file for each container, `{revision}-{number}.log`."""
        logs.mkdir(parents=True, exist_ok=True)
        self._images = images
        self._logs = logs
        self._ports: set[int] = set()
        self._started: Counter[str] = Counter()

    async def launch(self, service: Service, revision: Revision) -> Instance:
        """A container that runs and is not ready yet. Raises StartFailed."""
        self._started[revision.id] += 1
        number = self._started[revision.id]
        port = self._take_port()
        try:
            process, pid = await self._start(service, revision, port, f"{revision.id}-{number}.log")
        except BaseException:
            self._ports.discard(port)
            raise
        instance = Instance(revision, number, port, process, pid)
        instance.exited.add_done_callback(lambda _: self._ports.discard(port))
        return instance

    async def _start(
        self, service: Service, revision: Revision, port: int, log: str
    ) -> tuple[asyncio.subprocess.Process, int]:
        """bubblewrap, and the pid of the process 1 in it."""
        template = revision.read()
        try:
            image = self._images.named(template.container.image)
        except Unfit as error:
            raise StartFailed(str(error)) from error
        env = _environment(service, revision, port)
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb") as info:
            try:
                process = await self._spawn(
                    image.command(env, write_end, template.volume_sizes), write_end, self._logs / log
                )
            except OSError as error:
                raise StartFailed(f"the container could not be started: {error}") from error
            finally:
                os.close(write_end)
            answer = await asyncio.to_thread(info.read)
        if not answer:
            await process.wait()
            raise StartFailed(f"bubblewrap could not make the container: see logs/{log}")
        return process, json.loads(answer)["child-pid"]

    async def _spawn(self, command: list[str], write_end: int, log: Path) -> asyncio.subprocess.Process:
        with log.open("ab") as out:
            out.write(f"--- started {datetime.now(UTC).isoformat(timespec='seconds')}\n".encode())
            out.flush()
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=[write_end],
                # Ctrl-C in a terminal goes to the whole group, but ending containers is up to the stand-in
                start_new_session=True,
            )

    def _take_port(self) -> int:
        for port in random.sample(PORTS, len(PORTS)):
            if port not in self._ports and _is_free(port):
                self._ports.add(port)
                return port
        raise StartFailed(f"no port from {PORTS.start} to {PORTS.stop} is free")


def _environment(service: Service, revision: Revision, port: int) -> dict[str, str]:
    given = {"PORT": str(port), "K_SERVICE": service.id, "K_REVISION": revision.id, "K_CONFIGURATION": service.id}
    return revision.read().env | given


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
