"""Containers that go away, state that does not verify: Open leads to a session or to a clear answer, not in circles."""

import os
import signal
from datetime import UTC, datetime

import httpx
from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask

from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.slots import candidates
from shared.slot import SlotState
from tests.environment import environment
from tests.functions.google import run_client
from tests.functions.person import Person
from tests.observe import containers, document, documents, objects, until
from tests.running import Running


def slot_of(stack: Running, sid: str) -> str:
    slot: str = (document(stack, f"sessions/{sid}") or {})["slot"]
    return slot


def wid_of(stack: Running, person: Person) -> str:
    wid: str = (document(stack, f"accounts/{person.uid}") or {})["wid"]
    return wid


def test_a_member_whose_container_died_opens_again_at_once(stack: Running) -> None:
    person = Person(stack, "bereft")
    lost = person.open()["session"]
    os.kill(containers(stack)[slot_of(stack, lost)], signal.SIGKILL)
    entry = person.open()
    assert entry["session"] != lost
    assert person.enter(entry).status_code == 303
    assert person.me()["last"]["reason"] == "lost"
    until(
        lambda: not [s for s in documents(stack, "slots") if s["name"] == slot_of(stack, lost) and s["stale"]],
        "the slot is fresh again",
    )
    person.post("release", {"session": entry["session"]})


def test_state_that_does_not_verify_is_told_and_nothing_is_lost(stack: Running) -> None:
    person = Person(stack, "damaged")
    person.post("release", {"session": person.open()["session"]})
    until(lambda: person.me()["session"] is None, "the first session was saved")
    names = objects(stack, f"workspaces/{wid_of(stack, person)}/")
    [layer, *_] = [name for name in names if name.endswith(".tar.zst")]
    upload = f"{stack.env['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{stack.env['STATE_BUCKET']}/o"
    httpx.post(upload, params={"uploadType": "media", "name": layer}, content=b"bit rot").raise_for_status()
    for _ in range(2):
        answer = person.post("allocate", {})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (500, "state-broken")
    assert objects(stack, f"workspaces/{wid_of(stack, person)}/") == names
    assert person.me()["session"] is None


def test_a_claim_whose_maker_died_at_once_is_given_up_and_its_slot_comes_back(stack: Running) -> None:
    person = Person(stack, "halfway")
    until(lambda: [s for s in documents(stack, "slots") if s["state"] == "warm"], "a slot is warm")
    with environment(stack.env):
        now = datetime.now(UTC)
        account = ensure_account(person.uid, email=None, name=None, now=now)
        slot = candidates(SlotState.WARM)[0]
        session = commit_claim(account, read_workspace(account.wid), slot, opening=1, now=now)
    until(lambda: (document(stack, f"sessions/{session.sid}") or {})["state"] == "ended", "nobody holds it for ever")
    assert (document(stack, f"sessions/{session.sid}") or {})["reason"] == "never-opened"
    until(lambda: (document(stack, f"slots/{session.slot}") or {})["state"] in ("warm", "cold"), "the slot is back")
    person.post("release", {"session": person.open()["session"]})


def test_open_in_the_moment_that_the_platform_stops_the_container_waits_for_its_last_checkpoint(stack: Running) -> None:
    person = Person(stack, "moved")
    stopped = person.open()["session"]
    slot = slot_of(stack, stopped)
    before = containers(stack)[slot]
    replace_container(stack, slot)
    until(lambda: containers(stack).get(slot) not in (None, before), "the platform replaces the container")
    entry = person.open()
    assert entry["session"] != stopped
    session = document(stack, f"sessions/{stopped}") or {}
    assert (session["reason"], session["final"]) == ("stopped", True)
    assert session["head"], "its last checkpoint is what came back"
    person.post("release", {"session": entry["session"]})


def replace_container(stack: Running, slot: str) -> None:
    """A new revision, as somebody at the Admin API may make one at any moment."""
    with run_client(stack) as client:
        name = f"projects/{stack.env['GOOGLE_CLOUD_PROJECT']}/locations/{stack.env['REGION']}/services/{slot}"
        service = client.get_service(name=name)
        service.template.revision = ""
        service.template.containers[0].env.append(run_v2.EnvVar(name="TOUCHED", value="yes"))
        client.update_service(
            request=run_v2.UpdateServiceRequest(service=service, update_mask=FieldMask(paths=["template"]))
        )
