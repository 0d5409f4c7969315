"""`/_slot/project/*`: the page brings a project into the home before the member enters. Each request carries the
control plane's token for that, which is bound to the session, the container, the browser and the sign-in."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from agent import logs
from agent.activity.last_seen import EDITOR
from agent.activity.presence import Presence
from agent.activity.processes import member_environment, start_as_member
from agent.control_plane.tokens import Claims
from agent.edge.bodies import read_body
from agent.errors import Refused
from agent.paths import IMAGE
from agent.projects.coming import NO_ROOM
from agent.projects.repository import is_address
from agent.slot import SlotLifecycle, State

PROGRAM = ["/usr/bin/python3", "-P", "-s", "-m", "agent.projects"]
MOST_PART = 16 << 20
"""Bytes of one part of an archive: Cloud Run takes requests of 32 MiB."""
RESTORING_SECONDS = 0.5
"""Seconds between two looks whether the member's files are there: a folder that is still to come must keep its name."""

Claimant = Callable[[web.Request], Claims]


class ProjectRoutes:
    """`claims_of` verifies a request's token, and raises Refused. `page` is the origin of Ondol's page."""

    def __init__(self, page: str, slot: SlotLifecycle, presence: Presence, claims_of: Claimant) -> None:
        self._page = page
        self._slot = slot
        self._presence = presence
        self._claims_of = claims_of
        self._coming = asyncio.Lock()

    def all(self) -> list[web.RouteDef]:
        return [
            web.options("/_slot/project/{action}", self.preflight),
            web.post("/_slot/project/repository", self.repository),
            web.post("/_slot/project/sample", self.sample),
            web.put("/_slot/project/archive", self.part),
            web.post("/_slot/project/archive", self.archive),
        ]

    async def preflight(self, _request: web.Request) -> web.Response:
        return web.Response(status=204, headers=self.headers())

    async def repository(self, request: web.Request) -> web.StreamResponse:
        self._claims_of(request)
        body = await read_body(request, _Repository)
        if not is_address(body.address):
            raise Refused(400, "not-a-repository", "Give the repository's address as https://host/owner/name.")
        return await self._bring(request, ["clone", body.address], body.token.encode())

    async def sample(self, request: web.Request) -> web.StreamResponse:
        self._claims_of(request)
        return await self._bring(request, ["sample", (await read_body(request, _Sample)).name])

    async def archive(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims_of(request)
        return await self._bring(request, ["unpack", claims.jti, (await read_body(request, _Archive)).name])

    async def part(self, request: web.Request) -> web.Response:
        """A part of an archive, which is written if the archive has as many bytes as the query's `offset` says. The
        answer is how many it has then: whoever lost an answer goes on from there."""
        claims = self._claims_of(request)
        offset = _offset(request)
        if request.content_length is None or request.content_length > MOST_PART:
            raise Refused(413, "too-large", f"Send the archive in parts of at most {MOST_PART} bytes.")
        async with self._one_project():
            part = request.content.iter_chunked(1 << 16)
            answer = await _last_line(["append", claims.jti, str(offset)], part, request)
        if "problem" in answer:
            raise Refused(507 if answer["problem"] == NO_ROOM else 409, answer["problem"], answer["detail"])
        return web.json_response(answer, headers=self.headers())

    async def _bring(self, request: web.Request, arguments: list[str], secret: bytes = b"") -> web.StreamResponse:
        """Answers with lines of JSON: steps, and the folder or the problem as the last."""
        async with self._one_project():
            answer = web.StreamResponse(headers=self.headers() | {"Content-Type": "application/x-ndjson"})
            await answer.prepare(request)
            while self._slot.restores("work") and self._slot.state is State.SERVING:
                await _write(answer, {"step": "restoring", "percent": None})
                await asyncio.sleep(RESTORING_SECONDS)
            async with aclosing(_lines(arguments, _once(secret), request)) as lines:
                async for line in lines:
                    await _write(answer, line)
            await answer.write_eof()
        return answer

    @asynccontextmanager
    async def _one_project(self) -> AsyncIterator[None]:
        """While a project comes, one at a time; it counts as a connected browser. Raises Refused while the session is
        over, while its lease can't be renewed, or while another project comes."""
        may_serve = await self._slot.may_serve()
        session = self._slot.session
        if session is None or self._slot.state is not State.SERVING:
            raise Refused(409, "session-over", "Open the workspace again.")
        if not may_serve:
            raise Refused(503, "try-again", "The workspace is being reconnected. Try again in a moment.")
        if self._coming.locked():
            raise Refused(409, "project-coming", "Another project is being brought in. Wait until it is there.")
        session.activity.saw(EDITOR)
        async with self._coming, self._presence.visit():
            yield

    def headers(self) -> dict[str, str]:
        """Those of every answer, refusals too: Ondol's page, which reads it, is of another origin."""
        return {
            "Access-Control-Allow-Origin": self._page,
            "Access-Control-Allow-Methods": "POST, PUT",
            "Access-Control-Allow-Headers": "authorization, content-type",
            "Access-Control-Max-Age": "600",
            "Cache-Control": "no-store",
        }


def _offset(request: web.Request) -> int:
    offset = request.query.get("offset", "")
    if not offset.isascii() or not offset.isdigit() or len(offset) > 15:
        raise Refused(400, "bad-request", "The query must be offset=<bytes that were sent before>.")
    return int(offset)


async def _lines(
    arguments: list[str], given: AsyncIterator[bytes], request: web.Request
) -> AsyncGenerator[dict[str, Any]]:
    """What the program tells, line by line. `given` is its standard input. The program ends when the caller of
    `request` goes."""
    program = await start_as_member(
        [*PROGRAM, *arguments],
        environment=member_environment({"PYTHONPATH": str(IMAGE), "PYTHONDONTWRITEBYTECODE": "1"}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if program.stdin is None or program.stdout is None:
        raise RuntimeError("the program was started without pipes")
    beside = [asyncio.create_task(_feed(program.stdin, given)), asyncio.create_task(_end_without(request, program))]
    try:
        while line := (await program.stdout.readline()).strip():
            yield msgspec.json.decode(line, type=dict[str, Any])
    except ValueError:  # a line that is no JSON, or too long: the member's other programs can write into the pipe
        yield {"problem": "project-lost", "detail": "The program that brings the project in was disturbed."}
    finally:
        for task in beside:
            task.cancel()
        _end(program)
        await program.wait()


async def _feed(pipe: asyncio.StreamWriter, given: AsyncIterator[bytes]) -> None:
    try:
        async for part in given:
            pipe.write(part)
            await pipe.drain()
    except (OSError, web.RequestPayloadError) as error:  # the caller has gone, or the program has read enough
        logs.event("project-part-cut", reason=type(error).__name__)
    finally:
        pipe.close()


async def _end_without(request: web.Request, program: asyncio.subprocess.Process) -> None:
    """Ends the program once the caller has gone: it counts as a connected browser, whose time is charged."""
    while request.transport is not None:  # noqa: ASYNC110  aiohttp has no event for it
        await asyncio.sleep(1)
    _end(program)


def _end(program: asyncio.subprocess.Process) -> None:
    """And what it has started: git, tar, unzip."""
    if program.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGTERM)


async def _last_line(arguments: list[str], given: AsyncIterator[bytes], request: web.Request) -> dict[str, Any]:
    last: dict[str, Any] = {"problem": "upload-failed", "detail": "Begin the upload again."}
    async with aclosing(_lines(arguments, given, request)) as lines:
        async for line in lines:
            last = line
    return last


async def _once(secret: bytes) -> AsyncIterator[bytes]:
    yield secret


async def _write(answer: web.StreamResponse, line: dict[str, Any]) -> None:
    await answer.write(json.dumps(line).encode() + b"\n")


class _Repository(Struct, forbid_unknown_fields=True):
    """`token` is one of GitHub's, for a private repository."""

    address: Annotated[str, Meta(max_length=2_000)]
    token: Annotated[str, Meta(max_length=500, pattern=r"^[A-Za-z0-9_]*$")] = ""


class _Sample(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,40}$")]


class _Archive(Struct, forbid_unknown_fields=True):
    """`name` is the file's or folder's, as the member knows it."""

    name: Annotated[str, Meta(max_length=300)]
