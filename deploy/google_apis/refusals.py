"""What Google's APIs refuse with, as exceptions that say what a person can do about it."""

import re
from collections.abc import Mapping
from typing import Any

ROLES: Mapping[str, str] = {
    "artifactregistry": "roles/artifactregistry.admin",
    "billing": "roles/billing.user on the billing account",
    "billing.budgets": "roles/billing.costsManager on the billing account",
    "cloudbuild": "roles/cloudbuild.builds.editor",
    "cloudscheduler": "roles/cloudscheduler.admin",
    "cloudtasks": "roles/cloudtasks.admin",
    "datastore": "roles/datastore.owner",
    "firebase": "roles/firebase.admin",
    "firebaseauth": "roles/firebaseauth.admin",
    "firebasehosting": "roles/firebasehosting.admin",
    "firebaserules": "roles/firebaserules.admin",
    "iam": "roles/iam.serviceAccountAdmin",
    "iam.roles": "roles/iam.roleAdmin",
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
    "logging": "roles/logging.admin",
    "monitoring": "roles/monitoring.admin",
    "pubsub": "roles/pubsub.admin",
    "resourcemanager": "roles/resourcemanager.projectIamAdmin",
    "run": "roles/run.admin",
    "secretmanager": "roles/secretmanager.admin",
    "serviceusage": "roles/serviceusage.serviceUsageAdmin",
    "serviceusage.services.use": "roles/serviceusage.serviceUsageConsumer",
    "storage": "roles/storage.admin",
}
"""The predefined role that has the permissions that begin so: `run` has `run.services.create`. The longest counts."""

WORDS: Mapping[str, str] = {
    "billingbudgets": "billing",
    "cloudbilling": "billing",
    "cloudresourcemanager": "resourcemanager",
    "firestore": "datastore",
    "identitytoolkit": "firebaseauth",
}
"""The first word of an API's permissions, where it is not the API's name."""

SAID = re.compile(r"permission ['\"](\w+\.\w+\.\w+)['\"]", re.IGNORECASE)
"""The permission within a refusal without details, as `Permission 'iam.serviceaccounts.actAs' denied`, which Cloud Run
writes in small letters."""

TERMS = "Tos Not Accepted"
"""Within what Firebase says where nobody has accepted its terms (https://github.com/firebase/firebase-tools/pull/11096)."""

ASK_AN_OWNER = "Ask an owner of the project for the roles that the plan names."


class Refused(Exception):
    """Google refused a request for good. The message says why, and what a person can do."""


class NotFound(Refused):
    """Nothing has the name."""


class AlreadyExists(Refused):
    """Something has the name already, or changed meanwhile: read it again."""


class Denied(Refused):
    """The person who deploys lacks a permission, or the project lacks an API. `role` has what is missing, and `remedy`
    what that person can do."""

    def __init__(self, message: str, role: str = "", remedy: str = ASK_AN_OWNER) -> None:
        super().__init__(message)
        self.role = role
        self.remedy = remedy


class ApiDisabled(Denied):
    """The project has not enabled the API, so nothing of the API's exists there."""


class Busy(Exception):
    """The API asks to come back later: another operation runs, or the quota of requests is spent."""


class Aborted(Busy):
    """Another change came in between. The same request may pass when that is over, unless it names a state by etag."""


def from_answer(status: int, answer: Mapping[str, Any], what: str) -> Exception:
    """The exception for an HTTP answer of `status` at least 400. `what` was asked: `run.v2 services.create`."""
    error = answer.get("error", {})
    if not isinstance(error, Mapping):
        return Refused(f"{what}: HTTP {status}: {error}")
    message = f"{what}: {error.get('message', f'HTTP {status}')}"
    name = error.get("status", "")
    if name == "ABORTED":
        return Aborted(message)
    if status in (429, 500, 502, 503, 504) or name in ("UNAVAILABLE", "RESOURCE_EXHAUSTED"):
        return Busy(message)
    if status == 404:
        return NotFound(message)
    if status in (409, 412):
        return AlreadyExists(message)
    if status == 403:
        return _denied(error, message, what)
    return Refused(message)


def _denied(error: Mapping[str, Any], message: str, what: str) -> Refused:
    """What mends a 403, from the error's machine-readable details (google.rpc.ErrorInfo), from its text, or from what
    was asked."""
    for detail in error.get("details", []):
        metadata = detail.get("metadata", {})
        if detail.get("reason") == "SERVICE_DISABLED":
            return ApiDisabled(f"{message}\nEnable the API: gcloud services enable {metadata.get('service', '')}")
        if detail.get("reason") == "IAM_PERMISSION_DENIED":
            return _missing(message, metadata.get("permission", ""))
        if TERMS in str(detail.get("detail", "")):
            terms = "Nobody has accepted Firebase's terms with the account that deploys"
            return Refused(f"{terms}: https://console.firebase.google.com/ (begin to create a project, and accept).")
    if said := SAID.search(message):
        return _missing(message, said[1])
    role = _role(_asked(what))
    return Denied(f"{message}{f'{chr(10)}Perhaps the role {role} is missing.' if role else ''}", role)


def _missing(message: str, permission: str) -> Denied:
    role = _role(permission)
    said = f"{message}\nThe permission {permission} is missing."
    return Denied(f"{said} Ask an owner of the project for the role {role}." if role else said, role)


def _asked(what: str) -> str:
    """What a method mostly needs: `run.services.get` for `run.v2 projects.locations.services.get`."""
    api, _space, method = what.partition(" ")
    word = api.partition(".")[0]
    return f"{WORDS.get(word, word)}.{'.'.join(method.split('.')[-2:])}"


def _role(permission: str) -> str:
    """The least of Google's roles that is enough to read, or the service's own where a permission is to write. Empty
    for a service that deployment does not know."""
    words = permission.lower().split(".")
    fitting = [each for each in ROLES if words[: each.count(".") + 1] == each.lower().split(".")]
    if not fitting:
        return ""
    if words[-1] in ("get", "list"):
        return "roles/billing.viewer on the billing account" if words[0] == "billing" else "roles/viewer"
    if words[-1] == "getiampolicy":
        return "roles/iam.securityReviewer"
    return ROLES[max(fitting, key=len)]
