"""Endpoints of the local stack. Nothing else knows that there is one.

Firestore, Auth and Storage have official variables, which Google's SDKs read by themselves; the rest are ours.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

VARIABLES = (
    "FIRESTORE_EMULATOR_HOST",
    "FIREBASE_AUTH_EMULATOR_HOST",
    "STORAGE_EMULATOR_HOST",
    "TASKS_EMULATOR_HOST",
    "RUN_EMULATOR_HOST",
)


def refuse_in_cloud(environ: Mapping[str, str]) -> None:
    """Raises RuntimeError if an emulator is named inside Cloud Run: it would accept unsigned tokens."""
    named = [name for name in VARIABLES if environ.get(name)]
    if environ.get("K_SERVICE") and named:
        raise RuntimeError(f"running in Cloud Run, but these variables name an emulator: {', '.join(named)}")


def rest_client(variable: str) -> dict[str, Any]:
    """Arguments for a Google client: none in the cloud; the local stand-in, over REST, where `variable` names one."""
    endpoint = os.environ.get(variable)
    if not endpoint:
        return {}
    from google.auth.credentials import AnonymousCredentials

    return {
        "transport": "rest",
        "client_options": {"api_endpoint": endpoint},
        "credentials": AnonymousCredentials(),
    }


def oidc_certs_url() -> str:
    """Where the keys are that sign the ID tokens of service accounts."""
    base = os.environ.get("TASKS_EMULATOR_HOST") or "https://www.googleapis.com"
    return f"{base}/oauth2/v3/certs"


def storage_endpoint() -> str:
    """Where slots reach Cloud Storage's JSON API."""
    return os.environ.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"


def storage_checks_credentials() -> bool:
    """Cloud Storage does; its emulator has nobody to ask for a token."""
    return not os.environ.get("STORAGE_EMULATOR_HOST")


def auth_checks_credentials() -> bool:
    """Firebase Auth does; its emulator lets whoever reaches it administer it."""
    return not os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """The URL to call instead of a slot's, and the headers that go with it.

    Locally each slot has a host name under `.localhost`, which browsers resolve and most other programs do not.
    """
    parts = urlsplit(url)
    if parts.hostname is None or not parts.hostname.endswith(".localhost"):
        return url, {}
    return parts._replace(netloc=f"127.0.0.1:{parts.port or 80}").geturl(), {"Host": parts.netloc}


refuse_in_cloud(os.environ)
