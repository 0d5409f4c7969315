"""Which permission a request needs, and whether whoever asks has it by a role on the project.

Of Google's roles only those are here that a person who reads is given (docs/deploy.md): what they hold is Google's own
list, https://cloud.google.com/iam/docs/roles-permissions, as a pattern.
"""

import re
from collections.abc import Collection, Mapping

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.world import Call, World

SERVICES = {"cloudresourcemanager": "resourcemanager", "firebasehosting": "firebasehosting", "firestore": "datastore"}
SERVICES |= {"billingbudgets": "billing", "cloudbilling": "billing", "identitytoolkit": "firebaseauth"}
"""The first word of an API's permissions, where it isn't the API's name
(https://cloud.google.com/iam/docs/permissions-reference)."""
VERBS = {"patch": "update", "insert": "create", "submit": "create", "addVersion": "add", "setIamPolicy": "setIamPolicy"}
NAMED = {
    "cloudbilling.v1 projects.getBillingInfo": "resourcemanager.projects.get",
    "firebase.v1beta1 projects.webApps.getConfig": "firebase.clients.get",
    "firebase.v1beta1 projects.webApps.list": "firebase.clients.list",
    "identitytoolkit.v2 projects.getConfig": "firebaseauth.configs.get",
    "identitytoolkit.v2 projects.defaultSupportedIdpConfigs.get": "firebaseauth.configs.get",
    "serviceusage.v1beta1 services.consumerQuotaMetrics.list": "serviceusage.quotas.get",
}
"""The permissions of methods that follow no usual naming, as far as a person who reads needs them."""
ROLES: Mapping[str, re.Pattern[str]] = {
    "roles/owner": re.compile(r"(?!billing\.).*"),
    # of buckets: by the role that each bucket gives the project's viewers
    "roles/viewer": re.compile(r"(?!billing\.)\w+\.\w+\.(get|list)"),
    "roles/iam.securityReviewer": re.compile(r"(?!billing\.)\w+\.\w+\.(list|getIamPolicy)"),
    "roles/serviceusage.serviceUsageConsumer": re.compile(r"serviceusage\.(services\.(get|list|use)|quotas\.get)"),
}
TO_CHARGE = "serviceusage.services.use"
"""What each request needs that is counted as the project's (https://cloud.google.com/docs/quotas/set-quota-project)."""


def check(world: World, call: Call, denied: Collection[str]) -> None:
    """Raises ApiError for a permission that is `denied`, and for one that no role of the caller's has. The owner has
    the billing account, too."""
    needed = permission(call)
    if needed in denied:
        raise denial(world, call, needed)
    if world.facts.caller == world.facts.owner:
        return
    for each in (TO_CHARGE, needed):
        if not any(ROLES[role].fullmatch(each) for role in _roles(world) if role in ROLES):
            raise denial(world, call, each)


def _roles(world: World) -> list[str]:
    policy = world.state.policies[f"cloudresourcemanager.googleapis.com/projects/{world.facts.project}"]
    return [each["role"] for each in policy.get("bindings", []) if world.facts.caller in each["members"]]


def permission(call: Call) -> str:
    """The permission that a method needs, by Google's usual naming: service, collection, verb."""
    if named := NAMED.get(f"{call.method.api} {call.method.name}"):
        return named
    service = call.method.api.partition(".")[0]
    parts = call.method.name.split(".")
    collection = parts[-2] if len(parts) > 1 else service
    action = VERBS.get(parts[-1], parts[-1])
    return f"{SERVICES.get(service, service)}.{collection}.{action}"


def denial(world: World, call: Call, needed: str) -> ApiError:
    """A 403 as IAM answers it (https://cloud.google.com/iam/docs/permission-error-messages)."""
    message = f"Permission '{needed}' denied on resource '//{call.host}/{call.name}' (or it may not exist)."
    info: Json = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "iam.googleapis.com",
        "metadata": {"permission": needed, "resource": world.by_id(call.name)},
    }
    return ApiError("PERMISSION_DENIED", message, [info])
