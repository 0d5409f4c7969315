"""The public keys that verify the control plane's tokens, from the environment."""

import base64
import re
from collections.abc import Mapping
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Keys = Mapping[str, Ed25519PublicKey]
"""Keys by id, which is the `kid` in a token's header. There are two while the control plane rotates its key."""
PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


def read_keys(text: str) -> Keys:
    """The public keys in PEM, at least one. Raises ValueError."""
    keys = [load_pem_public_key(each.encode()) for each in PEM.findall(text)]
    ours = [each for each in keys if isinstance(each, Ed25519PublicKey)]
    if not ours or len(ours) != len(keys):
        raise ValueError("these are no Ed25519 public keys in PEM")
    return {_key_id(each): each for each in ours}


def _key_id(key: Ed25519PublicKey) -> str:
    """The thumbprint of the key (RFC 7638)."""
    x = _base64url(key.public_bytes_raw())
    return _base64url(sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
