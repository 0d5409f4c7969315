"""Ondol's own tokens: five kinds of JWT, signed with one Ed25519 key. docs/protocol.md has the table.

The kind is the header's `typ` and the audience; both are checked before a claim is believed, so no token passes for
one of another kind.
"""

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from msgspec import Struct

from shared.accounts.address_marks import normalized
from shared.sessions.session import Session

ALGORITHM = "EdDSA"
ISSUER = "ondol"
LEEWAY = 5
CONTROL_PLANE = "control-plane"
SLOT_AUDIENCE = "slot:"

ATTACH, ATTACH_LIFE = "attach+jwt", timedelta(minutes=5)
ENTER, ENTER_LIFE = "enter+jwt", timedelta(seconds=60)
RELEASE, RELEASE_LIFE = "release+jwt", timedelta(minutes=5)
WORK, WORK_LIFE = "work+jwt", timedelta(minutes=5)
HEARTBEAT, HEARTBEAT_LIFE = "heartbeat+jwt", timedelta(days=1)


class InvalidToken(Exception):
    """The token is malformed, expired, of another kind, or not ours."""


class Bearer(Struct, frozen=True):
    """What a verified token says of its bearer. An attach token names no boot, a heartbeat token no slot."""

    sid: str
    epoch: int
    boot: str | None
    slot: str | None


class Signer:
    """Mints and verifies. Built once per process from the PEM of the private key."""

    def __init__(self, pem: str) -> None:
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("SIGNING_KEY must be an Ed25519 private key in PEM")
        self._private = key
        self._public: Ed25519PublicKey = key.public_key()

    @property
    def public_pem(self) -> str:
        """What a slot verifies by."""
        return self._public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def attach(self, session: Session, now: datetime) -> str:
        claims = {"sid": session.sid, "epoch": session.epoch, "wid": session.wid}
        return self._mint(ATTACH, slot_audience(session.slot), claims, now, ATTACH_LIFE)

    def enter(self, session: Session, now: datetime, browser: str = "") -> str:
        """`browser` is the id that the page gave the browser at the sign-in; empty for one that has none."""
        claims = {**_of_boot(session), "jti": secrets.token_urlsafe(16), "browser": browser}
        return self._mint(ENTER, slot_audience(session.slot), claims, now, ENTER_LIFE)

    def release(self, session: Session, now: datetime) -> str:
        return self._mint(RELEASE, slot_audience(session.slot), _of_boot(session), now, RELEASE_LIFE)

    def work(self, session: Session, now: datetime) -> str:
        return self._mint(WORK, slot_audience(session.slot), _of_boot(session), now, WORK_LIFE)

    def heartbeat(self, session: Session, now: datetime) -> str:
        return self._mint(HEARTBEAT, CONTROL_PLANE, _of_boot(session), now, HEARTBEAT_LIFE)

    def window_key(self, wid: str) -> str:
        """What a slot seals the sign-ins of a workspace's window with: 32 bytes in base64url, the same for each session
        and derived anew each time, so that it is stored nowhere. Another signing key makes another one."""
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ondol window " + wid.encode())
        return base64.urlsafe_b64encode(derived.derive(self._private.private_bytes_raw())).decode()

    def address_mark(self, address: str) -> str:
        """The mark of an email address (HMAC-SHA-256, in hex): the same for each way of writing it, and of no use to
        whoever does not have the signing key."""
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ondol address mark").derive(
            self._private.private_bytes_raw()
        )
        return hmac.new(key, normalized(address).encode(), sha256).hexdigest()

    def verify_hello(self, token: str) -> Bearer:
        """The attach token that a slot brings back; which slot it was for is in the answer."""
        bearer = self._verify(token, ATTACH, audience=None)
        if bearer.slot is None:
            raise InvalidToken("not addressed to a slot")
        return bearer

    def verify_heartbeat(self, token: str) -> Bearer:
        return self._verify(token, HEARTBEAT, audience=CONTROL_PLANE)

    def _mint(self, typ: str, audience: str, claims: dict[str, Any], now: datetime, life: timedelta) -> str:
        payload = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + life, **claims}
        return jwt.encode(payload, self._private, algorithm=ALGORITHM, headers={"typ": typ})

    def _verify(self, token: str, typ: str, *, audience: str | None) -> Bearer:
        try:
            if jwt.get_unverified_header(token).get("typ") != typ:
                raise InvalidToken(f"not a token of kind {typ}")
            claims = jwt.decode(
                token,
                self._public,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "sid", "epoch"], "verify_aud": audience is not None},
            )
        except (jwt.InvalidTokenError, RecursionError) as e:
            raise InvalidToken(str(e)) from e
        addressed_to_slot = str(claims["aud"]).startswith(SLOT_AUDIENCE)
        slot = str(claims["aud"]).removeprefix(SLOT_AUDIENCE) if addressed_to_slot else None
        return Bearer(sid=claims["sid"], epoch=claims["epoch"], boot=claims.get("boot"), slot=slot)


def slot_audience(slot: str) -> str:
    return SLOT_AUDIENCE + slot


def _of_boot(session: Session) -> dict[str, Any]:
    return {"sid": session.sid, "epoch": session.epoch, "boot": session.boot}
