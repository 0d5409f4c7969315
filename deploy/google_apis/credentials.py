"""Who deploys: the credentials that google-auth finds, or nobody where a stand-in answers."""

from typing import Any

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LOGIN = "gcloud auth application-default login"


class NoCredentials(Exception):
    """Nobody is logged in, or no more. The message says how to log in."""


def session(project: str, endpoint: str = "") -> Any:
    """What sends requests, as whoever is logged in. `endpoint` is the base URL of a stand-in. Raises NoCredentials.

    Requests of a person count as requests of `project`: Firebase, Identity Toolkit and Cloud Billing Budgets refuse
    those that belong to no project (https://cloud.google.com/docs/quotas/set-quota-project).
    """
    from google.auth.transport.requests import AuthorizedSession

    if endpoint:
        from google.auth.credentials import AnonymousCredentials

        return AuthorizedSession(AnonymousCredentials())
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, _project = google.auth.default(scopes=[SCOPE], quota_project_id=project)
    except DefaultCredentialsError as e:
        raise NoCredentials(f"Nobody is logged in to Google Cloud here. Log in, and repeat the command: {LOGIN}") from e
    return AuthorizedSession(credentials)
