"""The slot takes the control plane's tokens, for itself and of the right kind, and no other."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from agent.control_plane.tokens import (
    ATTACH,
    BACKGROUND_HOLD,
    ENTER,
    PROJECT,
    RELEASE,
    Claims,
    InvalidToken,
    SingleUse,
    Verifier,
)
from agent.signing_keys import read_keys

from shared.sessions.tokens import Signer
from tests.support.members.forged_tokens import eddsa
from tests.support.records.factories import a_session
from tests.support.records.keys import new_pem, public_pem

PEM = new_pem()
SIGNER = Signer(PEM)
SESSION = a_session()


def now() -> datetime:
    return datetime.now(UTC)


def verifier(slot: str = SESSION.slot, signer: Signer = SIGNER) -> Verifier:
    return Verifier(read_keys(signer.public_pem), slot)


def test_each_kind_passes_as_itself_with_its_claims() -> None:
    assert verifier().verify(SIGNER.attach(SESSION, now()), ATTACH).wid == SESSION.wid
    assert verifier().verify(SIGNER.enter(SESSION, now()), ENTER).jti
    assert verifier().verify(SIGNER.project(SESSION, now(), "b1", "s1"), PROJECT).browser == "b1"
    for token, kind in (
        (SIGNER.release(SESSION, now()), RELEASE),
        (SIGNER.background_hold(SESSION, now()), BACKGROUND_HOLD),
    ):
        claims = verifier().verify(token, kind)
        assert (claims.sid, claims.epoch, claims.boot) == (SESSION.sid, SESSION.epoch, SESSION.boot)


def test_no_kind_passes_for_another() -> None:
    tokens = {
        ATTACH: SIGNER.attach(SESSION, now()),
        ENTER: SIGNER.enter(SESSION, now()),
        PROJECT: SIGNER.project(SESSION, now()),
        RELEASE: SIGNER.release(SESSION, now()),
        BACKGROUND_HOLD: SIGNER.background_hold(SESSION, now()),
        "heartbeat+jwt": SIGNER.heartbeat(SESSION, now()),
    }
    for kind in (ATTACH, ENTER, PROJECT, RELEASE, BACKGROUND_HOLD):
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
    headers = {"typ": RELEASE, "kid": jwt.get_unverified_header(SIGNER.release(SESSION, now()))["kid"]}
    key = "a secret that is long enough to sign by"
    for token in (jwt.encode(claims, "", "none", headers), jwt.encode(claims, key, "HS256", headers)):
        with pytest.raises(InvalidToken):
            verifier().verify(token, RELEASE)


def test_while_keys_are_rotated_the_tokens_of_both_pass_and_afterwards_those_of_the_new_one() -> None:
    old, new = new_pem(), new_pem()
    before, during, after = Signer(old), Signer(new + old), Signer(new)
    first, second = before.release(SESSION, now()), during.release(SESSION, now())
    slots = {name: verifier(signer=Signer(pem)) for name, pem in (("both", old + new), ("new", new), ("old", old))}
    for name, passes in (("both", (first, second)), ("new", (second,)), ("old", (first,))):
        for token in (first, second):
            if token in passes:
                assert slots[name].verify(token, RELEASE).sid == SESSION.sid
            else:
                with pytest.raises(InvalidToken, match="no such key"):
                    slots[name].verify(token, RELEASE)
    assert slots["new"].verify(after.release(SESSION, now()), RELEASE).sid == SESSION.sid


@pytest.mark.parametrize("kid", [None, "", "unknown", 7, ["kid"]])
def test_a_token_that_names_no_key_of_the_control_planes_is_refused(kid: object) -> None:
    claims = jwt.decode(SIGNER.release(SESSION, now()), options={"verify_signature": False})
    head = {"alg": "EdDSA", "typ": RELEASE} | ({} if kid is None else {"kid": kid})
    token = eddsa(head, claims, PEM)
    with pytest.raises(InvalidToken):
        verifier().verify(token, RELEASE)


@pytest.mark.parametrize(
    "text",
    ["", "key", new_pem(), public_pem(new_pem()) + new_pem()],
    ids=["nothing", "a-word", "private", "private-behind-public"],  # keys are random, and each process collects alike
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="public key"):
        read_keys(text)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "a" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        verifier().verify(token, ENTER)


def test_a_token_is_used_once() -> None:
    used = SingleUse()
    claims = Claims(sid="s", epoch=1, expires=1000.0, jti="j")
    assert used.use(claims, now=990.0)
    assert not used.use(claims, now=1001.0)
