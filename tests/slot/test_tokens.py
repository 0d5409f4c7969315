"""The slot takes the control plane's tokens, for itself and of the right kind, and no other."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from agent.tokens import ATTACH, ENTER, RELEASE, WORK, Claims, InvalidToken, SingleUse, Verifier
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared.sessions.tokens import Signer
from tests.factories import a_session
from tests.keys import new_pem

SIGNER = Signer(new_pem())
SESSION = a_session()


def now() -> datetime:
    return datetime.now(UTC)


def verifier(slot: str = SESSION.slot, signer: Signer = SIGNER) -> Verifier:
    key = load_pem_public_key(signer.public_pem.encode())
    assert isinstance(key, Ed25519PublicKey)
    return Verifier(key, slot)


def test_each_kind_passes_as_itself_with_its_claims() -> None:
    assert verifier().verify(SIGNER.attach(SESSION, now()), ATTACH).wid == SESSION.wid
    assert verifier().verify(SIGNER.enter(SESSION, now()), ENTER).jti
    for token, kind in ((SIGNER.release(SESSION, now()), RELEASE), (SIGNER.work(SESSION, now()), WORK)):
        claims = verifier().verify(token, kind)
        assert (claims.sid, claims.epoch, claims.boot) == (SESSION.sid, SESSION.epoch, SESSION.boot)


def test_no_kind_passes_for_another() -> None:
    tokens = {
        ATTACH: SIGNER.attach(SESSION, now()),
        ENTER: SIGNER.enter(SESSION, now()),
        RELEASE: SIGNER.release(SESSION, now()),
        WORK: SIGNER.work(SESSION, now()),
        "heartbeat+jwt": SIGNER.heartbeat(SESSION, now()),
    }
    for kind in (ATTACH, ENTER, RELEASE, WORK):
        for other in tokens.keys() - {kind}:
            with pytest.raises(InvalidToken):
                verifier().verify(tokens[other], kind)


def test_another_slot_key_or_time_is_refused() -> None:
    token = SIGNER.release(SESSION, now())
    for stranger in (verifier(slot="ws-2"), verifier(signer=Signer(new_pem()))):
        with pytest.raises(InvalidToken):
            stranger.verify(token, RELEASE)
    with pytest.raises(InvalidToken):
        verifier().verify(SIGNER.release(SESSION, now() - timedelta(minutes=6)), RELEASE)


def test_no_other_algorithm_is_accepted() -> None:
    claims = jwt.decode(SIGNER.release(SESSION, now()), options={"verify_signature": False})
    headers = {"typ": RELEASE}
    key = "a secret that is long enough to sign by"
    for token in (jwt.encode(claims, "", "none", headers), jwt.encode(claims, key, "HS256", headers)):
        with pytest.raises(InvalidToken):
            verifier().verify(token, RELEASE)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "a" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        verifier().verify(token, ENTER)


def test_a_token_is_used_once() -> None:
    used = SingleUse()
    claims = Claims(sid="s", epoch=1, expires=1000.0, jti="j")
    assert used.use(claims, now=990.0)
    assert not used.use(claims, now=1001.0)
