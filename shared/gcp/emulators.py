"""Endpoints of the local stack. No other module knows that there is a local stack.

Firestore, Auth and Storage have official variables, which Google's SDKs read. The other variables are Ondol's own.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from google.auth.credentials import AnonymousCredentials

from shared.gcp.own_credentials import own_credentials

VARIABLES = (
    "FIRESTORE_EMULATOR_HOST",
    "FIREBASE_AUTH_EMULATOR_HOST",
    "STORAGE_EMULATOR_HOST",
    "TASKS_EMULATOR_HOST",
    "RUN_EMULATOR_HOST",
    "STRIPE_EMULATOR_HOST",
    "SMTP_EMULATOR_HOST",
)


def refuse_in_cloud(environ: Mapping[str, str]) -> None:
    """Raises RuntimeError if a variable names an emulator inside Cloud Run: the function would accept unsigned
    tokens."""
    named = [name for name in VARIABLES if environ.get(name)]
    if environ.get("K_SERVICE") and named:
        raise RuntimeError(f"running in Cloud Run, but these variables name an emulator: {', '.join(named)}")


def rest_client(variable: str) -> dict[str, Any]:
    """Arguments for a Google client: none in the cloud; the local stand-in over REST if `variable` names one."""
    endpoint = rest_endpoint(variable)
    if endpoint is None:
        return {}
    return {
        "transport": "rest",
        "client_options": {"api_endpoint": endpoint},
        "credentials": rest_credentials(variable),
    }


def rest_endpoint(variable: str) -> str | None:
    """Base URL of the local stand-in that `variable` names; None in the cloud."""
    return os.environ.get(variable) or None


def rest_credentials(variable: str) -> Any:
    """Credentials for Google's REST APIs: this process's own, or anonymous ones for a local stand-in."""
    if rest_endpoint(variable):
        return AnonymousCredentials()
    return own_credentials()


def oidc_certs_url() -> str:
    """URL of the public keys for ID tokens of service accounts."""
    base = os.environ.get("TASKS_EMULATOR_HOST") or "https://www.googleapis.com"
    return f"{base}/oauth2/v3/certs"


def stripe_endpoint() -> str | None:
    """Base URL of Stripe's stand-in; None for Stripe itself."""
    return os.environ.get("STRIPE_EMULATOR_HOST") or None


def smtp_endpoint() -> tuple[str, int] | None:
    """Host and port of the local mail server, which encrypts nothing; None for the operator's own."""
    host, _, port = os.environ.get("SMTP_EMULATOR_HOST", "").rpartition(":")
    return (host, int(port)) if host else None


def storage_endpoint() -> str:
    """URL at which slots reach Cloud Storage's JSON API."""
    return os.environ.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"


def storage_checks_credentials() -> bool:
    """Whether the storage checks credentials. The emulator does not."""
    return not os.environ.get("STORAGE_EMULATOR_HOST")


def auth_checks_credentials() -> bool:
    """Whether Firebase Auth checks credentials. The emulator lets every caller administer it."""
    return not os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """The URL to call for a slot's URL, and the headers to send.

    Locally each slot has a host name below `.localhost`. Browsers resolve such a name, most other programs do not.
    """
    parts = urlsplit(url)
    if parts.hostname is None or not parts.hostname.endswith(".localhost"):
        return url, {}
    return parts._replace(netloc=f"127.0.0.1:{parts.port or 80}").geturl(), {"Host": parts.netloc}


refuse_in_cloud(os.environ)
