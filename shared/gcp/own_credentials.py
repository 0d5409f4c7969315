"""The credentials of this process: in the cloud those of its service account."""

from typing import Any

import google.auth

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def own_credentials() -> Any:
    """Application default credentials, for every Google API that IAM allows."""
    credentials, _project = google.auth.default(scopes=SCOPES)
    return credentials
