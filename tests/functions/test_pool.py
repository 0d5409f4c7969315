"""The pool repairs what drifted, and finishes what somebody left undone. Nobody here calls it: its schedule does."""

import os
import signal
from contextlib import suppress
from typing import Any

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import run_v2

from tests.support.members.person import Person
from tests.support.stack.google_clients import delete_service, delete_tasks, run_client, service_name, tasks_client
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import Running


@pytest.fixture(autouse=True)
def at_rest(stack: Running) -> None:
    """Every test begins with a full pool."""
    until(lambda: len(warm(stack)) >= 2, "the pool is warm")


@pytest.mark.once
def test_a_warm_slot_whose_container_died_serves_the_next_member(stack: Running) -> None:
    for slot in warm(stack):
        os.kill(containers(stack)[slot], signal.SIGKILL)
    person = Person(stack, "unlucky")
    entry = person.open()
    assert person.enter(entry).status_code == 303
    person.post("release", {"session": entry["session"]})


@pytest.mark.once
def test_a_service_that_somebody_deleted_is_replaced(stack: Running) -> None:
    check_replaced(stack, warm(stack)[0])


@pytest.mark.once
def test_the_service_of_a_slot_that_has_just_become_warm_is_replaced_too(stack: Running) -> None:
    """The pool takes its list of services for older than the record then, and makes the service once more."""
    before = {slot["name"]: slot["changed"] for slot in documents(stack, "slots")}
    person = Person(stack, "before-it")
    entry = person.open()
    just = until(lambda: [name for name, at in warm_since(stack).items() if at != before.get(name)], "another is warm")
    check_replaced(stack, just[0])
    person.post("release", {"session": entry["session"]})


def check_replaced(stack: Running, victim: str) -> None:
    """Deletes the slot's service. Either the slot is given up, or its service is made again."""
    changed, service = warm_since(stack).get(victim), service_of(stack, victim)
    assert service
    delete_service(stack, victim)

    def is_replaced() -> bool:
        now = service_of(stack, victim)
        return warm_since(stack).get(victim) != changed or (now is not None and now.uid != service.uid)

    until(is_replaced, "nobody is sent to what is not there")
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
    return list(warm_since(stack))


def warm_since(stack: Running) -> dict[str, str]:
    """When each warm slot became warm."""
    return {slot["name"]: slot["changed"] for slot in documents(stack, "slots") if slot["state"] == "warm"}


def service_of(stack: Running, slot: str) -> run_v2.Service | None:
    with run_client(stack) as client, suppress(NotFound):
        return client.get_service(name=service_name(stack, slot))
    return None
