"""No token passes for one of another kind, and none is accepted that Ondol did not sign."""

import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.sessions.tokens import HEARTBEAT_LIFE, InvalidToken, Signer
from tests.factories import BOOT, SID, a_session
from tests.keys import SIGNING_KEY, new_pem

SIGNER = Signer(SIGNING_KEY)


def now() -> datetime:
    """When the test runs, which may be long after this file was read."""
    return datetime.now(UTC)


def test_a_token_says_whose_it_is() -> None:
    hello = SIGNER.verify_hello(SIGNER.attach(a_session(), now()))
    assert (hello.sid, hello.epoch, hello.boot, hello.slot) == (SID, 7, None, "ws-1")
    beat = SIGNER.verify_heartbeat(SIGNER.heartbeat(a_session(), now()))
    assert (beat.sid, beat.epoch, beat.boot, beat.slot) == (SID, 7, BOOT, None)


def test_a_work_token_is_for_one_slot_and_one_boot_and_lives_five_minutes() -> None:
    token, moment = SIGNER.work(a_session(), now()), now()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["typ"] == "work+jwt"
    assert {name: claims[name] for name in ("aud", "sid", "epoch", "boot")} == {
        "aud": "slot:ws-1", "sid": SID, "epoch": 7, "boot": BOOT,
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] <= moment.timestamp()


def test_a_window_key_is_one_workspaces_and_one_signing_keys() -> None:
    key = SIGNER.window_key("w-1")
    assert len(base64.urlsafe_b64decode(key)) == 32
    assert Signer(SIGNING_KEY).window_key("w-1") == key
    assert SIGNER.window_key("w-2") != key
    assert Signer(new_pem()).window_key("w-1") != key


@pytest.mark.parametrize("kind", ["attach", "enter", "release", "work"])
def test_only_a_heartbeat_token_sends_heartbeats(kind: str) -> None:
    with pytest.raises(InvalidToken):
        SIGNER.verify_heartbeat(getattr(SIGNER, kind)(a_session(), now()))


@pytest.mark.parametrize("kind", ["enter", "release", "work", "heartbeat"])
def test_only_an_attach_token_says_hello(kind: str) -> None:
    with pytest.raises(InvalidToken):
        SIGNER.verify_hello(getattr(SIGNER, kind)(a_session(), now()))


@pytest.mark.parametrize("shift", [timedelta(seconds=-30) - HEARTBEAT_LIFE, timedelta(seconds=30)])
def test_an_expired_token_and_one_from_the_future_are_refused(shift: timedelta) -> None:
    with pytest.raises(InvalidToken):
        SIGNER.verify_heartbeat(SIGNER.heartbeat(a_session(), now() + shift))


def test_forged_tokens_are_refused() -> None:
    claims = {
        "iss": "ondol", "aud": "control-plane", "iat": now(), "exp": now() + timedelta(hours=1),
        "sid": SID, "epoch": 7, "boot": BOOT,
    }  # fmt: skip
    typ = {"typ": "heartbeat+jwt"}
    forged = [
        jwt.encode(claims, "", algorithm="none", headers=typ),
        jwt.encode(claims, "x" * 64, algorithm="HS256", headers=typ),
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=typ),
        Signer(new_pem()).heartbeat(a_session(), now()),
        "not a token",
    ]
    for token in forged:
        with pytest.raises(InvalidToken):
            SIGNER.verify_heartbeat(token)
