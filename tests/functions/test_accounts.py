"""Firebase Auth's events: an account is made when a person is, and erased when a person is deleted."""

from tests.functions.person import Person, problem
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
        assert (late.status_code, problem(late)) == (403, "account-closed")
