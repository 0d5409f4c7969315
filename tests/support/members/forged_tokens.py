"""Tokens that nobody may take, made from one that somebody would."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

KINDS = ("attach+jwt", "enter+jwt", "release+jwt", "background-hold+jwt", "heartbeat+jwt")
LONG = 100_000
"""More seconds than any token lives."""


OPTIONAL = ("wid", "language", "reason")
"""Claims that the control plane does not check, or that one of an older version does not send."""


def flawed(token: str, pem: str) -> dict[str, str]:
    """`token`, a good one of Ondol's signed by the key `pem`, with one thing wrong with it each; by what is wrong."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    said = jwt.get_unverified_header(token)
    own, kid = said["typ"], said["kid"]
    claims = jwt.decode(token, options={"verify_signature": False})
    head, body, signature = token.split(".")
    now = int(time.time())

    def signed(typ: str = own, without: str = "", by: Ed25519PrivateKey = key, **changed: Any) -> str:
        kept = {name: value for name, value in {**claims, **changed}.items() if name != without}
        return jwt.encode(kept, by, algorithm="EdDSA", headers={"typ": typ, "kid": kid})

    def hashed(secret: bytes) -> str:
        return hs256({"alg": "HS256", "typ": own, "kid": kid}, claims, secret)

    public = key.public_key()
    return {
        "expired": signed(iat=now - LONG, exp=now - 10),
        "not yet valid": signed(iat=now + 60, exp=now + 120),
        "not before a minute from now": signed(nbf=now + 60),
        "of another issuer": signed(iss="https://accounts.google.com"),
        "for another audience": signed(aud="https://ondol.example"),
        **{f"without its {name}": signed(without=name) for name in claims if name not in OPTIONAL},
        "of no kind": signed(typ=""),
        **{f"called a {kind}": signed(typ=kind) for kind in ("JWT", *KINDS) if kind != own},
        "alg none": f"{_segment({'alg': 'none', 'typ': own, 'kid': kid})}.{body}.",
        "alg none, and a signature": f"{_segment({'alg': 'none', 'typ': own, 'kid': kid})}.{body}.{signature}",
        "HS256 with the public key": hashed(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
        "HS256 with the public key's bytes": hashed(public.public_bytes(Encoding.Raw, PublicFormat.Raw)),
        "of another key": signed(by=Ed25519PrivateKey.generate()),
        "without a key's id": eddsa({"alg": "EdDSA", "typ": own}, claims, pem),
        "with the id of no key": eddsa({"alg": "EdDSA", "typ": own, "kid": "unknown"}, claims, pem),
        "with a key of its own in its header": _with_own_key(claims, own, kid),
        "without its signature": f"{head}.{body}.",
        "with other claims under its signature": f"{head}.{_segment({**claims, 'exp': now + LONG})}.{signature}",
    }


def hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Any secret, where a library would refuse to take a public key for one."""
    said = f"{_segment(header)}.{_segment(claims)}"
    return f"{said}.{_base64url(hmac.new(secret, said.encode(), hashlib.sha256).digest())}"


def eddsa(header: dict[str, Any], claims: dict[str, Any], pem: str) -> str:
    """With any header, where a library would refuse some."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    said = f"{_segment(header)}.{_segment(claims)}"
    return f"{said}.{_base64url(key.sign(said.encode()))}"


def unsigned(header: dict[str, Any], claims: Any) -> str:
    return f"{_segment(header)}.{_segment(claims)}."


def _with_own_key(claims: dict[str, Any], typ: str, kid: str) -> str:
    key = Ed25519PrivateKey.generate()
    public = _base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": public}
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"typ": typ, "kid": kid, "jwk": jwk})


def _segment(part: Any) -> str:
    return _base64url(json.dumps(part).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
