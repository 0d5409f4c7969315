"""Google's own clients, led to the stand-ins of a stack; and Google itself, when it delivers a task."""

from typing import Any

import httpx
from google.auth.credentials import AnonymousCredentials
from google.cloud import run_v2, tasks_v2

from local.oidc import Issuer
from tests.running import Running


def run_client(stack: Running) -> run_v2.ServicesClient:
    return run_v2.ServicesClient(**standin(stack, "RUN_EMULATOR_HOST"))


def tasks_client(stack: Running) -> tasks_v2.CloudTasksClient:
    return tasks_v2.CloudTasksClient(**standin(stack, "TASKS_EMULATOR_HOST"))


def standin(stack: Running, variable: str) -> dict[str, Any]:
    endpoint = {"api_endpoint": stack.env[variable]}
    return {"transport": "rest", "client_options": endpoint, "credentials": AnonymousCredentials()}


def deliver(stack: Running, function: str, body: dict[str, Any]) -> httpx.Response:
    """One more delivery of a task, whatever Cloud Tasks does by itself."""
    google = Issuer.load(stack.state / "tasks" / "oidc.pem")
    url = f"{stack.env['FUNCTIONS_URL']}/{function}"
    token = google.token(stack.env["INVOKER_SERVICE_ACCOUNT"], url)
    return httpx.post(stack.at(function), json=body, headers={"Authorization": f"Bearer {token}"}, timeout=300)


def delete_tasks(client: tasks_v2.CloudTasksClient, queue: str, sid: str) -> int:
    """Lose every task for the session; how many there were."""
    lost = [task.name for task in client.list_tasks(parent=queue) if sid in task.name]
    for name in lost:
        client.delete_task(name=name)
    return len(lost)
