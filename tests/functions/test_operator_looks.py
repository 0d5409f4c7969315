"""What an operator sees, through the real function: the service now, slots, sessions, members, and use by day."""

import json
from collections.abc import Iterator

import httpx
import pytest

from shared.accounts.operator_limits import Limits
from shared.billing.plans import PLANS
from shared.billing.reconciliation import DayUse, PlanUse
from shared.gcp.store.database import document as document_ref
from shared.gcp.store.database import encode
from tests.support.members.operator import operator
from tests.support.members.operator_limits import limit
from tests.support.members.operator_requests import asked, done, ended, member
from tests.support.members.person import Person, problem
from tests.support.stack.environment import environment
from tests.support.stack.observe import documents, until
from tests.support.stack.running import Running


@pytest.fixture(scope="module")
def ada(stack: Running) -> Person:
    return operator(stack, "ada-looks")


@pytest.fixture(autouse=True)
def unlimited_again(stack: Running) -> Iterator[None]:
    yield
    limit(stack, Limits())


def test_what_the_service_does_now_is_shown_with_healthy_ranges(stack: Running, ada: Person) -> None:
    person = member(stack, "shown", "enterprise")
    entry = person.open()
    assert person.enter(entry).status_code == 303
    now = done(ada.get("admin"))
    states = [slot["state"] for slot in documents(stack, "slots")]
    assert now["pool"]["claimed"] == states.count("claimed") == now["open_sessions"]
    assert sum(now["sessions"].values()) >= 1
    assert (now["role"], now["pool"]["most"] > 0, now["pool"]["set_by_operator"]) == ("operator", True, False)
    measures = {figure["name"]: figure for figure in now["figures"]}
    assert {"value", "least", "most", "healthy"} < measures["warm"].keys()
    opens = done(ada.get("admin/opens"))
    assert opens["opens"] >= 1
    times = {figure["name"]: figure["value"] for figure in opens["figures"]}
    assert 0 <= times["hello-p50"] <= times["open-p95"]
    log = [json.loads(line) for line in (stack.state / "logs" / "admin.log").read_text().splitlines() if "{" in line]
    reads = {line["function"]: line["reads"] for line in log if line.get("message") == "request"}
    assert reads["overview"] == 12
    assert reads["opens"] == opens["opens"] + 1, "and the count of who was refused"
    person.post("release", {"session": entry["session"]})


def test_money_and_mails_take_a_bounded_number_of_reads(stack: Running, ada: Person) -> None:
    money = done(ada.get("admin/money"))
    assert (money["cents"], [each["plan"]["name"] for each in money["plans"]]) == (0, [*PLANS])
    assert done(ada.get("admin/payers?of=retrying")) == {"payers": [], "next": None}
    assert done(ada.get("admin/mails"))["server"], "that of the local stack"
    log = [json.loads(line) for line in (stack.state / "logs" / "admin.log").read_text().splitlines() if "{" in line]
    reads = {line["function"]: line["reads"] for line in log if line.get("message") == "request"}
    sold = len([plan for plan in PLANS.values() if plan.price])
    assert (reads["money"], reads["mails"]) == (len(PLANS) + 3 * sold + 3, 3)


def test_who_asks_again_is_told_that_nothing_has_changed(stack: Running, ada: Person) -> None:
    first = ada.get("admin/audit?limit=1")
    assert {"private", "no-cache"} == set(first.headers["Cache-Control"].split(", ")), "the front says no-cache too"
    headers = {"Authorization": f"Bearer {ada.token}", "If-None-Match": first.headers["ETag"]}
    again = httpx.get(f"{stack.url}/api/admin/audit?limit=1", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    done(ada.post("admin/limits", asked(opens_an_hour=30)))
    assert httpx.get(f"{stack.url}/api/admin/audit?limit=1", headers=headers).status_code == 200
    nobody = httpx.get(f"{stack.url}/api/admin/audit?limit=1", headers={"If-None-Match": first.headers["ETag"]})
    assert nobody.status_code == 401


def test_a_slot_and_a_session_open_to_their_history(stack: Running, ada: Person) -> None:
    person = member(stack, "history", "enterprise")
    entry = person.open()
    assert person.enter(entry).status_code == 303
    sid = entry["session"]
    open_ones = done(ada.get("admin/sessions?limit=100"))["sessions"]
    [row] = [each for each in open_ones if each["session"] == sid]
    slot = done(ada.get(f"admin/slot?slot={row['slot']}"))
    assert (slot["slot"]["session"], slot["history"][0]["verb"]) == (sid, "claim")
    assert slot["history"][0]["reason"] == f"session {sid}"
    assert any("should be warm" in event["reason"] or "ready" in event["reason"] for event in slot["history"])
    listed = done(ada.get("admin/slots?state=claimed"))["slots"]
    assert row["slot"] in [each["slot"] for each in listed]
    person.post("release", {"session": sid})
    until(lambda: ended(stack, sid), "it ended")
    told = done(ada.get(f"admin/session?session={sid}"))
    assert (told["session"]["reason"], told["final"], told["session"]["uid"]) == ("member", True, person.uid)
    assert 0 <= told["hello"] <= told["served"]
    history = done(ada.get(f"admin/slot?slot={row['slot']}"))["history"]
    assert f"session {sid} ended: member" in [event["reason"] for event in history]
    assert ada.get("admin/slot?slot=ws-nobody").status_code == 404
    assert ada.get(f"admin/session?session=s-{'0' * 20}").status_code == 404


def test_members_are_searched_by_address_and_one_is_shown_with_sessions_and_audit(stack: Running, ada: Person) -> None:
    person = member(stack, "searched", "enterprise")
    sid = person.open()["session"]
    person.post("release", {"session": sid})
    until(lambda: ended(stack, sid), "it ended")
    address = person.me()["account"]["email"]
    found = done(ada.get(f"admin/members?email={address[:-12].upper()}"))["members"]
    assert [(row["uid"], row["email"], row["plan"], row["session"]) for row in found] == [
        (person.uid, address, "enterprise", None)
    ]
    newest = done(ada.get("admin/members?sort=opened&descending=true&limit=1"))
    assert newest["members"][0]["uid"] == person.uid
    following = done(ada.get(f"admin/members?sort=opened&descending=true&limit=1&after={newest['next']}"))
    assert following["members"][0]["uid"] != person.uid
    assert ada.get("admin/members?sort=email&after=nonsense").status_code == 400
    assert ada.get(f"admin/members?sort=storage&email={address}").status_code == 400
    done(ada.post("admin/suspend", asked(uid=person.uid)))
    view = done(ada.get(f"admin/account?uid={person.uid}"))
    assert [(row["session"], row["reason"]) for row in view["sessions"]] == [(sid, "member")]
    assert (view["state"], view["suspended_for"], view["last_error"]) == ("suspended", "abuse", None)
    assert done(ada.get(f"admin/sessions?uid={person.uid}"))["sessions"] == view["sessions"]
    lines = done(ada.get(f"admin/audit?target={person.uid}"))["lines"]
    assert [line["action"] for line in lines] == ["suspend"]


def test_who_looked_at_whom_is_logged_without_an_address(stack: Running, ada: Person) -> None:
    person = member(stack, "looked-at")
    email = person.me()["account"]["email"]
    for query, status in (
        (f"email={email}", 200),
        (f"uid={person.uid}", 200),
        ("email=never-came@example.com", 404),
        ("uid=nobody-at-all", 404),
    ):
        assert ada.get(f"admin/account?{query}").status_code == status
    assert person.get(f"admin/account?email={email}").status_code == 403, "and who may not look leaves no such line"
    log = (stack.state / "logs" / "admin.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    looked = [line for line in lines if line["message"] == "operator-looked"][-4:]
    assert {line["by"] for line in looked} == {ada.uid}
    assert [(line["target"], line["given"]) for line in looked] == [
        (person.uid, "email"),
        (person.uid, "uid"),
        (None, "email"),
        ("nobody-at-all", "uid"),
    ]
    assert "@example.com" not in log


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("account", "uid"),
        ("account?uid=a&email=b", "uid"),
        ("account?uid=", "uid"),
        ("account?uid=a%2Fb", "uid"),
        ("account?uid=__x__", "uid"),
        ("account?email=x", "email"),
        ("account?name=x", "name"),
        ("audit?limit=0", "limit"),
        ("audit?limit=101", "limit"),
        ("audit?limit=x", "limit"),
        ("audit?before=..", "before"),
        ("audit?before=a%2Fb%2Fc%2Fd-e", "before"),
    ],
)
def test_a_bad_question_is_told_by_its_name(ada: Person, query: str, named: str) -> None:
    answer = ada.get(f"admin/{query}")
    assert answer.status_code == 400, answer.text
    assert named in answer.json()["detail"]


def test_an_operator_sees_what_was_used_by_plan_on_each_day(stack: Running, ada: Person) -> None:
    pro = PlanUse(ms=90_500, background_ms=500, members=2, sessions=3, lines=4)
    with environment(stack.env):
        for use in (DayUse(day="1999-02-28", plans={"pro": pro}), DayUse(day="1999-03-01", plans={}, stored=5)):
            document_ref("usage", use.day).set(encode(use))
    february = ada.get("admin/usage?month=1999-02").json()
    told = {"seconds": 90.5, "background_seconds": 0.5, "members": 2, "sessions": 3}
    assert february == {"days": [{"day": "1999-02-28", "over": True, "plans": {"pro": told}, "stored": None}]}
    march = {"day": "1999-03-01", "over": True, "plans": {}, "stored": 5}
    assert ada.get("admin/usage?month=1999-03").json() == {"days": [march]}
    refused = ada.get("admin/usage?month=1999-13")
    assert (refused.status_code, problem(refused)) == (400, "bad-request")
