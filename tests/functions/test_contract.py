"""The functions that browsers call, held to their description: what is right works, what is wrong is told clearly."""

import base64
from typing import Any

import jwt
import pytest

from tests.support.members.person import Person, call, problem
from tests.support.stack.running import Running


@pytest.fixture(scope="module")
def grace(stack: Running) -> Person:
    return Person(stack, "grace")


def test_the_first_login_makes_an_account_with_the_browsers_language(stack: Running) -> None:
    person = Person(stack, "newcomer")
    me = person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko"}).json()
    assert (me["account"]["uid"], me["account"]["email"]) == (person.uid, "newcomer@example.com")
    assert (me["account"]["locale"], me["session"], me["last"]) == ("ko", None, None)
    assert person.me()["account"] == me["account"]


def test_the_editor_speaks_the_language_of_the_page_that_opens_it(stack: Running) -> None:
    """Whatever the page spoke at the account's first login."""
    person = Person(stack, "polyglot")
    person.post("login", {"locale": "en"}).raise_for_status()
    for locale in ("ko", "en"):
        entry = person.open(locale=locale)
        assert jwt.decode(entry["enter_token"], options={"verify_signature": False})["language"] == locale


@pytest.mark.parametrize("zone", ["Etc/Unknown", "Mars/Olympus", "../../etc/passwd"])
def test_a_browser_with_a_zone_that_nobody_knows_is_let_in_and_may_choose_one(stack: Running, zone: str) -> None:
    person = Person(stack, f"traveller {zone}")
    person.post("login", {"time_zone": zone, "locale": "en"}).raise_for_status()
    assert person.get("usage").json()["time_zone"] == "UTC"
    person.post("usage/zone", {"time_zone": "Asia/Seoul"}).raise_for_status()
    assert person.get("usage").json()["time_zone"] == "Asia/Seoul"


@pytest.mark.parametrize("function", ["login", "allocate", "release"])
@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer x.y.z", "Basic Zm9v", "Bearer " + "x" * 5000])
def test_nobody_calls_without_signing_in(stack: Running, function: str, token: str | None) -> None:
    answer = call(stack, function, {}, {"Authorization": token} if token is not None else {})
    assert answer.status_code == 401
    assert problem(answer) == "not-signed-in"


@pytest.mark.parametrize(
    ("function", "body", "named"),
    [
        ("login", {"time_zone": 5}, "time_zone"),
        ("usage/zone", {"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ("usage/zone", {"time_zone": "../../etc/passwd"}, "time zone"),
        ("login", {"locale": "../x"}, "locale"),
        ("allocate", {"locale": "../x"}, "locale"),
        ("login", {"admin": True}, "admin"),
        ("allocate", {"slot": "ws-1"}, "slot"),
        ("allocate", [], "object"),
        ("release", {}, "session"),
        ("release", {"session": "../x"}, "session"),
        ("release", {"session": None}, "session"),
        ("release", b"{", "truncated"),
        ("release", b"\xff\xfe", "malformed"),
    ],
)
def test_bad_input_is_told_by_its_name(grace: Person, function: str, body: Any, named: str) -> None:
    answer = grace.post(function, body)
    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_what_is_nested_beyond_reason_is_refused_like_anything_else(stack: Running, grace: Person) -> None:
    deep = b'{"locale":' + b"[" * 60_000
    assert grace.post("login", deep).status_code == 400
    header = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 2_500 + b"]" * 2_500 + b"}").decode().rstrip("=")
    for function in ("login", "allocate", "release"):
        assert call(stack, function, {}, {"Authorization": f"Bearer {header}.e30.e30"}).status_code == 401


def test_too_large_a_body_is_refused(grace: Person) -> None:
    assert grace.post("login", {"locale": "x" * 100_000}).status_code == 413


def test_open_enter_stop(stack: Running) -> None:
    person = Person(stack, "opener")
    entry = person.open()
    again = person.open()
    assert again["session"] == entry["session"]
    entered = person.enter(again)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/?folder=%2Fhome%2Fmember")
    assert person.me()["session"]["session"] == entry["session"]
    released = person.post("release", {"session": entry["session"]})
    assert (released.status_code, released.json()["state"]) == (202, "draining")
    next_entry = person.open()
    assert next_entry["session"] != entry["session"]
    assert person.me()["last"]["reason"] == "member"
    person.post("release", {"session": next_entry["session"]})


def test_somebody_elses_session_is_not_told_from_none(stack: Running, grace: Person) -> None:
    session = grace.open()["session"]
    stranger = Person(stack, "stranger")
    for sid in (session, "s-00000000000000000000"):
        answer = stranger.post("release", {"session": sid})
        assert (answer.status_code, problem(answer)) == (409, "session-elsewhere")
    assert grace.me()["session"]["session"] == session
    grace.post("release", {"session": session})
