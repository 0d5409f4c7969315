"""The stand-in over HTTP: each API is below the name of its host, and `/_control/` is this stand-in's own."""

import json
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from local.api_error import ApiError
from local.broken_connection import BrokenConnection
from local.google_apis import state
from local.google_apis.behaviours import images
from local.google_apis.cloud import Cloud

LARGEST = 64 * 1024 * 1024  # bytes of a request: a function's source is far below


class Server:
    """Keeps the state in `file` after each request."""

    def __init__(self, cloud: Cloud, file: Path) -> None:
        self._cloud = cloud
        self._file = file

    def app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/_control/requests", self.requests)
        app.router.add_post("/_control/faults", self.faults)
        app.router.add_post("/_control/images", self.images)
        app.router.add_route("*", "/{host}/{path:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.StreamResponse:
        host, _, path = request.rel_url.raw_path.lstrip("/").partition("/")
        query: dict[str, str | list[str]] = {}
        for name in request.query:
            values = request.query.getall(name)
            query[name] = values[0] if len(values) == 1 else values
        uploads = path.startswith("upload/")
        content = await request.read()
        try:
            body = json.loads(content) if content and not uploads else None
        except ValueError as problem:
            return ApiError("INVALID_ARGUMENT", f"Invalid JSON payload received. {problem}").response()
        try:
            status, found = self._cloud.handle(request.method, host, path, query, body, content if uploads else None)
        except BrokenConnection:
            if request.transport:
                request.transport.close()
            return web.Response()
        finally:
            state.save(self._cloud.state, self._file)
        return web.json_response(found, status=status)

    async def requests(self, _: web.Request) -> web.Response:
        """Every request since the start, in order."""
        return web.json_response(msgspec.to_builtins(self._cloud.log))

    async def faults(self, request: web.Request) -> web.Response:
        """`{"clear": true}`, `{"deny": PERMISSION}`, `{"grant": PERMISSION}`, `{"refuse": {"status", "method",
        "times"}}` or `{"break_at": {"number", "after", "stays"}}`: see faults.Faults."""
        asked: dict[str, Any] = await request.json()
        faults = self._cloud.faults
        try:
            for name, value in asked.items():
                match name:
                    case "clear":
                        faults.clear()
                    case "deny":
                        faults.deny(value)
                    case "grant":
                        faults.grant(value)
                    case "refuse":
                        faults.refuse(**value)
                    case "break_at":
                        faults.break_at(**value)
                    case _:
                        raise TypeError(f"There is no fault {name}.")
        except TypeError as problem:
            return ApiError("INVALID_ARGUMENT", str(problem)).response()
        return web.json_response({})

    async def images(self, request: web.Request) -> web.Response:
        """`{"uri", "digest"}`: puts an image into Artifact Registry, as `docker push` does."""
        asked: dict[str, str] = await request.json()
        try:
            images.push(self._cloud.world, asked["uri"], asked["digest"])
        except ApiError as refusal:
            return refusal.response()
        state.save(self._cloud.state, self._file)
        return web.json_response({})
