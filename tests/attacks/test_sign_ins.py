"""Firebase ID tokens: what a function takes for a sign-in where no emulator is named, and what it does not.

The Auth emulator signs nothing, and Google's SDK then checks neither signature nor time. So the checks of the cloud are
tried on a function that knows of no Auth emulator and finds a key of ours at the address of Google's.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from firebase_admin import auth

from shared.gcp.identity import firebase_app
from shared.gcp.store.accounts import account_ref, ensure_account
from shared.sessions.tokens import Signer
from tests.attacks.securetoken import KID, Firebase
from tests.support.members.forged_tokens import hs256, unsigned
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person, call, problem
from tests.support.records.factories import a_session
from tests.support.stack.environment import environment
from tests.support.stack.function_process import function_alone
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import Running

FUNCTIONS = ("login", "allocate", "release", "admin/suspend")


@dataclass(frozen=True)
class Cloud:
    """`login` as it runs in the cloud, and the Firebase Auth whose sign-ins it takes."""

    url: str
    firebase: Firebase

    def login(self, token: str) -> httpx.Response:
        return httpx.post(self.url, json={}, headers={"Authorization": f"Bearer {token}"}, timeout=60)


@pytest.fixture(scope="module")
def cloud(stack: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("cloud")
    firebase = Firebase(folder)
    settings = {name: value for name, value in stack.env.items() if name != "FIREBASE_AUTH_EMULATOR_HOST"}
    with environment(
        stack.env
    ):  # that Firebase knows them was asked just now: here nothing but its keys can be reached
        ensure_account(
            "u-cloud", email="cloud@example.com", name=None, locale="en", admit=lambda: None, now=datetime.now(UTC)
        )
    with firebase.published() as google, function_alone("login", settings | google, folder) as url:
        yield Cloud(url, firebase)


def test_a_sign_in_that_firebase_signed_is_taken(cloud: Cloud) -> None:
    answer = cloud.login(cloud.firebase.token())
    assert (answer.status_code, answer.json()["account"]["uid"]) == (200, "u-cloud")


def test_every_other_sign_in_is_refused(stack: Running, cloud: Cloud) -> None:
    good, now = cloud.firebase.token(), int(time.time())
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    sign, ours = cloud.firebase.token, Signer(stack.env["SIGNING_KEY"])
    later = a_session()
    flaws = {
        "expired": sign(iat=now - 7200, exp=now - 60),
        "not yet valid": sign(iat=now + 60, exp=now + 3660),
        "of another project": sign(aud="another", iss="https://securetoken.google.com/another"),
        "for another project": sign(aud="another"),
        "of another issuer": sign(iss="https://accounts.google.com"),
        "of nobody": sign(sub=None, user_id=None),
        "of an empty name": sign(sub=""),
        "of too long a name": sign(sub="u" * 129),
        "of a name that is a list": sign(sub=["u-cloud"]),
        "without an end": sign(exp=None),
        "without a beginning": sign(iat=None),
        "of another key under the same name": sign(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "of a key that Google does not publish": sign(kid="another"),
        "a custom token": sign(
            aud="https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
        ),
        "alg none": unsigned({**header, "alg": "none"}, claims),
        "unsigned, as the emulator's are": unsigned({"alg": "none", "typ": "JWT"}, claims),
        "the emulator's": Person(stack, "emulated").token,
        "HS256 with the public key": hs256({"alg": "HS256", "kid": KID}, claims, cloud.firebase.public_pem),
        "without its signature": f"{head}.{body}.",
        "with another's claims": f"{head}.{sign(sub='u-other').split('.')[1]}.{signature}",
        **{
            f"Ondol's {kind} token": getattr(ours, kind)(later, later.opened)
            for kind in ("attach", "enter", "release", "heartbeat")
        },
    }
    for what, token in flaws.items():
        answer = cloud.login(token)
        assert answer.status_code == 401, f"{what}: {answer.status_code} {answer.text}"
        assert problem(answer) == "not-signed-in", what
    assert not [a for a in documents(stack, "accounts") if a["uid"] in ("u-other", "u" * 129)]


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "HS256"}, {"v": 0, "d": 5}),
        ({"alg": "HS256"}, {"v": 0, "d": None}),
        ({"alg": "RS256", "kid": [KID]}, "good"),
        ({"alg": "RS256", "kid": {"a": 1}}, "good"),
        ({"alg": ["RS256"], "kid": KID}, "good"),
        ({"alg": "RS256", "kid": KID}, []),
        ({"alg": "RS256", "kid": KID}, 7),
        ([], "good"),
        (None, None),
    ],
)
def test_a_sign_in_of_no_sensible_form_is_refused_like_any_other(cloud: Cloud, header: Any, claims: Any) -> None:
    if claims == "good":
        claims = jwt.decode(cloud.firebase.token(), options={"verify_signature": False})
    answer = cloud.login(f"{unsigned(header, claims)}c2lnbmVk")
    assert answer.status_code == 401, answer.text


def test_the_emulators_sign_ins_are_held_to_project_and_person(stack: Running) -> None:
    good = jwt.decode(Person(stack, "emulated").token, options={"verify_signature": False})
    flaws: dict[str, dict[str, Any]] = {
        "of another project": {"aud": "another", "iss": "https://securetoken.google.com/another"},
        "of another issuer": {"iss": "https://accounts.google.com"},
        "of nobody": {"sub": ""},
        "of too long a name": {"sub": "u" * 129},
        "of a number": {"sub": 5},
        "of a name that is a path": {"sub": "a/b"},
        "of a name that Firestore keeps for itself": {"sub": "__all__"},
    }
    for what, changed in flaws.items():
        token = unsigned({"alg": "none", "typ": "JWT"}, {**good, **changed})
        for function in FUNCTIONS:
            body = {"session": "s-00000000000000000000"} if function == "release" else {}
            answer = call(stack, function, body, {"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401, f"{what}, {function}: {answer.text}"


GUARDED: dict[str, dict[str, str]] = {
    "login": {},
    "allocate": {},
    "snapshots/restore": {"snapshot": "1-a-1"},
    "account/delete": {},
}


def test_signing_out_everywhere_ends_every_sign_in_of_before_and_the_session(stack: Running) -> None:
    person = Person(stack, "everywhere")
    with Workspace(stack, person) as workspace:
        done = person.post("account/sign-out", {"everywhere": True})
        assert done.status_code == 200, done.text
        for function, body in GUARDED.items():
            refused = person.post(function, body)
            assert (refused.status_code, problem(refused)) == (401, "not-signed-in"), function
        for function in ("snapshots", "usage", "usage/csv?month=2026-11"):
            assert person.get(function).status_code == 401, function
        again = person.post("account/sign-out", {"everywhere": True})
        assert again.status_code == 401, "who has an old token can't throw the member out again"
        until(lambda: workspace.get("/").status_code == 401, "nobody comes into the editor by a cookie of before")
    until(lambda: workspace.record["state"] == "ended", "it is saved and ended")
    assert workspace.record["reason"] == "signed-out"
    assert renewed_after_a_second(stack, "everywhere").me()["last"]["reason"] == "signed-out"


def test_signing_out_in_one_browser_ends_what_that_one_may_enter_and_no_more(stack: Running) -> None:
    person = Person(stack, "two-browsers")
    elsewhere = person.with_claims(auth_time=round(time.time()) - 3600)
    here, there = (Entered(stack, who, browser=name * 16) for who, name in ((person, "a"), (elsewhere, "b")))
    try:
        assert (here.get("/healthz").status_code, there.get("/healthz").status_code) == (200, 200)
        late = person.post("allocate", {"browser": "a" * 16}).json()
        assert person.post("account/sign-out", {"browser": "a" * 16}).status_code == 200
        until(lambda: here.get("/healthz").status_code == 401, "its cookie opens nothing after a heartbeat")
        assert person.enter(late).status_code == 401, "nor does a token of before"
        assert there.get("/healthz").status_code == 200
        assert elsewhere.me()["session"]["session"] == there.sid, "the session goes on"
        for odd in ("", "a", "A" * 16, "../" * 6, "a" * 65, 5, ["a" * 16]):
            assert elsewhere.post("account/sign-out", {"browser": odd}).status_code == 400, odd
    finally:
        there.close()


def test_who_has_copied_a_sign_in_goes_with_it_when_its_member_signs_out(stack: Running) -> None:
    """Under a browser's id of their own, and with a token that they renew afterwards."""
    person = Person(stack, "copied")
    again = person.with_claims(auth_time=round(time.time()) + 1)
    thief = Entered(stack, person, browser="e" * 16)
    try:
        assert thief.get("/healthz").status_code == 200
        assert person.post("account/sign-out", {"browser": "a" * 16}).status_code == 200
        renewed = person.with_claims(iat=round(time.time()) + 2)
        for who in (person, renewed):
            for function, body in GUARDED.items():
                refused = who.post(function, body)
                assert (refused.status_code, problem(refused)) == (401, "not-signed-in"), function
        until(lambda: thief.get("/healthz").status_code == 401, "they come in no more after a heartbeat")
        assert again.me()["session"]["session"] == thief.sid, "the session goes on for who signs in again"
    finally:
        again.post("release", {"session": thief.sid})


def test_nobody_signs_another_out(stack: Running) -> None:
    person, stranger = Person(stack, "left-alone"), Person(stack, "busybody")
    workspace = Entered(stack, person, browser="c" * 16)
    stranger.me()
    again = stranger.with_claims(auth_time=round(time.time()) + 1)
    for who, body in ((stranger, {"browser": "c" * 16}), (again, {"everywhere": True})):
        assert who.post("account/sign-out", body).status_code == 200
    assert workspace.get("/healthz").status_code == 200
    assert workspace.record["signed_out"] == []
    workspace.close()


def test_who_was_disabled_in_firebase_auth_opens_nothing_and_their_session_ends(stack: Running) -> None:
    person = Person(stack, "disabled")
    with Workspace(stack, person) as workspace:
        with environment(stack.env):
            auth.update_user(person.uid, disabled=True, app=firebase_app())
            an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
            account_ref(person.uid).update({"sign_in_checked": an_hour_ago})
        refused = person.post("allocate", {})
        assert (refused.status_code, problem(refused)) == (403, "account-suspended")
        until(lambda: workspace.record["state"] in ("draining", "ended"), "its end has begun")
        until(lambda: workspace.get("/").status_code == 401, "and nobody is in the editor")
    until(lambda: workspace.record["state"] == "ended", "it is saved and ended")
    assert workspace.record["reason"] == "suspended"


def test_a_sign_in_that_firebase_auth_has_ended_is_refused_at_the_next_look(stack: Running) -> None:
    person = Person(stack, "revoked")
    person.me()
    with environment(stack.env):
        auth.update_user(person.uid, valid_since=int(time.time()) + 1, app=firebase_app())
        account_ref(person.uid).update({"sign_in_checked": datetime.now(UTC) - timedelta(hours=1)})
    for _ in range(2):
        assert person.post("login", {}).status_code == 401
    assert (document(stack, f"accounts/{person.uid}") or {})["state"] == "active"


def test_a_sign_in_of_nobody_makes_no_account(stack: Running) -> None:
    good = jwt.decode(Person(stack, "is-somebody").token, options={"verify_signature": False})
    nobody = {**good, "sub": "u-nobody", "user_id": "u-nobody"}
    for function in ("login", "allocate"):
        bearer = {"Authorization": f"Bearer {unsigned({'alg': 'none', 'typ': 'JWT'}, nobody)}"}
        answer = call(stack, function, {}, bearer)
        assert (answer.status_code, problem(answer)) == (401, "not-signed-in")
    assert document(stack, "accounts/u-nobody") is None


class Entered(Workspace):
    """In a browser with this id."""

    def __init__(self, stack: Running, person: Person, browser: str) -> None:
        self._browser = browser
        super().__init__(stack, person)

    def _open(self) -> dict[str, Any]:
        return until(lambda: self._asked(), "it is open")

    def _asked(self) -> dict[str, Any] | None:
        answer = self.person.post("allocate", {"browser": self._browser})
        return answer.json() if answer.status_code == 200 else None


def renewed_after_a_second(stack: Running, name: str) -> Person:
    """Signed in anew: a token tells whole seconds, and those of the second of the sign-out are ended too."""
    people: list[Person] = []

    def signed_in() -> bool:
        people.append(Person(stack, name))
        return people[-1].post("login", {}).status_code == 200

    until(signed_in, "they sign in")
    return people[-1]
