"""The key that signs Ondol's own tokens on this machine: made at the first start, then kept."""

import base64
import os
from pathlib import Path

PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""The fixed head of an Ed25519 private key in PKCS 8 (RFC 8410); 32 random bytes follow, and they are the key."""


def signing_key(path: Path) -> str:
    """The PEM text in `path`, made if there is none; only its owner may read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        body = base64.b64encode(PKCS8_ED25519 + os.urandom(32)).decode()
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
        draft.replace(path)
    return path.read_text()
