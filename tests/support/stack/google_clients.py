"""Google's own clients, led to the stand-ins of a stack; and Google itself, when it delivers a task."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from google.auth.credentials import AnonymousCredentials
from google.cloud import (  # type: ignore[attr-defined]  # a namespace package without types
    run_v2,
    storage,
    tasks_v2,
)

from local.oidc import Issuer
from tests.support.stack.environment import PROJECT, SETTINGS
from tests.support.stack.observe import documents
from tests.support.stack.running import Running

GOOGLES_HEADERS = {
    "User-Agent": "Google-Cloud-Tasks",
    "X-CloudTasks-QueueName": "reclaim",
    "X-CloudTasks-TaskName": "s-00000000000000000000-1",
    "X-CloudTasks-TaskRetryCount": "0",
    "X-CloudScheduler": "true",
    "X-CloudScheduler-JobName": "pool",
    "X-AppEngine-Cron": "true",
    "X-Goog-Authenticated-User-Email": "accounts.google.com:invoker@demo-ondol.iam.gserviceaccount.com",
    "X-Forwarded-For": "127.0.0.1",
}
"""What only Google can send in the cloud, and anybody here."""


@contextmanager
def state_bucket() -> Iterator[storage.Bucket]:
    """The members' bucket of the emulator that the environment leads to."""
    client = storage.Client(project=PROJECT)
    bucket = client.bucket(SETTINGS["STATE_BUCKET"])
    if not bucket.exists():
        bucket.create()
    yield bucket
    client.close()


def run_client(stack: Running) -> run_v2.ServicesClient:
    return run_v2.ServicesClient(**standin(stack, "RUN_EMULATOR_HOST"))


def tasks_client(stack: Running) -> tasks_v2.CloudTasksClient:
    return tasks_v2.CloudTasksClient(**standin(stack, "TASKS_EMULATOR_HOST"))


def standin(stack: Running, variable: str) -> dict[str, Any]:
    endpoint = {"api_endpoint": stack.env[variable]}
    return {"transport": "rest", "client_options": endpoint, "credentials": AnonymousCredentials()}


def invoker_token(stack: Running, function: str) -> str:
    """What a task for the function shows, signed by the stand-in's key as by Google's."""
    google = Issuer.load(stack.state / "tasks" / "oidc.pem")
    return google.token(stack.env["INVOKER_SERVICE_ACCOUNT"], stack.called_at(function))


def deliver(stack: Running, function: str, body: dict[str, Any]) -> httpx.Response:
    """One more delivery of a task, whatever Cloud Tasks does by itself."""
    bearer = {"Authorization": f"Bearer {invoker_token(stack, function)}"}
    return httpx.post(stack.at(function), json=body, headers=bearer, timeout=300)


def delete_tasks(client: tasks_v2.CloudTasksClient, queue: str, sid: str) -> int:
    """Lose every task for the session; how many there were."""
    lost = [task.name for task in client.list_tasks(parent=queue) if sid in task.name]
    for name in lost:
        client.delete_task(name=name)
    return len(lost)


def service_name(stack: Running, slot: str) -> str:
    """A slot's service as the Admin API names it."""
    return f"{_location(stack)}/services/{slot}"


def delete_service(stack: Running, slot: str) -> None:
    """As somebody may do it at any moment."""
    with run_client(stack) as client:
        client.delete_service(name=service_name(stack, slot))


def slots_that_are_there(stack: Running) -> set[str]:
    """The slots by name, if each has its service and there is none beside them; nothing otherwise."""
    with run_client(stack) as client:
        services = {service.name.rpartition("/")[2] for service in client.list_services(parent=_location(stack))}
    return services if services == {slot["name"] for slot in documents(stack, "slots")} else set()


def _location(stack: Running) -> str:
    return f"projects/{stack.env['GOOGLE_CLOUD_PROJECT']}/locations/{stack.env['REGION']}"
