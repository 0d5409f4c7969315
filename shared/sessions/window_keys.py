"""The key that a slot seals the sign-ins of a workspace's window with."""

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def window_key(secret: str, wid: str) -> str:
    """32 bytes in base64url, the same for each session of the workspace and derived anew each time, so that it is
    stored nowhere. `secret` is WINDOW_KEY: another one makes another key."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ondol window " + wid.encode())
    return base64.urlsafe_b64encode(derived.derive(secret.encode())).decode()
