"""An account from its first moment to its last: made, signed out of, deleted; and nothing of it is left behind."""

import inspect
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from functions.erase import main
from shared.flows.comparing import MISSING_GRACE, compare
from shared.flows.sign_ins import mark_of
from shared.gcp.store.accounts import to_erase
from shared.gcp.store.database import database
from shared.time_budget import TimeBudget
from tests.environment import environment
from tests.failures.workspace import Workspace
from tests.functions.operating import operator
from tests.functions.person import Person, problem
from tests.observe import document, documents, objects, until
from tests.running import Running


def test_a_person_has_an_account_before_they_come(stack: Running) -> None:
    person = Person(stack, "early")
    account = until(lambda: document(stack, f"accounts/{person.uid}"), "the event made the account")
    assert account["email"] == "early@example.com"


def test_deletion_in_firebase_auth_ends_the_session_and_erases_after_a_second_look(stack: Running) -> None:
    person = Person(stack, "leaver")
    person.post("release", {"session": person.open()["session"]})
    sid = person.open()["session"]
    account = document(stack, f"accounts/{person.uid}")
    assert account is not None
    prefix = f"workspaces/{account['wid']}/"
    person.vanish()

    def session() -> dict[str, object]:
        return document(stack, f"sessions/{sid}") or {}

    until(lambda: session()["state"] == "ended", "the session ended")
    assert session()["reason"] == "signed-out"
    assert objects(stack, prefix), "what it saved is kept"
    compare_later(stack)
    until(lambda: not objects(stack, prefix), "the state was erased")
    until(lambda: not documents(stack, f"workspaces/{account['wid']}/snapshots"), "and its snapshots")
    tombstone = document(stack, f"accounts/{person.uid}")
    assert tombstone is not None
    assert (tombstone["state"], tombstone["email"], tombstone["name"]) == ("deleted", None, None)
    for function in ("login", "allocate"):
        late = person.post(function, {})
        assert (late.status_code, problem(late)) == (403, "account-closed")


def test_who_deletes_their_account_leaves_nothing_behind(stack: Running) -> None:
    """The whole store and the whole bucket are searched, names included."""
    person, admin = Person(stack, "canary-person"), operator(stack, "canary-operator")
    for number, (what, more) in enumerate((("suspend", {}), ("resume", {}), ("plan", {"plan": "starter"}))):
        asked = {"request": f"canary-{number:08}", "uid": person.uid, "note": f"for canary-person {person.uid}", **more}
        admin.post(f"admin/{what}", asked).raise_for_status()
    with Workspace(stack, person) as workspace:
        workspace.container.run("mkdir -p canary-folder")
        workspace.write("canary-folder/canary-file", "canary-content")
        wid = workspace.record["wid"]
    workspace.close()
    until(lambda: workspace.is_settled, "it is saved and its books are checked")
    person.post("snapshots/download", {}).raise_for_status()
    until(lambda: objects(stack, f"exports/{wid}/"), "the whole home is there for download")
    person.me()
    canaries = [person.uid, "canary-person", "Canary-Person", "canary-folder", "canary-file", wid]
    texts = everything(stack)
    found = {each for each in canaries if any(each in text for text in texts)}
    assert {person.uid, "canary-person", "canary-folder", wid} <= found, "the search finds what there is"

    answer = person.post("account/delete", {})
    assert answer.status_code == 200, answer.text
    erased = until(lambda: (document(stack, f"workspaces/{wid}") or {}).get("erased_once"), "it is erased")
    assert erased is True
    erase_again(stack, wid)
    texts = everything(stack)
    left = {each: [text[:200] for text in texts if each in text] for each in canaries}
    assert {each: where for each, where in left.items() if where} == {}
    assert kept_for_bookkeeping(stack), "the ledger has its amounts"
    assert problem(person.post("login", {})) == "not-signed-in", "the sign-in is gone as well"


def test_an_account_is_deleted_only_by_who_has_just_signed_in(stack: Running) -> None:
    person = Person(stack, "hasty")
    person.me()
    refused = person.post("account/delete", {}, auth_time=time.time() - 301)
    assert (refused.status_code, problem(refused)) == (403, "sign-in-again")
    for odd in (None, "now", True, time.time() + 3600, -1, 1e300):
        assert problem(person.post("account/delete", {}, auth_time=odd)) == "sign-in-again", odd
    assert person.me()["account"]["uid"] == person.uid
    assert person.post("account/delete", {}, auth_time=time.time() - 290).status_code == 200
    assert person.post("account/delete", {}).status_code == 200, "who did not hear the answer asks again"


def test_events_about_nobody_and_of_people_that_are_there_change_nothing(stack: Running) -> None:
    person = Person(stack, "still-there")
    person.me()
    before = document(stack, f"accounts/{person.uid}")
    for version in ("v1", "v2"):
        for uid in (person.uid, *(f"made-up-{number}" for number in range(20))):
            tell_deleted(stack, uid, version)
    assert document(stack, f"accounts/{person.uid}") == before
    assert [account for account in documents(stack, "accounts") if account["uid"].startswith("made-up")] == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_event_of_either_generation_finishes_what_it_tells_of(stack: Running, version: str) -> None:
    person = Person(stack, f"told-by-{version}")
    person.me()
    with environment(stack.env):
        from shared.gcp.identity import delete_person

        delete_person(person.uid)
    tell_deleted(stack, person.uid, version)
    until(lambda: (document(stack, f"accounts/{person.uid}") or {}).get("missing"), "it is noted")


def test_who_comes_again_with_the_same_address_goes_on_with_what_they_used(stack: Running) -> None:
    first = Person(stack, "comes-again")
    first.me()
    bid = (document(stack, f"accounts/{first.uid}") or {})["bid"]
    limited(stack, bid, used=1500)
    assert first.post("account/delete", {}).status_code == 200
    second = Person(stack, "comes-again")
    assert second.uid != first.uid
    second.me()
    limited(stack, (document(stack, f"accounts/{second.uid}") or {})["bid"], used=0)
    allowance = second.me()["allowance"]
    assert allowance["granted"] - allowance["seconds"] == pytest.approx(1500)
    with environment(stack.env):
        mark = mark_of("comes-again@example.com")
    assert document(stack, f"marks/{mark}"), "by a keyed mark"


def compare_later(stack: Running) -> None:
    """As `meter` does it once the grace is over; `erase` has no task of it yet, and is asked."""
    later = datetime.now(UTC) + MISSING_GRACE + timedelta(minutes=1)
    with environment(stack.env):
        compare(later, TimeBudget(60))
        handler: Any = inspect.unwrap(main.erase)
        for workspace in to_erase(later):
            handler("", main.Erase(workspace.wid), later)


def erase_again(stack: Running, wid: str) -> None:
    """As `erase` does it a day later."""
    later = datetime.now(UTC) + timedelta(days=1, minutes=1)
    with environment(stack.env):
        handler: Any = inspect.unwrap(main.erase)
        assert handler("", main.Erase(wid), later).outcome == "forgotten"


def everything(stack: Running) -> list[str]:
    """Every document with its path, and the name of every object and what can be read of it."""
    with environment(stack.env):
        found = [each for top in database().collections() for each in below(top)]
    names = objects(stack, "")
    with httpx.Client(base_url=stack.env["STORAGE_EMULATOR_HOST"], timeout=30) as client:
        return [*found, *names, *(content(client, stack.env["STATE_BUCKET"], name) for name in names)]


def below(collection: Any) -> list[str]:
    texts = []
    for reference in collection.list_documents():
        texts.append(f"{reference.path} {json.dumps(reference.get().to_dict(), default=str, ensure_ascii=False)}")
        for inner in reference.collections():
            texts += below(inner)
    return texts


def content(client: httpx.Client, bucket: str, name: str) -> str:
    answer = client.get(f"/storage/v1/b/{bucket}/o/{name.replace('/', '%2F')}", params={"alt": "media"})
    return answer.content.decode("latin-1") if answer.status_code == 200 else ""


def kept_for_bookkeeping(stack: Running) -> list[dict[str, Any]]:
    """The sessions of who was erased: nobody's."""
    return [session for session in documents(stack, "sessions") if session["uid"].startswith("e-")]


def limited(stack: Running, bid: str, used: int) -> None:
    """On the plan Free, with so many seconds of today used."""
    from shared.billing.time_allowance import allowance
    from shared.gcp.store.billing import billing_ref, read_billing

    with environment(stack.env):
        billing_ref(bid).update({"plan": "free"})
        period = allowance(read_billing(bid).record, datetime.now(UTC)).period.id
        if used:
            billing_ref(bid).update({f"used.`{period}`": 1000 * used})


def tell_deleted(stack: Running, uid: str, version: str) -> None:
    event = {
        "specversion": "1.0", "id": "1", "source": "//identitytoolkit.googleapis.com/projects/demo-ondol",
        "type": f"google.firebase.auth.user.{version}.deleted", "subject": f"users/{uid}", "data": {"uid": uid},
    }  # fmt: skip
    answer = httpx.post(
        stack.at("auth_events"), json=event, headers={"Content-Type": "application/cloudevents+json"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
