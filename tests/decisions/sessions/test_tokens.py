"""No token passes for one of another kind, and none is accepted that Ondol did not sign."""

import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.sessions.signing_keys import key_id, private_keys, public_keys
from shared.sessions.tokens import HEARTBEAT_LIFE, InvalidToken, Signer
from shared.sessions.window_keys import window_key
from tests.support.records.factories import BOOT, SID, a_session
from tests.support.records.keys import SIGNING_KEY, new_pem, public_pem

SIGNER = Signer(SIGNING_KEY)


def now() -> datetime:
    """When the test runs, which may be long after this file was read."""
    return datetime.now(UTC)


def test_a_token_says_whose_it_is() -> None:
    hello = SIGNER.verify_hello(SIGNER.attach(a_session(), now()))
    assert (hello.sid, hello.epoch, hello.boot, hello.slot) == (SID, 7, None, "ws-1")
    beat = SIGNER.verify_heartbeat(SIGNER.heartbeat(a_session(), now()))
    assert (beat.sid, beat.epoch, beat.boot, beat.slot) == (SID, 7, BOOT, None)


def test_a_background_hold_token_is_for_one_slot_and_one_boot_and_lives_five_minutes() -> None:
    token, moment = SIGNER.background_hold(a_session(), now()), now()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["typ"] == "background-hold+jwt"
    assert {name: claims[name] for name in ("aud", "sid", "epoch", "boot")} == {
        "aud": "slot:ws-1", "sid": SID, "epoch": 7, "boot": BOOT,
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] <= moment.timestamp()


def test_a_window_key_is_one_workspaces_and_one_secrets() -> None:
    key = window_key("a secret", "w-1")
    assert len(base64.urlsafe_b64decode(key)) == 32
    assert window_key("a secret", "w-1") == key
    assert window_key("a secret", "w-2") != key
    assert window_key("another", "w-1") != key


def test_while_keys_are_rotated_the_tokens_of_both_pass_and_afterwards_those_of_the_new_one() -> None:
    """Announced, the new key verifies; then it signs, and the old one verifies; then the old one is gone."""
    old, new = new_pem(), new_pem()
    before, announced, switched, after = Signer(old), Signer(old + new), Signer(new + old), Signer(new)
    first, second = before.heartbeat(a_session(), now()), switched.heartbeat(a_session(), now())
    assert jwt.get_unverified_header(announced.heartbeat(a_session(), now()))["kid"] == key_ids(old)[0]
    for signer in (announced, switched):
        assert signer.verify_heartbeat(first).sid == signer.verify_heartbeat(second).sid == SID
    assert before.verify_heartbeat(first).sid == after.verify_heartbeat(second).sid == SID
    for signer, token in ((before, second), (after, first)):
        with pytest.raises(InvalidToken, match="not signed with a key of ours"):
            signer.verify_heartbeat(token)


def test_a_key_is_known_by_its_thumbprint() -> None:
    """The example of RFC 8037, appendix A.3."""
    raw = base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    assert key_id(Ed25519PublicKey.from_public_bytes(raw)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_what_is_no_signing_key_is_refused_and_not_told() -> None:
    for text in ("", "a secret", public_pem(new_pem()), new_pem() + public_pem(new_pem())):
        with pytest.raises(ValueError, match=r"^SIGNING_KEY must be Ed25519 private keys in PEM$"):
            Signer(text)


def key_ids(pem: str) -> list[str]:
    return list(public_keys(Signer(pem).public_pem))


@pytest.mark.parametrize("kind", ["attach", "enter", "release", "background_hold"])
def test_only_a_heartbeat_token_sends_heartbeats(kind: str) -> None:
    with pytest.raises(InvalidToken):
        SIGNER.verify_heartbeat(getattr(SIGNER, kind)(a_session(), now()))


@pytest.mark.parametrize("kind", ["enter", "release", "background_hold", "heartbeat"])
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
    typ = {"typ": "heartbeat+jwt", "kid": jwt.get_unverified_header(SIGNER.heartbeat(a_session(), now()))["kid"]}
    forged = [
        jwt.encode(claims, "", algorithm="none", headers=typ),
        jwt.encode(claims, "x" * 64, algorithm="HS256", headers=typ),
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=typ),
        jwt.encode(claims, private_keys(SIGNING_KEY)[0], algorithm="EdDSA", headers={"typ": typ["typ"]}),
        Signer(new_pem()).heartbeat(a_session(), now()),
        "not a token",
    ]
    for token in forged:
        with pytest.raises(InvalidToken):
            SIGNER.verify_heartbeat(token)
