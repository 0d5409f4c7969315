"""The secrets of a stack on this machine: made at the first start, then kept."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""The fixed head of an Ed25519 private key in PKCS 8 (RFC 8410); 32 random bytes follow, and they are the key."""


@dataclass(frozen=True)
class Keys:
    """`signing` and `verifying` are the two halves of one key, in PEM."""

    signing: str
    verifying: str
    address_mark: str
    window: str
    unsubscribe: str
    stripe_webhook: str
    """signs the events of the stand-in of Stripe"""


def load(folder: Path) -> Keys:
    """The keys in `folder`, made if there are none; only their owner may read them."""
    # not there yet when `make setup` begins
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    body = base64.b64encode(PKCS8_ED25519 + os.urandom(32)).decode()
    signing = _kept(folder / "signing.pem", f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    public = load_pem_private_key(signing.encode(), password=None).public_key()
    verifying = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Keys(
        signing,
        verifying,
        _kept(folder / "address-mark.key", secrets.token_hex(32)),
        _kept(folder / "window.key", secrets.token_hex(32)),
        _kept(folder / "unsubscribe.key", secrets.token_hex(32)),
        _kept(folder / "stripe-webhook.key", f"whsec_{secrets.token_hex(16)}"),
    )


def _kept(path: Path, fresh: str) -> str:
    """The text in `path`; `fresh`, written there, if there is none."""
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(fresh)
        draft.replace(path)
    return path.read_text()
