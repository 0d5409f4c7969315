"""What a new resource is called: by a parameter, by the body's name, or by a name that Google makes up."""

import re

from local.api_error import ApiError
from local.google_apis import registry
from local.google_apis.documents import Json
from local.google_apis.world import Call, World

NOT_OF_RESOURCE = ("projectId", "requestId")

FORMS: dict[registry.Kind, str] = {
    ("artifactregistry.v1", "projects.locations.repositories"): r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    ("cloudscheduler.v1", "projects.locations.jobs"): r"[a-zA-Z\d_-]{1,500}",
    ("cloudtasks.v2", "projects.locations.queues"): r"[a-zA-Z\d-]{1,100}",
    ("firestore.v1", "projects.databases"): r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]",
    ("iam.v1", "projects.serviceAccounts"): r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    ("identitytoolkit.v2", "projects.oauthIdpConfigs"): r"oidc\.[a-zA-Z0-9-]+",
    ("monitoring.v3", "services"): r"[a-z0-9-]{1,63}",
    ("monitoring.v3", "services.serviceLevelObjectives"): r"[a-zA-Z0-9-_:.]{1,63}",
    ("pubsub.v1", "projects.subscriptions"): r"(?!goog)[A-Za-z][\w.~+%-]{2,254}",
    ("pubsub.v1", "projects.topics"): r"(?!goog)[A-Za-z][\w.~+%-]{2,254}",
    ("run.v2", "projects.locations.services"): r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?",
    ("secretmanager.v1", "projects.secrets"): r"[\w-]{1,255}",
}
"""The forms of the last part of a name, from the methods' descriptions in the discovery documents. That of a service
account is its account's id."""


def name_of(world: World, call: Call, body: Json) -> str:
    """The whole name of what a `create` makes. Raises ApiError INVALID_ARGUMENT."""
    last = _by_parameter(call)
    naming = registry.NAMING.get(call.kind, registry.Naming())
    if not last and (naming.chosen or not naming.made_up):
        last = _by_body(call, body)
    if last:
        check(call.kind, last)
    elif naming.made_up:
        last = naming.made_up(world)
    else:
        raise ApiError("INVALID_ARGUMENT", f"{call.method.name} needs a name for the resource.")
    return f"{call.name}/{last}"


def check(kind: registry.Kind, last: str) -> None:
    """Raises ApiError INVALID_ARGUMENT for a name that the kind can't have."""
    if kind in FORMS and not re.fullmatch(FORMS[kind], last):
        raise ApiError("INVALID_ARGUMENT", f"Invalid resource id '{last}': it must match {FORMS[kind]}.")


def _by_parameter(call: Call) -> str:
    for name, declared in call.method.parameters.items():
        if name.endswith("Id") and name not in NOT_OF_RESOURCE and declared["location"] == "query":
            return call.asked(name)
    wrapped = [name for name in call.body if name.endswith("Id") and isinstance(call.body[name], str)]
    return str(call.body[wrapped[0]]) if wrapped and call.method.request.startswith("Create") else ""


def _by_body(call: Call, body: Json) -> str:
    name = body.get("name", "")
    if not name:
        return ""
    if not name.startswith(f"{call.name}/"):
        raise ApiError("INVALID_ARGUMENT", f"The name must begin with {call.name}/ and is {name}.")
    return str(name.removeprefix(f"{call.name}/"))
