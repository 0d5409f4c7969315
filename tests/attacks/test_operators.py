"""Who would like to be an operator: nothing that a member can send, sign or call makes them one."""

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from firebase_admin import auth

from shared.gcp.identity import firebase_app
from tests.support.members.forged_tokens import unsigned
from tests.support.members.operator import auditor, make_operator, operator
from tests.support.members.person import Person, call, problem
from tests.support.stack.environment import environment
from tests.support.stack.observe import document, documents, http, until
from tests.support.stack.running import Running

POSTED: dict[str, dict[str, Any]] = {
    "plan": {"plan": "team"},
    "grant": {"seconds": 3600},
    "suspend": {},
    "resume": {},
    "limits": {"new_sessions": False},
    "end": {},
    "download": {},
    "pool": {"warm": 0},
    "drain": {},
    "recycle": {"slot": "ws-1"},
    "quarantine": {"slot": "ws-1"},
}
OF_NO_ACCOUNT = ("limits", "pool", "drain", "recycle", "quarantine")
ASKED = (
    "",
    "/account?uid=",
    "/account?email=",
    "/audit",
    "/opens",
    "/slots",
    "/sessions",
    "/members",
    "/mails",
    "/money",
    "/payers?of=unpaid",
)


@pytest.fixture
def mallory(stack: Running) -> Person:
    # another one for each test: a session of the test before may still be charged
    person = Person(stack, f"mallory-{uuid4().hex[:8]}")
    person.me()
    return person


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def forged(person: Person, **claims: Any) -> str:
    """The emulator signs nothing, so that here anybody can have a token that says anything."""
    good = jwt.decode(person.token, options={"verify_signature": False})
    return unsigned({"alg": "none", "typ": "JWT"}, {**good, **claims})


def attempts(person: Person) -> list[tuple[str, str, dict[str, Any]]]:
    """Everything that there is to ask of `admin`, for the person themselves."""
    own = {"request": "mallory-was-here", "note": "please", "uid": person.uid}
    unaddressed = {name: own[name] for name in ("request", "note")}
    asked = [
        (f"admin/{path}", "post", {**(unaddressed if path in OF_NO_ACCOUNT else own), **more})
        for path, more in POSTED.items()
    ]
    return [*asked, *((f"admin{path}{person.uid if path.endswith('=') else ''}", "get", {}) for path in ASKED)]


def state(stack: Running, person: Person) -> list[Any]:
    """All that an operator could change for the person, and what operators have done."""
    account = document(stack, f"accounts/{person.uid}") or {}
    own = [document(stack, path) for path in (f"billing/{account['bid']}", f"workspaces/{account['wid']}")]
    return [account, own, documents(stack, "operator"), documents(stack, "audit")]


def test_a_member_is_told_the_same_whatever_they_ask(stack: Running, mallory: Person) -> None:
    before, told = state(stack, mallory), set()
    untrue: tuple[Any, ...] = ("true", 1, [True], {}, None, "admin")
    for token in (mallory.token, *(forged(mallory, admin=said) for said in untrue)):
        for path, method, body in attempts(mallory):
            refused = call(stack, path, body, bearing(token), method=method)
            told.add((refused.status_code, refused.text))
    assert len(told) == 1, "neither who there is nor what is wrong with the request"
    [(status, text)] = told
    assert (status, json.loads(text)["type"].rpartition("/")[2]) == (403, "forbidden")
    assert state(stack, mallory) == before


def test_a_token_that_says_so_is_not_enough_where_firebase_auth_does_not(stack: Running, mallory: Person) -> None:
    ada = operator(stack, "ada-is-one")
    for token in (
        forged(mallory, admin=True),
        forged(mallory, admin=True, email="ada-is-one@example.com"),
        forged(mallory, admin=True, sub="nobody-at-all", user_id="nobody-at-all"),
        forged(ada, admin=False),
    ):
        refused = call(stack, "admin", b"", bearing(token), method="get")
        assert (refused.status_code, problem(refused)) == (403, "forbidden")
    for other in ("another", "demo-ondol-2"):
        token = forged(ada, aud=other, iss=f"https://securetoken.google.com/{other}")
        assert call(stack, "admin", b"", bearing(token), method="get").status_code == 401
    assert ada.get("admin").status_code == 200


def test_the_claim_is_taken_from_nowhere_but_the_token(stack: Running, mallory: Person) -> None:
    smuggled = {"admin": True, "claims": {"admin": True}, "customAttributes": '{"admin": true}'}
    for path, method, body in attempts(mallory):
        assert call(stack, path, {**body, **smuggled}, bearing(mallory.token), method=method).status_code == 403
    for function in ("login", "allocate"):
        assert mallory.post(function, smuggled).status_code == 400
    headers = {"X-Admin": "true", "X-Goog-Authenticated-User-Email": "ada-is-one@example.com"}
    headers |= {"X-Endpoint-API-UserInfo": "eyJhZG1pbiI6dHJ1ZX0", "X-HTTP-Method-Override": "POST"}
    answer = httpx.get(f"{stack.url}/api/admin?admin=true", headers={**headers, **bearing(mallory.token)})
    assert answer.status_code == 403


def test_nobody_gives_themselves_the_claim_at_firebase_auth(stack: Running, mallory: Person) -> None:
    url = f"http://{stack.env['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1/accounts:update"
    claim = {"customAttributes": '{"admin": true}'}
    http.post(url, params={"key": "any"}, json={"idToken": mallory.token, "localId": mallory.uid, **claim})
    assert Person(stack, "mallory").get("admin").status_code == 403


def test_no_other_way_leads_to_it(stack: Running, mallory: Person) -> None:
    """Whatever the front and the framework make of a path, behind it a member is no operator."""
    body = {"request": "mallory-was-here", "note": "please", "uid": mallory.uid, "plan": "team"}
    paths = (
        "admin/plan/", "admin//plan", "admin/./plan", "admin/x/../plan", "admin/%70lan", "admin/PLAN", "admin/plan;x",
        "admin/plan%00", "admin/plan%2f", "login/../admin/plan", "login/admin/plan", "login/plan", "allocate/plan",
        "Admin/plan", "%61dmin/plan", "admin/audit/plan", "admin\\plan", "snapshots/plan", "heartbeat/plan",
    )  # fmt: skip
    before = state(stack, mallory)
    urls = [f"{stack.url}/api/{path}" for path in paths]
    urls += [f"{stack.at('admin')}/{path}" for path in ("", "plan", "x/plan", "login", "login/plan", "//plan")]
    for url in urls:
        for method in ("GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS"):
            answer = httpx.request(method, url, json=body, headers=bearing(mallory.token), timeout=60)
            assert answer.status_code in (400, 403, 404, 405), f"{method} {url}: {answer.status_code}"
    assert state(stack, mallory) == before


def test_an_operator_takes_the_way_that_is_meant(stack: Running) -> None:
    ada = operator(stack, "ada-is-one")
    for method, path in (("GET", "plan"), ("POST", "audit"), ("PUT", "limits"), ("DELETE", "audit"), ("POST", "")):
        answer = httpx.request(method, f"{stack.url}/api/admin/{path}".rstrip("/"), headers=bearing(ada.token))
        assert answer.status_code == 405, f"{method} {path}"


def test_an_operator_is_a_member_like_any_other_elsewhere(stack: Running, mallory: Person) -> None:
    ada = operator(stack, "ada-is-one")
    session = mallory.open()["session"]
    refused = ada.post("release", {"session": session})
    assert (refused.status_code, problem(refused)) == (409, "session-elsewhere")
    assert (document(stack, f"sessions/{session}") or {})["state"] in ("opening", "active")
    mallory.post("release", {"session": session})
    # so that it changes nothing of hers while another test compares what she has
    until(lambda: (document(stack, f"sessions/{session}") or {})["state"] == "ended", "the session has ended")


def test_an_auditor_sees_everything_and_changes_nothing(stack: Running, mallory: Person) -> None:
    eve = auditor(stack, "eve-audits")
    for path, method, _ in attempts(mallory):
        if method == "get" and not path.endswith("email="):
            assert eve.get(path.replace("account?email=", "account?uid=")).status_code == 200, path
    assert eve.get("admin").json()["role"] == "auditor"
    before = state(stack, mallory)
    for claims in ({}, {"admin": True}, {"auditor": False, "admin": True}):
        for path, method, body in attempts(mallory):
            if method == "post":
                refused = eve.post(path, body, **claims)
                assert (refused.status_code, problem(refused)) == (403, "forbidden"), path
    assert state(stack, mallory) == before
    assert mallory.with_claims(auditor=True).get("admin").status_code == 403, "Firebase Auth knows of none"


def test_an_operator_who_becomes_an_auditor_changes_nothing_more_with_the_old_token(stack: Running) -> None:
    ada = operator(stack, "is-demoted")
    assert make_operator(stack, "is-demoted@example.com", "--auditor").returncode == 0
    assert ada.get("admin").json()["role"] == "auditor"
    body = {"request": "demoted-was-here", "note": "please", "new_sessions": False}
    assert ada.post("admin/limits", body).status_code == 403
    assert document(stack, "audit/demoted-was-here") is None


@pytest.mark.parametrize("role", [operator, auditor])
def test_who_is_disabled_in_firebase_auth_has_no_role(stack: Running, role: Callable[[Running, str], Person]) -> None:
    person = role(stack, f"disabled-{role.__name__}")
    person.me()
    assert person.get("admin").status_code == 200
    with environment(stack.env):
        auth.update_user(person.uid, disabled=True, app=firebase_app())
    for path, method, body in attempts(person):
        refused = call(stack, path, body, bearing(person.token), method=method)
        assert (refused.status_code, problem(refused)) == (403, "forbidden"), path


def test_an_operators_token_of_before_they_signed_out_everywhere_does_nothing_more(stack: Running) -> None:
    ada = operator(stack, "signs-out")
    ada.me()
    assert ada.get("admin").status_code == 200
    with environment(stack.env):
        auth.update_user(ada.uid, valid_since=int(time.time()) + 1, app=firebase_app())
    for function, method, body in attempts(ada):
        answer = call(stack, function, body, bearing(ada.token), method=method)
        assert (answer.status_code, problem(answer)) == (401, "not-signed-in"), function
