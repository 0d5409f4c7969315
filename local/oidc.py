"""OIDC tokens in the shape of Google's, signed by a key of this machine: what Cloud Tasks and Cloud Scheduler send."""

import base64
import hashlib
import os
import secrets
import time
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://accounts.google.com"
LIFE = 3600  # seconds, as Google's


class Issuer:
    """Signs tokens as Google's service accounts, and publishes the key that they are checked with."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key = key
        self._kid = hashlib.sha256(public).hexdigest()[:40]

    @classmethod
    def load(cls, path: Path) -> Self:
        """The issuer whose key is in the PEM file `path`. The first to ask makes the key; two at once get the same.

        Raises OSError when the file cannot be read or made, and ValueError when it holds no RSA key.
        """
        if not path.exists():
            _make_key(path)
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except ValueError:
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{path} holds no RSA key. Remove it, and the next start makes a new one.")
        return cls(key)

    def token(self, email: str, audience: str, at: float | None = None) -> str:
        """An ID token of the service account `email` for `audience`, good for an hour from `at` (Unix seconds)."""
        subject = str(int.from_bytes(hashlib.sha256(email.encode()).digest()[:8])).zfill(21)
        now = int(time.time() if at is None else at)
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "azp": subject,
            "sub": subject,
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + LIFE,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self._kid})

    def certs(self) -> dict[str, Any]:
        """The public key as a JWK set, as Google publishes its own at /oauth2/v3/certs."""
        numbers = self.key.public_key().public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "alg": "RS256",
                    "use": "sig",
                    "kid": self._kid,
                    "n": _base64url(numbers.n),
                    "e": _base64url(numbers.e),
                }
            ]
        }


def _make_key(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        # A link appears whole and never replaces: of two processes that start at once, both use the first's key.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
