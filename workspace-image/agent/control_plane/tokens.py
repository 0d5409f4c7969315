"""Verifies the control plane's tokens. docs/protocol.md has the table of kinds."""

from dataclasses import dataclass
from typing import Any

import jwt
import msgspec

from agent.signing_keys import Keys

ALGORITHM = "EdDSA"
ISSUER = "ondol"
LEEWAY = 5

ATTACH = "attach+jwt"
ENTER = "enter+jwt"
RELEASE = "release+jwt"
BACKGROUND_HOLD = "background-hold+jwt"
PROJECT = "project+jwt"


class InvalidToken(Exception):
    """The token is not of this kind, for this slot, from our control plane. The text is safe to show."""


@dataclass(frozen=True)
class Claims:
    """What the token grants to its bearer. Fields that the kind does not carry are empty."""

    sid: str
    epoch: int
    expires: float
    wid: str = ""
    boot: str = ""
    jti: str = ""
    browser: str = ""
    sign_in: str = ""
    # an older control plane sends neither of these
    language: str = ""
    reason: str = ""


class Verifier:
    def __init__(self, keys: Keys, slot: str) -> None:
        self._keys = keys
        self._audience = f"slot:{slot}"

    def verify(self, token: str, kind: str) -> Claims:
        """Raises InvalidToken."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != kind:
                raise InvalidToken(f"this is not an {kind} token")
            key = self._keys.get(header.get("kid", ""))
            if key is None:
                raise InvalidToken("the control plane has no such key")
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "sid", "epoch", *_OF_KIND[kind]]},
            )
        # the last two: the text is no token at all
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise InvalidToken(f"the token is not valid here: {error}") from error
        return _claims(claims)


_OF_BROWSER = ["boot", "jti", "browser", "sign_in"]
_OF_KIND = {ATTACH: ["wid"], ENTER: _OF_BROWSER, PROJECT: _OF_BROWSER, RELEASE: ["boot"], BACKGROUND_HOLD: ["boot"]}


def _claims(claims: dict[str, Any]) -> Claims:
    try:
        return msgspec.convert(claims | {"expires": claims["exp"]}, Claims)
    except msgspec.ValidationError as error:
        raise InvalidToken(f"the token's claims have the wrong types: {error}") from error


class SingleUse:
    """Ids of used tokens. An id is kept until its token is no longer valid."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}

    def use(self, claims: Claims, now: float) -> bool:
        """Marks the token as used. False if it was used before. `now` is Unix seconds."""
        self._used = {jti: until for jti, until in self._used.items() if until >= now}
        if claims.jti in self._used:
            return False
        self._used[claims.jti] = claims.expires + LEEWAY
        return True
