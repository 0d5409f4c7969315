"""Strangers who call what only Cloud Tasks and Cloud Scheduler may; and a wrong deployment."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from local import environment
from local.ports import Ports
from shared.gcp.emulators import VARIABLES
from shared.sessions.tokens import Signer
from tests.support.members.forged_tokens import hs256, unsigned
from tests.support.members.person import Person, problem
from tests.support.records.factories import NOW, a_session
from tests.support.stack.environment import SETTINGS
from tests.support.stack.function_process import FUNCTIONS, launch
from tests.support.stack.google_clients import GOOGLES_HEADERS, invoker_token
from tests.support.stack.observe import document
from tests.support.stack.running import Running

TASKS = ("reclaim", "pool", "erase", "export", "meter")


class Google:
    """Google's hand, as far as the local stack is concerned: signs whatever it is told to."""

    def __init__(self, stack: Running, function: str) -> None:
        key = load_pem_private_key((stack.state / "tasks" / "oidc.pem").read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self.good = invoker_token(stack, function)
        self.header = jwt.get_unverified_header(self.good)
        self.claims: dict[str, Any] = jwt.decode(self.good, options={"verify_signature": False})

    def token(self, key: rsa.RSAPrivateKey | None = None, kid: str | None = None, **changed: Any) -> str:
        """The good one with some claims changed; None takes one away."""
        kept = {name: value for name, value in {**self.claims, **changed}.items() if value is not None}
        return jwt.encode(kept, key or self._key, algorithm="RS256", headers={"kid": kid or self.header["kid"]})

    @property
    def public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def forged(stack: Running, google: Google, person: Person) -> Iterator[tuple[str, str]]:
    """Tokens that are not the invoker's for this function, by what is wrong with them."""
    invoker, slot, now = stack.env["INVOKER_SERVICE_ACCOUNT"], stack.env["SLOT_SERVICE_ACCOUNT"], int(time.time())
    another = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    yield "the slot's own account, with the right audience", google.token(email=slot)
    yield (
        "the slot's own account, by another address too",
        google.token(email=slot, sub=invoker, azp=invoker, name=invoker),
    )
    yield "the account that lends access to the bucket", google.token(email=stack.env["STATE_SERVICE_ACCOUNT"])
    yield "a person at Google", google.token(email="somebody@gmail.example")
    yield "an address that ends alike", google.token(email=f"x{invoker}")
    yield "an address that begins alike", google.token(email=f"{invoker}.evil.example")
    yield "the invoker's address in capitals", google.token(email=invoker.upper())
    yield "a list of addresses", google.token(email=[invoker])
    yield "no address", google.token(email=None)
    yield "an address that nobody verified", google.token(email_verified=False)
    yield "an address of which nothing is said", google.token(email_verified=None)
    yield "an address verified in words", google.token(email_verified="true")
    yield "for another function", google.token(aud=stack.called_at("login"))
    yield "for the functions as a whole", google.token(aud=stack.at("gateway"))
    yield "for an address that begins alike", google.token(aud=f"{google.claims['aud']}/x")
    yield "for nobody", google.token(aud=None)
    yield "of another issuer", google.token(iss="https://securetoken.google.com/demo-ondol")
    yield "of no issuer", google.token(iss=None)
    yield "expired", google.token(iat=now - 7200, exp=now - 60)
    yield "not yet valid", google.token(iat=now + 60, exp=now + 3660)
    yield "not before a minute from now", google.token(nbf=now + 60)
    yield "without an end", google.token(exp=None)
    yield "of another key under Google's name", google.token(key=another)
    yield "of a key that Google does not publish", google.token(key=another, kid="another")
    yield "alg none", unsigned({**google.header, "alg": "none"}, google.claims)
    yield "HS256 with the public key", hs256({**google.header, "alg": "HS256"}, google.claims, google.public_pem)
    yield "without its signature", google.good.rpartition(".")[0] + "."
    yield "a member's sign-in", person.token
    signer, session = Signer(stack.env["SIGNING_KEY"]), a_session()
    for kind in ("attach", "enter", "release", "background_hold", "heartbeat"):
        yield f"Ondol's {kind} token", getattr(signer, kind)(session, NOW)


@pytest.mark.parametrize("function", TASKS)
def test_a_task_is_brought_by_the_invoker_and_by_nobody_else(stack: Running, function: str) -> None:
    person, google = Person(stack, "pushed"), Google(stack, function)
    sid = person.open()["session"]
    body = {"session": sid} if function == "reclaim" else {}

    def bring(headers: dict[str, str], query: str = "") -> httpx.Response:
        return httpx.post(
            f"{stack.at(function)}/{query}", json=body, headers={**GOOGLES_HEADERS, **headers}, timeout=60
        )

    elsewhere = {
        "nothing": bring({}),
        "another scheme": bring({"Authorization": f"Basic {google.good}"}),
        "no scheme": bring({"Authorization": google.good}),
        "another header": bring({"X-Serverless-Authorization": f"Bearer {google.good}"}),
        "a cookie": bring({"Cookie": f"Authorization=Bearer {google.good}"}),
        "the query": bring({}, f"?access_token={google.good}"),
    }
    for where, answer in elsewhere.items():
        assert answer.status_code == 401, f"{where}: {answer.text}"
    for what, token in forged(stack, google, person):
        answer = bring({"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 403), f"{what}: {answer.status_code} {answer.text}"
        assert problem(answer) in ("not-signed-in", "forbidden"), what
    session = document(stack, f"sessions/{sid}") or {}
    # on a slow machine all of that takes longer than a session may be idle
    assert session["state"] in ("opening", "active") or session["reason"] == "idle"
    assert httpx.post(f"{stack.url}/api/{function}", json=body, headers=GOOGLES_HEADERS, timeout=60).status_code == 404
    assert bring({"Authorization": f"Bearer {google.good}"}).status_code == 200, "the good one passes"
    person.post("release", {"session": sid})


def test_no_function_starts_in_the_cloud_beside_an_emulator(tmp_path: Path) -> None:
    endpoints = environment.endpoints(Ports.of(10240, tuple(FUNCTIONS)).all())
    assert set(VARIABLES) == set(endpoints), "every emulator of the local stack is refused in the cloud"
    # each function with one of them, and each of them with some function
    variables = dict(zip(FUNCTIONS, itertools.cycle(VARIABLES), strict=False))
    started = {
        name: launch(FUNCTIONS[name], {**SETTINGS, "K_SERVICE": name, variable: endpoints[variable]}, tmp_path / name)
        for name, variable in variables.items()
    }
    try:
        for name, process in started.items():
            assert process.wait(120) != 0, name
            assert f"these variables name an emulator: {variables[name]}" in (tmp_path / name).read_text()
    finally:
        for process in started.values():
            process.kill()
            process.wait()
