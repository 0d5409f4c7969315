"""Service accounts and custom roles (https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts)."""

from local.api_error import ApiError
from local.google_apis import naming, policies, standard
from local.google_apis.documents import Json
from local.google_apis.registry import deleting, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

ACCOUNTS = "projects.serviceAccounts"


@methods("iam.v1", f"{ACCOUNTS}.create")
def create(world: World, call: Call) -> Json:
    account = call.body.get("accountId", "")
    naming.check(("iam.v1", ACCOUNTS), account)
    email = f"{account}@{world.facts.project}.iam.gserviceaccount.com"
    name = f"projects/{world.facts.project}/serviceAccounts/{email}"
    if world.find(call.host, name) is not None:
        raise ApiError("ALREADY_EXISTS", f"Service account {account} already exists within project {call.name}.")
    body, _ = standard.resource_in(call)
    unique = f"1{world.digits(20)}"
    body |= {"email": email, "projectId": world.facts.project, "uniqueId": unique, "oauth2ClientId": unique}
    world.begin_to_use(email)
    return standard.put(world, call, name, body)


@methods("iam.v1", f"{ACCOUNTS}.get")
def get(world: World, call: Call) -> Json:
    """The project may be `-`: the address says it."""
    email = call.name.rpartition("/")[2]
    name = f"projects/{world.facts.project}/serviceAccounts/{email}"
    return world.need(call.host, name, f"Unknown service account: {email}").body


@deleting("iam.v1", ACCOUNTS)
def deleted(world: World, call: Call, name: str, record: Record) -> None:
    policies.forget(world, record.body["email"], record.body["uniqueId"])


@methods("iam.v1", f"{ACCOUNTS}.disable", f"{ACCOUNTS}.enable")
def turn(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    record.body["disabled"] = call.method.action == "disable"
    return {}


@writing("iam.v1", "projects.roles")
def role(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    record.body.setdefault("stage", "GA")
    if record.body.get("includedPermissions"):
        record.body["includedPermissions"] = sorted(set(record.body["includedPermissions"]))


@methods("iam.v1", "projects.roles.delete")
def delete_role(world: World, call: Call) -> Json:
    """The role stays for 7 days as deleted, and its id can't be given again for 37
    (https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role)."""
    record = world.need(call.host, call.name)
    record.body |= {"deleted": True, "etag": world.etag()}
    return record.body


@methods("iam.v1", "projects.roles.undelete")
def undelete_role(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    if not record.body.pop("deleted", False):
        raise ApiError("FAILED_PRECONDITION", f"The role {call.name} is not deleted.")
    record.body["etag"] = world.etag()
    return record.body
