"""Google's own clients, led to the stand-ins of a stack."""

from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import run_v2, tasks_v2

from tests.running import Running


def run_client(stack: Running) -> run_v2.ServicesClient:
    return run_v2.ServicesClient(**standin(stack, "RUN_EMULATOR_HOST"))


def tasks_client(stack: Running) -> tasks_v2.CloudTasksClient:
    return tasks_v2.CloudTasksClient(**standin(stack, "TASKS_EMULATOR_HOST"))


def standin(stack: Running, variable: str) -> dict[str, Any]:
    endpoint = {"api_endpoint": stack.env[variable]}
    return {"transport": "rest", "client_options": endpoint, "credentials": AnonymousCredentials()}
