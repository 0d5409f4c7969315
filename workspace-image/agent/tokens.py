"""The control plane's tokens, as this slot checks them. docs/protocol.md has the table of kinds."""

from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALGORITHM = "EdDSA"
ISSUER = "ondol"
LEEWAY = 5

ATTACH = "attach+jwt"
ENTER = "enter+jwt"
RELEASE = "release+jwt"
WORK = "work+jwt"


class InvalidToken(Exception):
    """Not a token of this kind for this slot from our control plane. The text is safe to show."""


@dataclass(frozen=True)
class Claims:
    """What the bearer was granted. Fields that the kind does not carry are empty."""

    sid: str
    epoch: int
    expires: float
    wid: str = ""
    boot: str = ""
    jti: str = ""
    browser: str = ""


class Verifier:
    def __init__(self, key: Ed25519PublicKey, slot: str) -> None:
        self._key = key
        self._audience = f"slot:{slot}"

    def verify(self, token: str, kind: str) -> Claims:
        """Raises InvalidToken."""
        try:
            if jwt.get_unverified_header(token).get("typ") != kind:
                raise InvalidToken(f"this is not an {kind} token")
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "sid", "epoch", *_OF_KIND[kind]]},
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:  # the last two: no text of a token at all
            raise InvalidToken(f"the token is not valid here: {error}") from error
        return _claims(claims)


_OF_KIND = {ATTACH: ["wid"], ENTER: ["boot", "jti", "browser"], RELEASE: ["boot"], WORK: ["boot"]}


def _claims(claims: dict[str, Any]) -> Claims:
    texts = {name: claims.get(name, "") for name in ("sid", "wid", "boot", "jti", "browser")}
    if not isinstance(claims["epoch"], int) or not all(isinstance(text, str) for text in texts.values()):
        raise InvalidToken("the token's claims have the wrong types")
    return Claims(epoch=claims["epoch"], expires=float(claims["exp"]), **texts)


class SingleUse:
    """Token ids that were used, remembered until the token could no longer pass."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}

    def use(self, claims: Claims, now: float) -> bool:
        """False if it was used before. `now` is Unix seconds."""
        self._used = {jti: until for jti, until in self._used.items() if until >= now}
        if claims.jti in self._used:
            return False
        self._used[claims.jti] = claims.expires + LEEWAY
        return True
