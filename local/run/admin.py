"""The Admin API over HTTP: the routes of v2 REST that Google's client uses, and a route that shows the instances to
tests.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from local.api_error import ApiError, not_offered

from .control import Control
from .services import Json
from .views import revision_json

PARENT = r"/v2/{parent:projects/[^/:]+/locations/[^/:]+}"
SERVICE = PARENT + "/services/{service:[^/:]+}"
PAGE = 100
LONGEST_WAIT = 300.0

log = logging.getLogger(__name__)


def admin_app(control: Control) -> web.Application:
    admin = Admin(control)
    app = web.Application(middlewares=[errors_as_json], client_max_size=1024 * 1024)
    app.router.add_post(f"{PARENT}/services", admin.create_service)
    app.router.add_get(f"{PARENT}/services", admin.list_services)
    app.router.add_get(f"{SERVICE}", admin.get_service)
    app.router.add_patch(f"{SERVICE}", admin.patch_service)
    app.router.add_delete(f"{SERVICE}", admin.delete_service)
    app.router.add_get(f"{SERVICE}/revisions", admin.list_revisions)
    app.router.add_get(f"{SERVICE}/revisions/{{revision}}", admin.get_revision)
    app.router.add_get(f"{PARENT}/operations/{{operation}}", admin.get_operation)
    app.router.add_post(f"{PARENT}/operations/{{operation:[^/:]+}}:wait", admin.wait_operation)
    app.router.add_get("/_standin/instances", admin.list_instances)
    return app


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as refusal:
        error = refusal
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        error = not_offered(request)
    except web.HTTPException as refusal:
        error = ApiError("INVALID_ARGUMENT", f"{request.method} {request.path}: {refusal.reason}")
    except Exception as broken:
        log.exception("%s %s", request.method, request.path)
        error = ApiError("INTERNAL", repr(broken))
    return error.response()


class Admin:
    def __init__(self, control: Control) -> None:
        self._control = control

    async def create_service(self, request: web.Request) -> web.Response:
        _refuse_options(request, "validateOnly")
        service_id = request.query.get("serviceId", "")
        operation = self._control.create(request.match_info["parent"], service_id, await _body(request))
        return web.json_response(operation.json())

    async def patch_service(self, request: web.Request) -> web.Response:
        _refuse_options(request, "validateOnly", "allowMissing")
        mask = [path for path in request.query.get("updateMask", "").split(",") if path]
        operation = self._control.patch(_service_name(request), await _body(request), mask)
        return web.json_response(operation.json())

    async def delete_service(self, request: web.Request) -> web.Response:
        _refuse_options(request, "validateOnly")
        operation = self._control.delete(_service_name(request), request.query.get("etag", ""))
        return web.json_response(operation.json())

    async def get_service(self, request: web.Request) -> web.Response:
        return web.json_response(self._control.view(self._control.registry.get(_service_name(request))))

    async def list_services(self, request: web.Request) -> web.Response:
        parent, show_deleted = request.match_info["parent"], request.query.get("showDeleted") == "true"
        found = [
            self._control.view(service)
            for service in self._control.registry.all()
            if service.parent == parent and (show_deleted or not service.deleted)
        ]
        return web.json_response(_page(request, "services", found))

    async def list_revisions(self, request: web.Request) -> web.Response:
        service = self._control.registry.get(_service_name(request))
        found = [revision_json(service, revision) for revision in reversed(service.revisions)]
        return web.json_response(_page(request, "revisions", found))

    async def get_revision(self, request: web.Request) -> web.Response:
        service = self._control.registry.get(_service_name(request))
        return web.json_response(revision_json(service, service.revision(request.match_info["revision"])))

    async def get_operation(self, request: web.Request) -> web.Response:
        return web.json_response(self._control.operations.get(_operation_name(request)).json())

    async def wait_operation(self, request: web.Request) -> web.Response:
        asked = (await _body(request)).get("timeout", f"{LONGEST_WAIT}s")
        try:
            seconds = min(LONGEST_WAIT, float(str(asked).removesuffix("s")))
        except ValueError as error:
            raise ApiError("INVALID_ARGUMENT", f"timeout: {asked!r} is not a duration such as 30s") from error
        operation = await self._control.operations.wait(_operation_name(request), seconds)
        return web.json_response(operation.json())

    async def list_instances(self, _: web.Request) -> web.Response:
        instances = [
            {
                "service": service_id,
                "revision": instance.revision.id,
                "number": instance.number,
                "pid": instance.pid,
                "port": instance.port,
                "serving": serving,
                "frozen": instance.frozen,
                "open_requests": instance.open_requests,
            }
            for service_id, instance, serving in self._control.instances()
        ]
        return web.json_response({"instances": instances})


def _service_name(request: web.Request) -> str:
    return f"{request.match_info['parent']}/services/{request.match_info['service']}"


def _operation_name(request: web.Request) -> str:
    return f"{request.match_info['parent']}/operations/{request.match_info['operation']}"


def _refuse_options(request: web.Request, *options: str) -> None:
    for option in options:
        if request.query.get(option, "false") == "true":
            raise ApiError("UNIMPLEMENTED", f"{option} is not offered by this stand-in")


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ApiError("INVALID_ARGUMENT", f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ApiError("INVALID_ARGUMENT", "the body must be a JSON object")
    return body


def _page(request: web.Request, kind: str, found: list[Json]) -> Json:
    try:
        size = int(request.query.get("pageSize", 0)) or PAGE
        start = int(request.query.get("pageToken") or 0)
    except ValueError as error:
        raise ApiError("INVALID_ARGUMENT", f"pageSize or pageToken: {error}") from error
    page: Json = {kind: found[start : start + size]}
    if start + size < len(found):
        page["nextPageToken"] = str(start + size)
    return page
