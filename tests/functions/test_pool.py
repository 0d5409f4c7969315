"""The pool repairs what drifted, and finishes what somebody left undone. Nobody here calls it: its schedule does."""

import os
import signal
from typing import Any

import pytest
from google.cloud import run_v2

from tests.functions.google import delete_tasks, run_client, tasks_client
from tests.functions.person import Person
from tests.observe import containers, document, documents, until
from tests.running import Running


@pytest.fixture(autouse=True)
def at_rest(stack: Running) -> None:
    """Every test begins with a full pool."""
    until(lambda: len(warm(stack)) >= 2, "the pool is warm")


def test_a_warm_slot_whose_container_died_serves_the_next_member(stack: Running) -> None:
    for slot in warm(stack):
        os.kill(containers(stack)[slot], signal.SIGKILL)
    person = Person(stack, "unlucky")
    entry = person.open()
    assert person.enter(entry).status_code == 303
    person.post("release", {"session": entry["session"]})


def test_a_service_that_somebody_deleted_is_replaced(stack: Running) -> None:
    victim, before = next((slot["name"], slot) for slot in documents(stack, "slots") if slot["state"] == "warm")
    parent = f"projects/{stack.env['GOOGLE_CLOUD_PROJECT']}/locations/{stack.env['REGION']}"
    with run_client(stack) as client:
        client.delete_service(name=f"{parent}/services/{victim}").result(timeout=60)
    # it may be warm again before anybody has looked
    until(
        lambda: (
            (victim, before["changed"]) not in [(slot["name"], slot["changed"]) for slot in documents(stack, "slots")]
        ),
        "nobody is sent to it",
    )
    until(lambda: len(warm(stack)) >= 2, "the pool is full again")


def test_a_service_that_no_record_knows_is_deleted(stack: Running) -> None:
    parent = f"projects/{stack.env['GOOGLE_CLOUD_PROJECT']}/locations/{stack.env['REGION']}"
    with run_client(stack) as client:
        [like, *_] = client.list_services(parent=parent)
        orphan = run_v2.Service(labels=like.labels, template=like.template, scaling=like.scaling)
        orphan.template.revision = ""
        client.create_service(parent=parent, service=orphan, service_id="ws-nobodys")

        def names() -> list[str]:
            return [service.name.rpartition("/")[2] for service in client.list_services(parent=parent)]

        until(lambda: "ws-nobodys" not in names(), "the orphan is gone")


def test_a_session_whose_tasks_were_lost_is_reclaimed_by_the_sweep(stack: Running) -> None:
    entry = Person(stack, "forgotten").open()
    with tasks_client(stack) as client:
        queue = client.queue_path(stack.env["GOOGLE_CLOUD_PROJECT"], stack.env["REGION"], "reclaim")
        until(lambda: delete_tasks(client, queue, entry["session"]), "its task was there to be lost")
    until(lambda: session(stack, entry)["state"] == "ended", "the session ended all the same")
    assert session(stack, entry)["reason"] == "idle"
    assert session(stack, entry)["head"], "with its last checkpoint"


def session(stack: Running, entry: dict[str, Any]) -> dict[str, Any]:
    return document(stack, f"sessions/{entry['session']}") or {}


def warm(stack: Running) -> list[str]:
    return [slot["name"] for slot in documents(stack, "slots") if slot["state"] == "warm"]
