"""Containers that the platform stops in the middle of work: their last checkpoint is made before they end."""

from collections.abc import Callable

import pytest
from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask

from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person
from tests.support.slot.member import ends
from tests.support.stack.google_clients import delete_service, run_client, service_name
from tests.support.stack.running import Running

# a program that goes on writing, and a good deal to save that no compression makes smaller
WORK = """
nohup sh -c 'while :; do date >> busy.log; sleep 0.05; done' >/dev/null 2>&1 &
head -c 30000000 /dev/urandom > large.bin
sha256sum large.bin > minute.txt
"""


def replace(stack: Running, slot: str) -> None:
    """A new revision, as somebody at the Admin API may make one at any moment: it takes the traffic at once."""
    with run_client(stack) as client:
        service = client.get_service(name=service_name(stack, slot))
        service.template.revision = ""
        service.template.containers[0].env.append(run_v2.EnvVar(name="TOUCHED", value="yes"))
        client.update_service(
            request=run_v2.UpdateServiceRequest(service=service, update_mask=FieldMask(paths=["template"]))
        )


def delete(stack: Running, slot: str) -> None:
    """The service itself goes, and nothing takes its place."""
    delete_service(stack, slot)


@pytest.mark.parametrize("stop", [replace, delete])
def test_the_next_click_leads_back_into_the_files(stack: Running, stop: Callable[[Running, str], None]) -> None:
    person = Person(stack, f"stopped by {stop.__name__}")
    with Workspace(stack, person) as before:
        before.container.run(WORK)
        stop(stack, before.slot)
        assert ends(before.tab)
    after = Workspace(stack, person)
    session = before.record
    assert (session["state"], session["reason"], session["final"]) == ("ended", "stopped", True)
    assert person.me()["last"]["reason"] == "stopped"
    assert after.slot != before.slot
    assert after.container.run("sha256sum --check minute.txt && tail -n 1 busy.log")
    after.close()
