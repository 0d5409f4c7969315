"""Signing keys: the keys of Ondol's tokens as the settings hold them, one or more PEM texts, each with an id.

During a rotation there are two keys. The first private key signs; every key verifies.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


def key_id(key: Ed25519PublicKey) -> str:
    """The key's id: its thumbprint (RFC 7638), which a token has as `kid` in its header."""
    x = _base64url(key.public_bytes_raw())
    return _base64url(sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def private_keys(text: str) -> Sequence[Ed25519PrivateKey]:
    """The private keys in the text, at least one. Raises ValueError that never quotes the text."""
    try:
        keys = [load_pem_private_key(each.encode(), password=None) for each in PEM.findall(text)]
    except ValueError:
        keys = []
    ours = [each for each in keys if isinstance(each, Ed25519PrivateKey)]
    if not ours or len(ours) != len(keys):
        raise ValueError("SIGNING_KEY must be Ed25519 private keys in PEM")
    return ours


def public_keys(text: str) -> Mapping[str, Ed25519PublicKey]:
    """The public keys in the text by id, in their order, at least one. Raises ValueError that never quotes the text."""
    try:
        keys = [load_pem_public_key(each.encode()) for each in PEM.findall(text)]
    except ValueError:
        keys = []
    ours = [each for each in keys if isinstance(each, Ed25519PublicKey)]
    if not ours or len(ours) != len(keys):
        raise ValueError("VERIFYING_KEY must be Ed25519 public keys in PEM")
    return {key_id(each): each for each in ours}


def private_pem(keys: Sequence[Ed25519PrivateKey]) -> str:
    return "".join(each.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() for each in keys)


def public_pem(keys: Sequence[Ed25519PublicKey]) -> str:
    return "".join(each.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for each in keys)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
