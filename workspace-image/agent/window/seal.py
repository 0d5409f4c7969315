"""Seals sign-ins with a key that only the control plane can derive: the home alone does not reveal them."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.window.entries import LOCAL, Name

NONCE = 12


def is_secret(name: Name) -> bool:
    """Whether the key holds sign-ins. The editor keeps its secrets in the browser's local storage, all in one value;
    builds without that keep them under secret://."""
    store, key = name
    return key.startswith("secret://") or (store == LOCAL and key == "secrets.provider")


def seal(key: bytes, name: Name, value: str) -> str:
    nonce = os.urandom(NONCE)
    sealed = AESGCM(key).encrypt(nonce, value.encode(errors="surrogatepass"), _place(name))
    return base64.b64encode(nonce + sealed).decode()


def unseal(key: bytes, name: Name, sealed: str) -> str | None:
    """The value; None if it was sealed with another key, for another place, or not at all."""
    try:
        content = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(content[:NONCE], content[NONCE:], _place(name)).decode(errors="surrogatepass")
    except (InvalidTag, ValueError):
        return None


def _place(name: Name) -> bytes:
    """The associated data: a sealed value opens only under the store and key for which it was sealed."""
    return "\n".join(name).encode(errors="surrogatepass")
