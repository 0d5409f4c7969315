"""What an operator does, through the real function: it is done once, it is written down, and the member notices."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.accounts.operator_limits import Limits
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.sessions import read_session
from tests.support.members.operator import operator
from tests.support.members.operator_limits import limit
from tests.support.members.operator_requests import account, asked, done, ended, member
from tests.support.members.person import Person, problem
from tests.support.stack.environment import environment
from tests.support.stack.google_clients import delete_tasks, tasks_client
from tests.support.stack.observe import document, documents, objects, until
from tests.support.stack.running import Running
from tests.support.stack.session_steps import age


@pytest.fixture(scope="module")
def ada(stack: Running) -> Person:
    return operator(stack, "ada-operates")


@pytest.fixture(autouse=True)
def unlimited_again(stack: Running) -> Iterator[None]:
    yield
    limit(stack, Limits())


def audited(stack: Running, request: Any) -> dict[str, Any]:
    return document(stack, f"audit/{request}") or {}


def test_a_plan_is_set_and_the_member_has_it(stack: Running, ada: Person) -> None:
    person = member(stack, "upgraded")
    line = done(ada.post("admin/plan", asked(uid=person.uid, plan="pro")))
    bid = account(stack, person)["bid"]
    assert line["before"] == {"billing": bid, "plan": "free"}
    assert line["after"] == {"billing": bid, "plan": "pro"}, "whoever shares it has another plan too"
    assert person.me()["plan"] == {"name": "pro", "title": "Pro"}
    assert person.me()["allowance"]["seconds"] == 20 * 3600
    view = done(ada.get(f"admin/account?uid={person.uid}"))
    assert (view["plan"], view["state"], view["session"]) == ("pro", "active", None)
    assert (view["allowance"]["granted"], view["allowance"]["used"]) == (72_000, 0)


def test_time_is_granted_in_the_present_period(stack: Running, ada: Person) -> None:
    person = member(stack, "granted")
    line = done(ada.post("admin/grant", asked(uid=person.uid, seconds=600)))
    line = done(ada.post("admin/grant", asked(uid=person.uid, seconds=60)))
    assert [values["granted"] for values in (line["before"], line["after"])] == [600, 660]
    assert person.me()["allowance"]["seconds"] == 30 * 60 + 660
    with environment(stack.env):
        assert read_billing(account(stack, person)["bid"]).record.granted == {line["after"]["period"]: 660_000}
    unlimited = member(stack, "granted-nothing", "enterprise")
    refused = ada.post("admin/grant", asked(uid=unlimited.uid, seconds=60))
    assert (refused.status_code, problem(refused)) == (422, "no-limit")


def test_who_has_used_their_time_up_opens_again_after_a_grant(stack: Running, ada: Person) -> None:
    person = member(stack, "used-up")
    bid = account(stack, person)["bid"]
    with environment(stack.env):
        today = done(ada.get(f"admin/account?uid={person.uid}"))["allowance"]["period"]
        billing_ref(bid).update({f"used.`{today}`": 30 * 60_000})
    assert problem(person.try_to_open()) == "allowance-exhausted"
    done(ada.post("admin/grant", asked(uid=person.uid, seconds=600)))
    person.post("release", {"session": person.open()["session"]})


def test_a_suspension_saves_and_ends_the_session_and_a_resumption_opens_it_again(stack: Running, ada: Person) -> None:
    person = member(stack, "suspended", "enterprise")
    entry = person.open()
    assert person.enter(entry).status_code == 303
    line = done(ada.post("admin/suspend", asked(uid=person.uid)))
    assert line["after"] == {"state": "suspended", "session": entry["session"]}
    refused = person.post("allocate", {})
    assert (refused.status_code, problem(refused)) == (403, "account-suspended")
    session = until(lambda: ended(stack, entry["session"]), "the session ended")
    assert (session["reason"], session["final"]) == ("suspended", True)
    wid = account(stack, person)["wid"]
    assert session["head"] and objects(stack, f"workspaces/{wid}/"), "what they had is kept"
    me = person.me()
    assert (me["account"]["state"], me["session"], me["last"]["reason"]) == ("suspended", None, "suspended")
    assert problem(person.get("snapshots")) == "account-suspended"
    again = done(ada.post("admin/suspend", asked(uid=person.uid)))
    assert (again["before"], again["after"]) == ({"state": "suspended"}, {"state": "suspended", "session": None})
    assert done(ada.get(f"admin/account?email={me['account']['email']}"))["state"] == "suspended"
    line = done(ada.post("admin/resume", asked(uid=person.uid)))
    assert (line["before"], line["after"]) == ({"state": "suspended"}, {"state": "active"})
    next_entry = person.open()
    assert next_entry["session"] != entry["session"]
    with environment(stack.env):
        found = read_session(next_entry["session"])
    assert found and found.record.head, "with the state that was kept"
    person.post("release", {"session": next_entry["session"]})


def test_who_is_suspended_is_told_what_the_operator_writes_until_the_suspension_ends(
    stack: Running, ada: Person
) -> None:
    person = member(stack, "told")
    assert person.me()["account"]["suspension"] is None
    notice = {"message": "<b>A miner</b> ran in your workspace.", "contact": "abuse@example.com"}
    body = asked(uid=person.uid, notice=notice)
    done(ada.post("admin/suspend", body))
    assert person.me()["account"]["suspension"] == {"reason": "abuse", "notice": notice, "may_download": False}
    assert done(ada.get(f"admin/account?uid={person.uid}"))["suspension_notice"] == notice
    assert audited(stack, body["request"])["asked"] == notice
    done(ada.post("admin/suspend", asked(uid=person.uid, reason="payment")))
    assert person.me()["account"]["suspension"] == {"reason": "payment", "notice": None, "may_download": True}
    done(ada.post("admin/resume", asked(uid=person.uid)))
    assert person.me()["account"]["suspension"] is None


def test_a_suspension_outlives_a_deleted_account_and_is_lifted_by_address(stack: Running, ada: Person) -> None:
    first = member(stack, "evader")
    address = first.me()["account"]["email"]
    done(ada.post("admin/suspend", asked(uid=first.uid)))
    assert first.post("account/delete", {}).status_code == 200, "who is suspended may delete what is theirs"
    name = address.partition("@")[0]
    second = Person(stack, name)
    assert (second.uid != first.uid, second.me()["account"]["state"]) == (True, "suspended")
    assert problem(second.try_to_open()) == "account-suspended"
    assert second.post("account/delete", {}).status_code == 200
    line = done(ada.post("admin/resume", asked(email=address.upper())))
    assert (line["target"], line["before"], line["after"]) == (None, {"suspended": True}, {"suspended": False})
    logged = json.dumps(ada.get("admin/audit?limit=5").json())
    assert name not in logged, "the log has a mark and no address"
    assert Person(stack, name).me()["account"]["state"] == "active"
    for email, uid, status in (("nobody@example.com", None, 404), (None, None, 400), (address, "u-1", 400)):
        fields = {key: value for key, value in (("email", email), ("uid", uid)) if value}
        assert ada.post("admin/resume", asked(**fields)).status_code == status


def test_a_suspension_whose_task_is_lost_is_finished_by_the_sweep(stack: Running, ada: Person) -> None:
    person = member(stack, "swept-out", "enterprise")
    sid = person.open()["session"]
    with tasks_client(stack) as client:
        queue = client.queue_path(stack.env["GOOGLE_CLOUD_PROJECT"], stack.env["REGION"], "reclaim")
        client.pause_queue(name=queue)
        try:
            done(ada.post("admin/suspend", asked(uid=person.uid)))
            assert (document(stack, f"sessions/{sid}") or {})["state"] == "draining"
            assert delete_tasks(client, queue, sid), "its task was there to be lost"
        finally:
            client.resume_queue(name=queue)
    age(stack, sid, seconds=90)
    assert until(lambda: ended(stack, sid), "it ended all the same")["reason"] == "suspended"


def test_limits_are_set_one_by_one_and_hold_at_once(stack: Running, ada: Person) -> None:
    assert done(ada.get("admin"))["limits"] == {"new_sessions": True, "open_sessions": None, "opens_an_hour": 30}
    line = done(ada.post("admin/limits", asked(open_sessions=5)))
    assert (line["before"]["open_sessions"], line["after"]["open_sessions"], line["target"]) == (None, 5, None)
    done(ada.post("admin/limits", asked(new_sessions=False, opens_an_hour=7)))
    now = done(ada.get("admin"))
    assert now["limits"] == {"new_sessions": False, "open_sessions": 5, "opens_an_hour": 7}
    assert now["open_sessions"] == sum(slot["state"] == "claimed" for slot in documents(stack, "slots"))
    assert problem(Person(stack, "too-late").post("allocate", {})) == "sessions-closed"
    done(ada.post("admin/limits", asked(new_sessions=True, open_sessions=None, opens_an_hour=30)))
    assert done(ada.get("admin"))["limits"] == {"new_sessions": True, "open_sessions": None, "opens_an_hour": 30}


def test_every_use_is_a_line_that_says_who_what_when_and_why(stack: Running, ada: Person) -> None:
    person = member(stack, "audited")
    requests = [asked(uid=person.uid, plan=plan) for plan in ("starter", "pro", "team")]
    for body in requests:
        done(ada.post("admin/plan", body))
    newest = [body["request"] for body in reversed(requests)]
    lines = done(ada.get("admin/audit?limit=3"))["lines"]
    assert [line["request"] for line in lines] == newest
    assert {(line["by"], line["email"], line["action"], line["target"], line["note"]) for line in lines} == {
        (ada.uid, "ada-operates@example.com", "plan", person.uid, "ticket 7: they asked for it")
    }
    assert [line["after"]["plan"] for line in lines] == ["team", "pro", "starter"]
    paged = [done(ada.get("admin/audit?limit=1"))["lines"][0]]
    for _ in range(2):
        paged += done(ada.get(f"admin/audit?limit=1&before={paged[-1]['request']}"))["lines"]
    assert paged == lines
    everything = done(ada.get("admin/audit?limit=100"))["lines"]
    assert everything == sorted(everything, key=lambda line: line["at"], reverse=True)
    assert ada.get("admin/audit?before=request-never-was").status_code == 404


def test_a_request_that_is_repeated_changes_nothing_and_is_answered_the_same(stack: Running, ada: Person) -> None:
    person = member(stack, "repeated")
    grant = asked(uid=person.uid, seconds=600)
    first = done(ada.post("admin/grant", grant))
    assert [done(ada.post("admin/grant", grant)) for _ in range(3)] == [first] * 3
    assert done(operator(stack, "another-operates").post("admin/grant", grant)) == first
    assert person.me()["allowance"]["seconds"] == 40 * 60
    suspend, resume = asked(uid=person.uid), asked(uid=person.uid)
    done(ada.post("admin/suspend", suspend))
    done(ada.post("admin/resume", resume))
    done(ada.post("admin/suspend", suspend))
    assert person.me()["account"]["state"] == "active", "a late repetition does not suspend again"


def test_an_id_that_was_used_for_another_request_is_refused(stack: Running, ada: Person) -> None:
    person, other = member(stack, "reused"), member(stack, "reused-too")
    body = asked(uid=person.uid, seconds=600)
    first = done(ada.post("admin/grant", body))
    for path, changed in (
        ("grant", {**body, "seconds": 601}),
        ("grant", {**body, "uid": other.uid}),
        ("grant", {**body, "note": "another reason"}),
        ("plan", {**asked(uid=person.uid, plan="pro"), "request": body["request"]}),
        ("suspend", {**asked(uid=person.uid), "request": body["request"]}),
        ("limits", {**asked(new_sessions=False), "request": body["request"]}),
    ):
        refused = ada.post(f"admin/{path}", changed)
        assert (refused.status_code, problem(refused)) == (409, "request-reused"), path
        assert body["request"] in refused.json()["detail"]
    assert audited(stack, body["request"])["after"] == {**first["after"]}
    assert [who.me()["allowance"]["seconds"] for who in (person, other)] == [40 * 60, 30 * 60]
    assert done(ada.get("admin"))["limits"]["new_sessions"]


def test_accounts_that_are_not_there_or_deleted_are_told_apart(stack: Running, ada: Person) -> None:
    gone = member(stack, "deleted-before")
    gone.delete_account()
    until(lambda: account(stack, gone)["state"] == "deleted", "the account was deleted")
    bodies: dict[str, dict[str, Any]] = {"plan": {"plan": "pro"}, "grant": {"seconds": 60}, "suspend": {}, "resume": {}}
    for uid, status, name in ((gone.uid, 409, "account-closed"), ("nobody-at-all", 404, "not-found")):
        for path, more in bodies.items():
            body = asked(uid=uid, **more)
            refused = ada.post(f"admin/{path}", body)
            assert (refused.status_code, problem(refused)) == (status, name), path
            assert not audited(stack, body["request"]), "what was refused is no use"
        refused = ada.get(f"admin/account?uid={uid}")
        assert (refused.status_code, problem(refused)) == (status, name)
    assert ada.get("admin/account?email=nobody@example.com").status_code == 404


@pytest.mark.parametrize(
    ("path", "changed", "named"),
    [
        ("plan", {"plan": "gold"}, "plan"),
        ("plan", {"plan": None}, "plan"),
        ("plan", {"plan": "pro", "uid": "a/b"}, "uid"),
        ("plan", {"plan": "pro", "uid": ".."}, "uid"),
        ("plan", {"plan": "pro", "uid": "u" * 129}, "uid"),
        ("plan", {"plan": "pro", "uid": ["x"]}, "uid"),
        ("grant", {"seconds": 0}, "seconds"),
        ("grant", {"seconds": -600}, "seconds"),
        ("grant", {"seconds": 3_600_001}, "seconds"),
        ("grant", {"seconds": 1.5}, "seconds"),
        ("grant", {"seconds": "60"}, "seconds"),
        ("grant", {"seconds": 10**30}, "seconds"),
        ("suspend", {"request": "../../x"}, "request"),
        ("suspend", {"request": "short"}, "request"),
        ("suspend", {"request": "UPPERCASE"}, "request"),
        ("suspend", {"request": "a" * 65}, "request"),
        ("suspend", {"request": "request-1\n"}, "request"),
        ("suspend", {"note": ""}, "note"),
        ("suspend", {"note": "x" * 501}, "note"),
        ("suspend", {"force": True}, "force"),
        ("suspend", {"notice": {"message": "", "contact": None}}, "message"),
        ("suspend", {"notice": {"message": "x" * 501, "contact": None}}, "message"),
        ("suspend", {"notice": {"message": None, "contact": "x" * 201}}, "contact"),
        ("limits", {}, "opens_an_hour"),
        ("limits", {"opens_an_hour": 0}, "opens_an_hour"),
        ("limits", {"opens_an_hour": 241}, "opens_an_hour"),
        ("limits", {"opens_an_hour": None}, "opens_an_hour"),
        ("limits", {"open_sessions": -1}, "open_sessions"),
        ("limits", {"new_sessions": "no"}, "new_sessions"),
        ("limits", {"new_sessions": None}, "new_sessions"),
        ("limits", {"uid": "x", "new_sessions": True}, "uid"),
    ],
)
def test_bad_input_is_told_by_its_name(ada: Person, path: str, changed: dict[str, Any], named: str) -> None:
    whose = {} if path == "limits" else {"uid": ada.uid}
    answer = ada.post(f"admin/{path}", asked(**{**whose, **changed}) | changed)
    assert answer.status_code == 400, answer.text
    assert named in answer.json()["detail"]
