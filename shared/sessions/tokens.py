"""Ondol's own tokens: six kinds of JWT, signed with an Ed25519 key. docs/protocol.md has the table.

The header's `typ` and the audience say which kind a token is. Both are checked before any claim is read, so a token of
one kind is never accepted as another. The key is the one that
the header's `kid` names, among those that are accepted.
"""

from datetime import datetime, timedelta
from typing import Any

import jwt
from msgspec import Struct

from shared import machine
from shared.sessions.session import Session
from shared.sessions.signing_keys import key_id, private_keys, public_pem

ALGORITHM = "EdDSA"
ISSUER = "ondol"
LEEWAY = 5
CONTROL_PLANE = "control-plane"
SLOT_AUDIENCE = "slot:"

ATTACH, ATTACH_LIFE = "attach+jwt", timedelta(minutes=5)
ENTER, ENTER_LIFE = "enter+jwt", timedelta(seconds=60)
RELEASE, RELEASE_LIFE = "release+jwt", timedelta(minutes=5)
BACKGROUND_HOLD, BACKGROUND_HOLD_LIFE = "background-hold+jwt", timedelta(minutes=5)
PROJECT, PROJECT_LIFE = "project+jwt", timedelta(hours=1)
HEARTBEAT, HEARTBEAT_LIFE = "heartbeat+jwt", timedelta(days=1)


class InvalidToken(Exception):
    """The token is malformed, expired, of another kind, or was not signed by Ondol."""


class Bearer(Struct, frozen=True):
    """The claims of a verified token. An attach token has no boot, a heartbeat token no slot."""

    sid: str
    epoch: int
    boot: str | None
    slot: str | None


class Signer:
    """Creates tokens with the first key, and verifies them with each. Built once per process from the PEM of the
    private keys. Raises ValueError if the text holds no such keys."""

    def __init__(self, pem: str) -> None:
        keys = private_keys(pem)
        self._private = keys[0]
        self._public = {key_id(key): key for key in (each.public_key() for each in keys)}
        self._key_id = next(iter(self._public))

    @property
    def public_pem(self) -> str:
        """The public keys, with which a slot verifies tokens."""
        return public_pem(list(self._public.values()))

    def attach(self, session: Session, now: datetime) -> str:
        claims = {"sid": session.sid, "epoch": session.epoch, "wid": session.wid}
        return self._mint(ATTACH, slot_audience(session.slot), claims, now, ATTACH_LIFE)

    def enter(self, session: Session, now: datetime, browser: str = "", sign_in: str = "", language: str = "") -> str:
        """`browser` is the browser's id from the page, empty if it has none; `sign_in` is the sign-in's
        `sign_in_id`; `language` is the page's, a BCP 47 tag; empty if it is not known."""
        claims = {**_of_browser(session, browser, sign_in), "language": language}
        return self._mint(ENTER, slot_audience(session.slot), claims, now, ENTER_LIFE)

    def project(self, session: Session, now: datetime, browser: str = "", sign_in: str = "") -> str:
        """A token for bringing a project into the home. Unlike that of `enter` it can be used again within its life,
        which is long enough to send a large archive."""
        return self._mint(
            PROJECT, slot_audience(session.slot), _of_browser(session, browser, sign_in), now, PROJECT_LIFE
        )

    def release(self, session: Session, now: datetime) -> str:
        claims = {**_of_boot(session), "reason": session.reason or ""}
        return self._mint(RELEASE, slot_audience(session.slot), claims, now, RELEASE_LIFE)

    def background_hold(self, session: Session, now: datetime) -> str:
        return self._mint(BACKGROUND_HOLD, slot_audience(session.slot), _of_boot(session), now, BACKGROUND_HOLD_LIFE)

    def heartbeat(self, session: Session, now: datetime) -> str:
        return self._mint(HEARTBEAT, CONTROL_PLANE, _of_boot(session), now, HEARTBEAT_LIFE)

    def verify_hello(self, token: str) -> Bearer:
        """Verifies the attach token that a slot brings back. The result names the slot that the token was made for."""
        bearer = self._verify(token, ATTACH, audience=None)
        if bearer.slot is None:
            raise InvalidToken("not addressed to a slot")
        return bearer

    def verify_heartbeat(self, token: str) -> Bearer:
        return self._verify(token, HEARTBEAT, audience=CONTROL_PLANE)

    def verify_container(self, token: str) -> Bearer:
        """Verifies what a container brings: its attach token, or a heartbeat token. Only the first names a slot."""
        return self.verify_hello(token) if _header(token).get("typ") == ATTACH else self.verify_heartbeat(token)

    def _mint(self, typ: str, audience: str, claims: dict[str, Any], now: datetime, life: timedelta) -> str:
        payload = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + life, **claims}
        return jwt.encode(payload, self._private, algorithm=ALGORITHM, headers={"typ": typ, "kid": self._key_id})

    def _verify(self, token: str, typ: str, *, audience: str | None) -> Bearer:
        header = _header(token)
        if header.get("typ") != typ:
            raise InvalidToken(f"not a token of kind {typ}")
        key = self._public.get(header.get("kid", ""))
        if key is None:
            raise InvalidToken("not signed with a key of ours")
        try:
            claims = jwt.decode(
                token,
                key,
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


def _header(token: str) -> dict[str, Any]:
    """The header of a token that nobody has verified."""
    try:
        return jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, RecursionError) as e:
        raise InvalidToken(str(e)) from e


def slot_audience(slot: str) -> str:
    return SLOT_AUDIENCE + slot


def _of_boot(session: Session) -> dict[str, Any]:
    return {"sid": session.sid, "epoch": session.epoch, "boot": session.boot}


def _of_browser(session: Session, browser: str, sign_in: str) -> dict[str, Any]:
    jti = f"{machine.draw_bits(128):032x}"
    return {**_of_boot(session), "jti": jti, "browser": browser, "sign_in": sign_in}
