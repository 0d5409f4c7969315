"""Secret Manager, whose answers name the project by its number.

https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets
"""

import base64
import binascii

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.registry import BY_NUMBER, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

SECRETS, VERSIONS = "projects.secrets", "projects.secrets.versions"
LARGEST = 65_536  # bytes of a payload
BY_NUMBER.add(("secretmanager.v1", SECRETS))


@writing("secretmanager.v1", SECRETS)
def written(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    replication = record.body.get("replication")
    if before is None and not replication:
        raise ApiError("INVALID_ARGUMENT", "The field secret.replication is required.")
    if before is not None and before.get("replication") != replication:
        raise ApiError("INVALID_ARGUMENT", "The field secret.replication is immutable.")


@methods("secretmanager.v1", f"{SECRETS}.addVersion")
def add(world: World, call: Call) -> Json:
    world.need(call.host, call.name, f"Secret [{call.name}] not found.")
    value = call.body.get("payload", {}).get("data", "")
    try:
        size = len(base64.b64decode(value, altchars=b"-_"))
    except binascii.Error as e:
        raise ApiError("INVALID_ARGUMENT", f"payload.data is not base64: {e}") from e
    if not 0 < size <= LARGEST:
        raise ApiError("INVALID_ARGUMENT", f"A payload has 1 to {LARGEST} bytes; this one has {size}.")
    number = 1 + max((int(each.rpartition("/")[2]) for each in _versions(world, call.host, call.name)), default=0)
    name = f"{call.name}/versions/{number}"
    body: Json = {"name": world.by_number(name), "createTime": world.now(), "state": "ENABLED", "etag": world.etag()}
    kept = Record(api="secretmanager.v1", kind=VERSIONS, collection=f"{call.name}/versions", body=body)
    kept.hidden["data"] = value
    world.keep(call.host, name, kept)
    return body


@methods("secretmanager.v1", f"{VERSIONS}.get")
def get(world: World, call: Call) -> Json:
    return _version(world, call).body


@methods("secretmanager.v1", f"{VERSIONS}.access")
def access(world: World, call: Call) -> Json:
    found = _version(world, call)
    if found.body["state"] != "ENABLED":
        raise ApiError("FAILED_PRECONDITION", f"Secret Version [{call.name}] is in {found.body['state']} state.")
    return {"name": found.body["name"], "payload": {"data": found.hidden["data"]}}


@methods("secretmanager.v1", f"{VERSIONS}.disable", f"{VERSIONS}.enable", f"{VERSIONS}.destroy")
def turn(world: World, call: Call) -> Json:
    found = _version(world, call)
    state = {"disable": "DISABLED", "enable": "ENABLED", "destroy": "DESTROYED"}[call.method.action]
    if found.body["state"] == "DESTROYED":
        raise ApiError("FAILED_PRECONDITION", f"Secret Version [{call.name}] is in DESTROYED state.")
    found.body |= {"state": state, "etag": world.etag()}
    if state == "DESTROYED":
        found.hidden["data"] = ""
        found.body["destroyTime"] = world.now()
    return found.body


def _version(world: World, call: Call) -> Record:
    """`latest` is the newest version, whether enabled or not (https://cloud.google.com/secret-manager/docs/access-secret-version)."""
    secret, _, last = call.name.rpartition("/versions/")
    known = _versions(world, call.host, secret)
    if last == "latest" and known:
        last = str(max(int(each.rpartition("/")[2]) for each in known))
    return world.need(call.host, f"{secret}/versions/{last}", f"Secret Version [{call.name}] not found.")


def _versions(world: World, host: str, secret: str) -> dict[str, Record]:
    return world.below(host, f"{secret}/versions")
