"""Cloud Tasks: named tasks at their times, each delivered until it is answered well, and now and then once more."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from google.api_core import exceptions
from google.cloud import tasks_v2

from local.tasks.queues import load_queues, may_retry, retry_delay
from tests.simulation.processes import Hub, Process
from tests.support.checkout import ROOT

QUEUES = {name.replace("-", "_"): queue for name, queue in load_queues(ROOT / "functions/queues.toml").items()}
"""By the function that each serves."""


@dataclass
class Task:
    function: str
    body: bytes
    at: datetime
    seconds: float
    """How long one delivery may take."""
    attempts: int = 0
    first: datetime | None = None
    running: Process | None = field(default=None, repr=False)


class Queue:
    """The client that `shared.gcp.tasks` makes its tasks with, and the service that delivers them. `deliver` begins a
    call of a function; it ends with whether it was answered well."""

    def __init__(self, hub: Hub, deliver: Callable[[Task], Process], loss: Callable[[], Exception | None]) -> None:
        self.waiting: dict[str, Task] = {}
        self.delivered: list[Task] = []
        self._taken: set[str] = set()
        self._hub = hub
        self._deliver = deliver
        self._loss = loss

    def queue_path(self, _project: str, _region: str, queue: str) -> str:
        return queue.replace("-", "_")

    def create_task(self, *, parent: str, task: tasks_v2.Task, timeout: float) -> None:
        """Raises AlreadyExists for a name that was taken before. A loss may be one of the reply only."""
        self._hub.give_way("before a task is made")
        if task.name in self._taken:
            raise exceptions.AlreadyExists(task.name)
        lost = self._loss()
        if not isinstance(lost, exceptions.ServiceUnavailable):
            self._taken.add(task.name)
            at = datetime.fromtimestamp(task.schedule_time.timestamp(), UTC)
            seconds = float(task.dispatch_deadline.total_seconds())
            self.waiting[task.name] = Task(parent, task.http_request.body, at, seconds)
        self._hub.give_way("after a task is made")
        if lost:
            raise lost

    def due(self) -> list[Task]:
        """Those whose time has come, in queues that deliver no more at once than they may."""
        now = self._hub.now
        due = [task for task in self.waiting.values() if task.running is None and task.at <= now]
        return [task for task in due if self._has_room(task.function)]

    def next_at(self) -> datetime | None:
        return min((task.at for task in self.waiting.values() if task.running is None), default=None)

    def _has_room(self, function: str) -> bool:
        running = sum(task.running is not None for task in self.waiting.values() if task.function == function)
        return running < QUEUES[function].rate_limits.max_concurrent_dispatches

    def begin(self, task: Task) -> None:
        if not self._has_room(task.function):
            return  # another of the queue was begun meanwhile
        task.first = task.first or self._hub.now
        task.running = self._deliver(task)
        task.running.on_end = lambda process: self._answered(task, process)
        self.delivered.append(task)

    def repeat(self, task: Task) -> None:
        """It is delivered once more, though it was answered."""
        self._deliver(task)

    def _answered(self, task: Task, process: Process) -> None:
        task.running = None
        task.attempts += 1
        name = next(name for name, one in self.waiting.items() if one is task)
        if process.result is True:
            del self.waiting[name]
            return
        retries = QUEUES[task.function].retry_config
        age = (self._hub.now - (task.first or self._hub.now)).total_seconds()
        if may_retry(retries, task.attempts, age):
            task.at = self._hub.now + timedelta(seconds=retry_delay(retries, task.attempts))
        else:
            del self.waiting[name]  # given up: what it was to look at is due all the same, and the sweep finds it


def decode(body: bytes, kind: type[Any]) -> Any:
    return msgspec.json.decode(body, type=kind)
