"""The Cloud Tasks stand-in as a process, and the few calls on it that its tests share, through Google's own client."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.tasks_v2 import CloudTasksClient, Queue, Task

from tests.support.checkout import ROOT
from tests.support.standins.process import free_port, python, running

PARENT = "projects/demo/locations/asia-northeast3"
POOL = f"{PARENT}/queues/pool"


@contextlib.contextmanager
def cloud_tasks(state: Path) -> Iterator[CloudTasksClient]:
    """A client of a stand-in of its own, which has the deployment's queues."""
    port = free_port()
    queues = ROOT / "functions/queues.toml"
    argv = python("-m", "local.tasks", "--port", port, "--state", state, "--queues", queues)
    with running(argv, state.with_suffix(".log")):
        client = CloudTasksClient(
            transport="rest",
            client_options={"api_endpoint": f"http://127.0.0.1:{port}"},
            credentials=AnonymousCredentials(),
        )
        with client:
            yield client


def create_queue(client: CloudTasksClient, name: str, **fields: Any) -> str:
    """Creates the queue and returns its full name."""
    queue = client.create_queue(parent=PARENT, queue=Queue(name=f"{PARENT}/queues/{name}", **fields))
    return str(queue.name)


def send(client: CloudTasksClient, queue: str, url: str, name: str = "", **fields: Any) -> Task:
    """Creates a task for `url`; `name` is its id, `fields` are further ones of its HTTP request."""
    task = Task(name=f"{queue}/tasks/{name}" if name else "", http_request={"url": url, **fields})
    return client.create_task(parent=queue, task=task)
