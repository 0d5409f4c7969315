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
from shared.mail.mail import MailKind
from shared.time_budget import TimeBudget
from tests.support.members.open_workspace import Workspace, working
from tests.support.members.operator import operator
from tests.support.members.person import Person, problem
from tests.support.stack.environment import environment
from tests.support.stack.observe import document, documents, objects, until
from tests.support.stack.running import Running


def test_deletion_in_firebase_auth_is_noted_at_a_first_look_and_ends_all_at_a_second(stack: Running) -> None:
    Person(stack, "stayer").me()  # who knows nobody at all is not believed
    person = Person(stack, "leaver")
    person.post("release", {"session": person.open()["session"]})
    workspace = Workspace(stack, person)
    sid = workspace.sid
    account = document(stack, f"accounts/{person.uid}")
    assert account is not None
    prefix = f"workspaces/{account['wid']}/"
    person.vanish()

    def session() -> dict[str, object]:
        return document(stack, f"sessions/{sid}") or {}

    def compared(when: datetime) -> dict[str, Any]:
        """The account after one run, which may give up half-way because the stack's own `meter` is ahead of it."""
        compare_at(stack, when)
        return document(stack, f"accounts/{person.uid}") or {}

    with working(workspace):  # an idle session of this stack ends after 20 s, which a busy machine may take
        until(lambda: compared(datetime.now(UTC))["missing"], "it is noted, by this run or by the stack's own `meter`")
        assert session()["state"] != "ended"
        later = datetime.now(UTC) + MISSING_GRACE
        until(lambda: compared(later)["state"] == "deleted", "the account is closed")
        until(lambda: session()["state"] == "ended", "the session ended")
    assert session()["reason"] == "deleted"
    assert objects(stack, prefix), "what it saved is kept until it is erased"
    erase_due(stack, later + timedelta(minutes=1))
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
    person.me()
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
    until(lambda: set(last_mails(stack)) == {"sent"}, "the last mail is sent")
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


def compare_at(stack: Running, when: datetime) -> None:
    """As `meter` does it."""
    with environment(stack.env):
        compare(when, TimeBudget(60))


def erase_due(stack: Running, when: datetime) -> None:
    """As `erase` does it, which has no task of it yet."""
    with environment(stack.env):
        handler: Any = inspect.unwrap(main.erase)
        for workspace in to_erase(when):
            handler("", main.Erase(workspace.wid), when)


def erase_again(stack: Running, wid: str) -> None:
    """As `erase` does it a day later."""
    later = datetime.now(UTC) + timedelta(days=1, minutes=1)
    with environment(stack.env):
        handler: Any = inspect.unwrap(main.erase)
        assert handler("", main.Erase(wid), later).outcome == "forgotten"


def last_mails(stack: Running) -> list[str]:
    """The states of the mails that confirm a deletion. Such a mail has the address in it until it is sent."""
    return [mail["state"] for mail in documents(stack, "mails") if mail["kind"] == MailKind.ACCOUNT_ERASED]


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
