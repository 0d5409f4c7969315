"""The Google APIs that a project must have enabled."""

from deploy.deployment import Deployment
from deploy.kinds.enabled_api import EnabledApi
from deploy.reconciler.resource import Resource

WANTED = {
    "artifactregistry": "keeps the images of the functions and of the slot",
    "billingbudgets": "watches what a month costs",
    "cloudbilling": "says whether the project is paid for",
    "cloudbuild": "builds images",
    "cloudresourcemanager": "says who may do what in the project",
    "cloudscheduler": "calls the scheduled functions",
    "cloudtasks": "brings tasks to functions",
    "firebase": "signs members in, and serves the page",
    "firebasehosting": "serves the page",
    "firebaserules": "closes Firestore to browsers",
    "firestore": "keeps the records",
    "iam": "gives each function an identity of its own",
    "iamcredentials": "lends slots access to their own workspace",
    "identitytoolkit": "signs members in",
    "logging": "keeps logs",
    "monitoring": "shows figures and raises alerts",
    "pubsub": "brings the news of the budget",
    "run": "runs functions and slots",
    "secretmanager": "keeps the keys",
    "securetoken": "renews members' sign-ins",
    "storage": "keeps members' work",
    "sts": "cuts the access that slots are lent down to one workspace",
}
"""By the first part of the name, as `run` of run.googleapis.com: what Ondol needs the API for."""


def apis(deployment: Deployment) -> list[Resource]:
    return [
        Resource(
            id=api(name),
            kind=EnabledApi(),
            name=f"projects/{deployment.number}/services/{name}.googleapis.com",
            body={},
            why=why,
            holds_data=True,
        )
        for name, why in WANTED.items()
    ]


def api(name: str) -> str:
    """The id of the resource that enables an API. Raises KeyError for one that the table does not have."""
    WANTED[name]
    return f"API {name}"
