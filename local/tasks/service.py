"""Queues and tasks: looked up, checked, added and deleted, with Cloud Tasks' own messages of refusal."""

import re
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from google.cloud.tasks_v2 import HttpMethod, Queue, Task

from local.api_error import ApiError

from .queues import with_defaults
from .store import Entry, Store

FURTHEST = timedelta(days=30)
DEADLINE, SHORTEST, LONGEST = timedelta(minutes=10), timedelta(seconds=15), timedelta(minutes=30)


class TasksService:
    """Queues and tasks by their full names. Every refusal is an `ApiError`."""

    def __init__(self, store: Store, declared: Mapping[str, Queue]) -> None:
        """`declared`: queues by their ids; they exist in every project and location that is asked for."""
        self._store = store
        self._declared = declared

    def queue(self, name: str) -> Queue:
        """A declared queue's settings are those of its declaration; only its state is kept."""
        stored = self._store.queue(name)
        declared = self._declared.get(name.split("/")[-1])
        if declared is None:
            if stored is None:
                raise ApiError("NOT_FOUND", f"Queue {name} does not exist. Declare it in the queues file or create it.")
            return stored
        return Queue(declared, name=name, state=stored.state if stored else Queue.State.RUNNING)

    def create_queue(self, parent: str, queue: Queue) -> Queue:
        if not re.fullmatch(rf"{re.escape(parent)}/queues/[A-Za-z0-9-]{{1,100}}", queue.name):
            raise ApiError("INVALID_ARGUMENT", f'Queue name "{queue.name}" must be {parent}/queues/QUEUE_ID.')
        if queue.name.split("/")[-1] in self._declared or self._store.queue(queue.name):
            raise ApiError("ALREADY_EXISTS", "Queue already exists")
        queue = with_defaults(queue)
        self._store.put_queue(queue)
        return queue

    def set_state(self, name: str, state: int) -> Queue:
        queue = Queue(self.queue(name), state=state)
        self._store.put_queue(queue)
        return queue

    def create_task(self, parent: str, task: Task) -> Task:
        """Adds the task. Its name is refused for as long as a task of that name exists or has left a tombstone."""
        now = datetime.now(UTC)
        self.queue(parent)
        task.name = task.name or f"{parent}/tasks/{uuid.uuid4().int}"
        _check(parent, task, now)
        if self._store.get(task.name):
            raise ApiError("ALREADY_EXISTS", "Requested entity already exists")
        if self._store.entombed(task.name, now.timestamp()):
            raise ApiError(
                "ALREADY_EXISTS", "The task cannot be created because a task with this name existed too recently."
            )
        task.create_time = now.replace(microsecond=0)
        task.schedule_time = max(task.schedule_time or now, now)
        task.dispatch_deadline = task.dispatch_deadline or DEADLINE
        task.http_request.http_method = HttpMethod(task.http_request.http_method or HttpMethod.POST)
        self._store.put(Entry(task))
        return task

    def task(self, name: str) -> Task:
        entry = self._store.get(name)
        if entry is None:
            raise ApiError(
                "NOT_FOUND", f"The task {name} does not exist: it was never created, or it ran, or was deleted."
            )
        return entry.task

    def delete_task(self, name: str) -> None:
        self.task(name)
        self._store.remove(name, time.time())

    def tasks(self, parent: str, after: str, size: int) -> list[Task]:
        """A page of the queue's tasks, in the order of their names, following the name `after`."""
        self.queue(parent)
        return [entry.task for entry in self._store.page(parent, after, size)]


def _check(parent: str, task: Task, now: datetime) -> None:
    if not re.fullmatch(rf"{re.escape(parent)}/tasks/[A-Za-z0-9_-]{{1,500}}", task.name):
        raise ApiError("INVALID_ARGUMENT", f'Task name "{task.name}" must be {parent}/tasks/TASK_ID.')
    if "http_request" not in task or "retry_config" in task:
        raise ApiError("UNIMPLEMENTED", "This stand-in has HTTP tasks only, retried as their queue says.")
    if not re.match("https?://.", task.http_request.url):
        raise ApiError("INVALID_ARGUMENT", "HttpRequest.url must start with http:// or https://.")
    if "oauth_token" in task.http_request:
        raise ApiError("UNIMPLEMENTED", "This stand-in sends OIDC tokens only.")
    if "oidc_token" in task.http_request and not task.http_request.oidc_token.service_account_email:
        raise ApiError("INVALID_ARGUMENT", "OidcToken.service_account_email is required.")
    if task.schedule_time and task.schedule_time > now + FURTHEST:
        raise ApiError("INVALID_ARGUMENT", "The schedule_time must be within 30 days from now.")
    if task.dispatch_deadline and not SHORTEST <= task.dispatch_deadline <= LONGEST:
        raise ApiError("INVALID_ARGUMENT", "The dispatch_deadline must be between 15s and 30m.")
