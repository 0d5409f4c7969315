"""Firebase ID tokens: what a function takes for a sign-in where no emulator is named, and what it does not.

The Auth emulator signs nothing, and Google's SDK then checks neither signature nor time. So the checks of the cloud are
tried on a function that knows of no Auth emulator and finds a key of ours at the address of Google's.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.tokens import Signer
from tests.attacks.alone import function_alone
from tests.attacks.forging import hs256, unsigned
from tests.attacks.securetoken import KID, Firebase
from tests.factories import a_session
from tests.functions.person import Person, call, problem
from tests.observe import documents
from tests.running import Running

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
