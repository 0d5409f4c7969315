"""Whose credentials they are, as Google's own library reads them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.gcp.identity import principal


def a_persons(**fields: str) -> dict[str, Any]:
    """As `gcloud auth application-default login` writes them."""
    return {"type": "authorized_user", "client_id": "x", "client_secret": "x", "refresh_token": "x", **fields}


def a_service_accounts() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    uri = {"token_uri": "https://oauth2.googleapis.com/token"}
    return {"type": "service_account", "client_email": "ci@demo.iam.gserviceaccount.com", "private_key": pem, **uri}


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (lambda: a_persons(account="ada@example.com"), "ada@example.com"),
        (lambda: a_persons(account=""), None),
        (a_persons, None),
        (a_service_accounts, "ci@demo.iam.gserviceaccount.com"),
    ],
)
def test_credentials_say_whose_they_are_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: Callable[[], dict[str, Any]], told: str | None
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(credentials()))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-ondol")
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    assert principal() == told
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    assert principal() is None, "the emulator asks nobody who they are"
