"""Firebase Auth's events: an account is made when a person is, and erased when a person is deleted."""

import httpx

from tests.functions.person import Person
from tests.observe import document, documents, objects, until
from tests.running import Running


def test_a_person_has_an_account_before_they_come(stack: Running) -> None:
    person = Person(stack, "early")
    account = until(lambda: document(stack, f"accounts/{person.uid}"), "the event made the account")
    assert account["email"] == "early@example.com"


def test_deletion_erases_account_state_and_open_session_for_good(stack: Running) -> None:
    person = Person(stack, "leaver")
    person.post("release", {"session": person.open()["session"]})
    sid = person.open()["session"]
    account = document(stack, f"accounts/{person.uid}")
    assert account is not None
    prefix = f"workspaces/{account['wid']}/"
    assert objects(stack, prefix), "the first session left a checkpoint"
    person.delete_account()

    def session() -> dict[str, object]:
        return document(stack, f"sessions/{sid}") or {}

    until(lambda: session()["state"] == "ended", "the session ended")
    assert session()["reason"] == "deleted"
    until(lambda: not objects(stack, prefix), "the state was erased")
    until(lambda: not documents(stack, f"workspaces/{account['wid']}/snapshots"), "and its snapshots")
    tombstone = document(stack, f"accounts/{person.uid}")
    assert tombstone is not None
    assert (tombstone["state"], tombstone["email"], tombstone["name"]) == ("deleted", None, None)
    for function in ("login", "allocate"):
        late = person.post(function, {})
        assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (403, "account-closed")


def test_an_event_about_nobody_is_ignored(stack: Running) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "x", "type": "google.firebase.auth.user.v1.deleted"}
    kind = {"Content-Type": "application/cloudevents+json"}
    assert httpx.post(stack.at("auth_events"), json=event, headers=kind, timeout=60).status_code == 200


def test_a_forged_event_erases_nobody(stack: Running) -> None:
    person = Person(stack, "victim")
    until(lambda: document(stack, f"accounts/{person.uid}"), "the account exists")
    forged = {
        "specversion": "1.0", "id": "1", "source": "//firebaseauth.googleapis.com/projects/demo-ondol",
        "type": "google.firebase.auth.user.v1.deleted", "subject": f"users/{person.uid}", "data": {},
    }  # fmt: skip
    httpx.post(
        stack.at("auth_events"), json=forged, headers={"Content-Type": "application/cloudevents+json"}, timeout=60
    )
    assert person.me()["account"]["state"] == "active"
