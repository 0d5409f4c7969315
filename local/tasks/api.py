"""The REST surface of Cloud Tasks v2, as Google's own client library calls it, and the certificates of its tokens."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from google.cloud.tasks_v2 import Queue, Task
from google.protobuf.json_format import ParseError

from local.api_error import ApiError, not_offered
from local.oidc import Issuer

from .dispatch import Dispatcher
from .service import TasksService

_LOCATION = "{location:projects/[^/]+/locations/[^/]+}"
_QUEUE = "{queue:projects/[^/]+/locations/[^/]+/queues/[^/:]+}"
_TASK = "{task:projects/[^/]+/locations/[^/]+/queues/[^/:]+/tasks/[^/:]+}"
_LARGEST = 1024 * 1024  # bytes of a task
_PAGE = 1000  # tasks, Google's most

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """Translates between HTTP and the service, and wakes the dispatcher when there is something to send."""

    def __init__(self, service: TasksService, dispatcher: Dispatcher, issuer: Issuer) -> None:
        self._service = service
        self._dispatcher = dispatcher
        self._issuer = issuer

    def app(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST, middlewares=[_refusals])
        app.router.add_get("/oauth2/v3/certs", self.certs)
        app.router.add_post(f"/v2/{_LOCATION}/queues", self.create_queue)
        app.router.add_get(f"/v2/{_QUEUE}", self.get_queue)
        app.router.add_post(f"/v2/{_QUEUE}:pause", self.pause_queue)
        app.router.add_post(f"/v2/{_QUEUE}:resume", self.resume_queue)
        app.router.add_post(f"/v2/{_QUEUE}/tasks", self.create_task)
        app.router.add_get(f"/v2/{_QUEUE}/tasks", self.list_tasks)
        app.router.add_get(f"/v2/{_TASK}", self.get_task)
        app.router.add_delete(f"/v2/{_TASK}", self.delete_task)
        return app

    async def certs(self, _: web.Request) -> web.Response:
        return web.json_response(self._issuer.certs())

    async def create_queue(self, request: web.Request) -> web.Response:
        queue = Queue.from_json(await request.text())
        return _answer(request, self._service.create_queue(request.match_info["location"], queue))

    async def get_queue(self, request: web.Request) -> web.Response:
        return _answer(request, self._service.queue(request.match_info["queue"]))

    async def pause_queue(self, request: web.Request) -> web.Response:
        return _answer(request, self._service.set_state(request.match_info["queue"], Queue.State.PAUSED))

    async def resume_queue(self, request: web.Request) -> web.Response:
        queue = self._service.set_state(request.match_info["queue"], Queue.State.RUNNING)
        self._dispatcher.wake(queue.name)
        return _answer(request, queue)

    async def create_task(self, request: web.Request) -> web.Response:
        body = await request.json()
        if not isinstance(body, dict) or not isinstance(body.get("task"), dict):
            raise ApiError("INVALID_ARGUMENT", "The body must be an object with a task.")
        parent = request.match_info["queue"]
        task = self._service.create_task(parent, Task.from_json(json.dumps(body["task"])))
        self._dispatcher.wake(parent)
        return _answer(request, _viewed(task, body.get("responseView")))

    async def get_task(self, request: web.Request) -> web.Response:
        task = self._service.task(request.match_info["task"])
        return _answer(request, _viewed(task, request.query.get("responseView")))

    async def list_tasks(self, request: web.Request) -> web.Response:
        size = min(int(request.query.get("pageSize") or _PAGE), _PAGE)
        page = self._service.tasks(request.match_info["queue"], request.query.get("pageToken", ""), size)
        view = request.query.get("responseView")
        return web.json_response(
            {
                "tasks": [_json(request, _viewed(task, view)) for task in page],
                "nextPageToken": page[-1].name if len(page) == size else "",
            }
        )

    async def delete_task(self, request: web.Request) -> web.Response:
        self._service.delete_task(request.match_info["task"])
        return web.json_response({})


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as refusal:
        return refusal.response()
    except (ParseError, ValueError) as problem:
        return ApiError("INVALID_ARGUMENT", str(problem)).response()
    except web.HTTPRequestEntityTooLarge:
        return ApiError("INVALID_ARGUMENT", f"A task must be smaller than {_LARGEST} bytes.").response()
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return not_offered(request).response()


def _viewed(task: Task, view: Any) -> Task:
    """The task without its body, which Google shows only in the view FULL."""
    shown = Task(task)
    full = str(view) in ("FULL", str(int(Task.View.FULL)))
    shown.view = Task.View(Task.View.FULL if full else Task.View.BASIC)
    if not full:
        shown.http_request.body = b""
    return shown


def _answer(request: web.Request, message: Queue | Task) -> web.Response:
    return web.json_response(_json(request, message))


def _json(request: web.Request, message: Queue | Task) -> dict[str, Any]:
    integers = "enum-encoding=int" in request.query.get("$alt", "")
    text = type(message).to_json(message, use_integers_for_enums=integers, always_print_fields_with_no_presence=False)
    fields: dict[str, Any] = json.loads(text)
    return fields
