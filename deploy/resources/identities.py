"""Identities: the service account of each function and of each other part, and what each may do on what.

What a function may do stands in its row of functions/functions.toml as `roles`, its secrets in `settings`. What the
other parts may do stands here.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from msgspec import Struct

from deploy.deployment import ROOT, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.custom_role import CustomRole
from deploy.kinds.policy import Policy, bindings_of
from deploy.kinds.service_account import ServiceAccount
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.deployer import CHECKER, DEPLOYER, DEPLOYERS_ROLES, GIVES_ROLES
from deploy.resources.secrets import SECRETS, secret_name

PROJECT = "project"
"""The scope of a role that is given on everything in the project."""

PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "build-functions": (
        "builds the images of the functions",
        (
            "storage.objectViewer on bucket sources",
            "artifactregistry.writer on repository functions",
            "logging.logWriter",
        ),
    ),
    "build-slot": (
        "builds the image of the slots",
        ("storage.objectViewer on bucket sources", "artifactregistry.writer on repository slots", "logging.logWriter"),
    ),
    CHECKER: (
        "checks what Cloud Build is to deploy, and is there where deployment.toml has `[cloud-build]`",
        ("storage.objectViewer on bucket sources", "artifactregistry.reader on repository slots", "logging.logWriter"),
    ),
    DEPLOYER: ("deploys from Cloud Build, and is there where deployment.toml has `[cloud-build]`", (*DEPLOYERS_ROLES,)),
    "invoker": ("is whom Cloud Tasks and Cloud Scheduler call the functions as", ()),
    "slot": ("is what a member's container runs as, and has no role at all", ()),
    "state": (
        "is lent to slots for minutes, cut down to one workspace",
        ("storage.legacyObjectReader on bucket state", "storage.objectCreator on bucket state"),
    ),
}
"""The identities that are no function's: what each is for, and its roles."""
OF_CLOUD_BUILD = (CHECKER, DEPLOYER)

ROLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ondolLending": ("make access tokens of an account", ("iam.serviceAccounts.getAccessToken",)),
    "ondolPeople": ("look up people who sign in", ("firebaseauth.users.get",)),
    "ondolSigning": ("sign as an account", ("iam.serviceAccounts.signBlob",)),
    "ondolSignIns": (
        "look up people who sign in, end their sign-ins, delete them",
        ("firebaseauth.users.delete", "firebaseauth.users.get", "firebaseauth.users.update"),
    ),
    # a slot is a service that browsers reach: to make one takes setIamPolicy too
    # (https://cloud.google.com/run/docs/authenticating/public)
    "ondolSlots": (
        "make, change, read and delete Cloud Run services",
        (
            "run.services.create",
            "run.services.delete",
            "run.services.get",
            "run.services.list",
            "run.services.setIamPolicy",
            "run.services.update",
        ),
    ),
}
"""Ondol's own roles, where each predefined one of Google's allows more: what each allows, and its permissions."""

WHY: Mapping[str, str] = {
    **DEPLOYERS_ROLES,
    "artifactregistry.reader on repository": "it makes slots of the image there, or tests it",
    "artifactregistry.writer on repository": "it puts the images there",
    "cloudtasks.enqueuer on queue": "it adds tasks",
    "datastore.user": "it reads and writes the records",
    "iam.serviceAccountUser on account invoker": "its tasks call as this account",
    "iam.serviceAccountUser on account slot": "the slots that it makes run as this account",
    "logging.logWriter": "it writes the logs of builds",
    "ondolLending on account state": "it makes the tokens that slots are lent",
    "ondolPeople": "it asks who somebody is, and whether their sign-in was ended",
    "ondolSignIns": "it deletes people or ends their sign-ins",
    "ondolSigning on account admin": "it signs the addresses of downloads as itself",
    "ondolSigning on account snapshots": "it signs the addresses of downloads as itself",
    "ondolSlots": "it makes, changes and deletes the slots",
    "secretmanager.secretAccessor on secret": "it is given the setting at its start",
    "storage.legacyObjectReader on bucket state": "a slot reads its own workspace",
    "storage.objectCreator on bucket state": "it stores new objects, and can overwrite none",
    "storage.objectUser on bucket state": "it lists, reads and deletes objects",
    "storage.objectViewer on bucket sources": "it reads what it builds or checks",
    "storage.objectViewer on bucket state": "it reads objects, and learns which are absent",
}
"""Why an identity has a role, by the role and what it is on: of the latter the name may be left out."""


class Grant(NamedTuple):
    """One role of one identity on one scope, as `project` or `queue reclaim`."""

    identity: str
    role: str
    scope: str

    @property
    def why(self) -> str:
        """Raises KeyError for a role that nobody gave a reason for."""
        said = self.role if self.scope == PROJECT else f"{self.role} on {self.scope}"
        return WHY.get(said) or WHY[said.rpartition(" ")[0]]


class Scope(Struct, frozen=True):
    """What a role can be given on: where its policy is read and written."""

    api: str
    collection: str
    name: str
    """With the name of the one resource in braces."""


SCOPES: Mapping[str, Scope] = {
    PROJECT: Scope("cloudresourcemanager.v3", "projects", "projects/{project}"),
    "account": Scope("iam.v1", "projects.serviceAccounts", "projects/{project}/serviceAccounts/{account}"),
    "bucket": Scope("storage.v1", "buckets", "{project}-{last}"),
    "queue": Scope("cloudtasks.v2", "projects.locations.queues", "{location}/queues/{last}"),
    "repository": Scope("artifactregistry.v1", "projects.locations.repositories", "{location}/repositories/{last}"),
    "secret": Scope("secretmanager.v1", "projects.secrets", "{secret}"),
}


@cache
def functions() -> Mapping[str, Mapping[str, Any]]:
    """The rows of functions/functions.toml."""
    return tomllib.loads((ROOT / "functions/functions.toml").read_text())


def account_name(identity: str) -> str:
    """The first part of the address: `ondol-background-hold` of the function `background_hold`."""
    return f"ondol-{identity.replace('_', '-')}"


def account(identity: str) -> str:
    """The id in the table of the service account of a function or part."""
    return f"account {identity.replace('_', '-')}"


def grants() -> list[Grant]:
    """Every role that an identity of Ondol's has, in a deployment that has all of them."""
    found = []
    for function, row in functions().items():
        found += [_grant(function, each) for each in row["roles"]]
        found += [
            Grant(function, "secretmanager.secretAccessor", f"secret {name}")
            for name in row["settings"]
            if name in SECRETS
        ]
    for part, (_what, roles) in PARTS.items():
        found += [_grant(part, each) for each in roles]
    return found


def needs_of(identity: str) -> tuple[str, ...]:
    """The ids in the table of what must be there before anything runs as `identity`: its account, and its roles."""
    return account(identity), *sorted({f"roles on {each.scope}" for each in grants() if each.identity == identity})


def identities(deployment: Deployment) -> list[Resource]:
    """The service accounts, our own roles, and the policy of each scope that a role is given on."""
    whose = {name: f"is what the function {name} runs as" for name in functions()}
    absent = () if deployment.operator.cloud_build else OF_CLOUD_BUILD
    whose |= {part: what for part, (what, _roles) in PARTS.items() if part not in absent}
    return [
        *(_account(deployment, identity, what) for identity, what in whose.items()),
        *(_role(deployment, name, what, permissions) for name, (what, permissions) in ROLES.items()),
        *_policies(deployment, [each for each in grants() if each.identity in whose]),
    ]


def _grant(identity: str, said: str) -> Grant:
    role, _on, scope = said.partition(" on ")
    return Grant(identity, role, scope or PROJECT)


def _account(deployment: Deployment, identity: str, what: str) -> Resource:
    return Resource(
        id=account(identity),
        kind=ServiceAccount(),
        name=f"projects/{deployment.project}/serviceAccounts/{deployment.account(account_name(identity))}",
        body={"displayName": f"Ondol: {identity.replace('_', ' ')}", "description": f"This account {what}."},
        why=what,
        needs=(api("iam"),),
    )


def _role(deployment: Deployment, name: str, what: str, permissions: Iterable[str]) -> Resource:
    return Resource(
        id=f"role {name}",
        kind=CustomRole(),
        name=f"projects/{deployment.project}/roles/{name}",
        body={
            "title": f"Ondol: {what}"[:100],
            "description": f"May {what}.",
            "stage": "GA",
            "includedPermissions": sorted(permissions),
        },
        why=f"lets a function {what}",
        needs=(api("iam"),),
        # a deleted role keeps its name taken for 37 days, in 30 of which nothing brings it back
        holds_data=True,
        removed_by=f"gcloud iam roles delete {name} --project={deployment.project}",
    )


def _policies(deployment: Deployment, given: Iterable[Grant]) -> list[Resource]:
    by_scope: dict[str, list[Grant]] = {}
    for grant in given:
        by_scope.setdefault(grant.scope, []).append(grant)
    return [_policy(deployment, scope, here) for scope, here in sorted(by_scope.items())]


def _policy(deployment: Deployment, said: str, given: Iterable[Grant]) -> Resource:
    kind, _space, last = said.partition(" ")
    scope = SCOPES[kind]
    name = scope.name.format(
        project=deployment.project,
        location=deployment.location,
        account=deployment.account(account_name(last)),
        secret=secret_name(deployment, last),
        last=last,
    )
    roles = [(_full(deployment, each.role), deployment.account(account_name(each.identity))) for each in given]
    only = {f"roles/{GIVES_ROLES}": _gives_only(deployment)} if any(each.role == GIVES_ROLES for each in given) else {}
    needs = {account(each.identity) for each in given} | {f"role {each.role}" for each in given if each.role in ROLES}
    return Resource(
        id=f"roles on {said}",
        kind=Policy(api=scope.api, collection=scope.collection, project=deployment.project),
        name=name,
        body=bindings_of(roles, only),
        why=f"lets {', '.join(sorted({each.identity for each in given}))} do what each has to",
        needs=tuple(sorted(needs | {said if last else api("cloudresourcemanager")})),
    )


def _gives_only(deployment: Deployment) -> Json:
    """The condition under which the deployer gives roles on the project: those of everybody's but its own
    (https://cloud.google.com/iam/docs/setting-limits-on-granting-roles)."""
    roles = {_full(deployment, each.role) for each in grants() if each.scope == PROJECT and each.identity != DEPLOYER}
    listed = ", ".join(f"'{each}'" for each in sorted(roles))
    return {
        "title": "roles of Ondol's table",
        "expression": f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])",
    }


def _full(deployment: Deployment, role: str) -> str:
    return f"projects/{deployment.project}/roles/{role}" if role in ROLES else f"roles/{role}"
