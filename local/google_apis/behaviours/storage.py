"""Cloud Storage's JSON API (https://cloud.google.com/storage/docs/json_api/v1). Older than Google's standard methods:
no masks, no operations, its own names for everything."""

import base64
import hashlib
import re

from local.api_error import ApiError
from local.google_apis import masks, policies
from local.google_apis.documents import Json
from local.google_apis.listing import page
from local.google_apis.registry import methods
from local.google_apis.state import Record
from local.google_apis.world import Call, World

_NAME = re.compile(r"(?!goog)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_WRITTEN_BY_GOOGLE = ("kind", "id", "selfLink", "projectNumber", "timeCreated", "updated", "etag", "metageneration")
WEEK = 604_800  # seconds for which a bucket keeps what is deleted, unless it says otherwise


@methods("storage.v1", "buckets.insert")
def insert(world: World, call: Call) -> Json:
    name = call.body.get("name", "")
    if not _NAME.fullmatch(name):
        raise ApiError("INVALID_ARGUMENT", f"Invalid bucket name: '{name}'")
    if not call.asked("project"):
        raise ApiError("INVALID_ARGUMENT", "Required parameter: project")
    if world.find(call.host, f"b/{name}") is not None:
        message = "Your previous request to create the named bucket succeeded and you already own it."
        raise ApiError("ALREADY_EXISTS", message)
    given = {key: value for key, value in call.body.items() if key not in _WRITTEN_BY_GOOGLE}
    body: Json = {
        "kind": "storage#bucket",
        "id": name,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}",
        "projectNumber": world.facts.number,
        "location": "US",
        "storageClass": "STANDARD",
        "rpo": "DEFAULT",
        "softDeletePolicy": {"retentionDurationSeconds": str(WEEK)},
        "iamConfiguration": {"publicAccessPrevention": "inherited", "uniformBucketLevelAccess": {"enabled": False}},
        "timeCreated": world.now(),
        "metageneration": "0",
    }
    body = masks.merged(body, given)
    body["location"] = body["location"].upper()
    body["locationType"] = "region" if "-" in body["location"] else "multi-region"
    world.keep(call.host, f"b/{name}", Record(api="storage.v1", kind="buckets", collection="b", body=body))
    world.state.policies[f"{call.host}/b/{name}"] = {"etag": world.etag(), "bindings": _first_roles(world)}
    return _touched(world, body)


@methods("storage.v1", "buckets.get")
def get(world: World, call: Call) -> Json:
    return _bucket(world, call).body


@methods("storage.v1", "buckets.list")
def buckets(world: World, call: Call) -> Json:
    if not call.asked("project"):
        raise ApiError("INVALID_ARGUMENT", "Required parameter: project")
    records = world.state.resources.items()
    found = {key.partition("/")[2]: each for key, each in records if (each.api, each.kind) == ("storage.v1", "buckets")}
    return {"kind": "storage#buckets", **page(world, call, "items", found)}


@methods("storage.v1", "buckets.patch", "buckets.update")
def patch(world: World, call: Call) -> Json:
    record = _bucket(world, call)
    _check_metageneration(call, record.body)
    given = {key: value for key, value in call.body.items() if key not in _WRITTEN_BY_GOOGLE}
    kept = {key: record.body[key] for key in _WRITTEN_BY_GOOGLE if key in record.body}
    if call.method.action == "update":
        kept |= {key: record.body[key] for key in ("name", "location", "locationType")}
        after = {**given, **kept}
    else:
        after = masks.merged(record.body, given)
    if after.get("location", "").upper() != record.body["location"]:
        raise ApiError("INVALID_ARGUMENT", "The location of a bucket can't be changed.")
    record.body = {**after, "location": record.body["location"]}
    return _touched(world, record.body)


@methods("storage.v1", "buckets.delete")
def delete(world: World, call: Call) -> Json:
    _bucket(world, call)
    if world.below(call.host, f"{_name(call)}/o"):
        raise ApiError("ALREADY_EXISTS", "The bucket you tried to delete is not empty.")
    world.drop(call.host, _name(call))
    return {}


@methods("storage.v1", "buckets.getIamPolicy")
def get_policy(world: World, call: Call) -> Json:
    _bucket(world, call)
    return _policy(call, world.state.policies[f"{call.host}/{_name(call)}"])


@methods("storage.v1", "buckets.setIamPolicy")
def set_policy(world: World, call: Call) -> Json:
    _bucket(world, call)
    return _policy(call, policies.keep(world, f"{call.host}/{_name(call)}", call.body))


@methods("storage.v1", "objects.insert")
def upload(world: World, call: Call) -> Json:
    """An upload in one request (https://cloud.google.com/storage/docs/uploading-objects). Only its hash is kept."""
    if not call.method.uploads or call.asked("uploadType") != "media":
        raise ApiError("UNIMPLEMENTED", "This stand-in takes uploads with uploadType=media only.")
    _bucket(world, call)
    if not call.asked("name"):
        raise ApiError("INVALID_ARGUMENT", "Required parameter: name")
    name = f"b/{call.path['bucket']}/o/{call.asked('name')}"
    found = world.find(call.host, name)
    wanted = call.asked("ifGenerationMatch")
    if wanted and wanted != (found.body["generation"] if found else "0"):
        raise _precondition()
    now = world.now()
    body: Json = {
        "kind": "storage#object",
        "id": f"{call.path['bucket']}/{call.asked('name')}",
        "name": call.asked("name"),
        "bucket": call.path["bucket"],
        "generation": f"17{world.digits(14)}",
        "metageneration": "1",
        "contentType": "application/octet-stream",
        "storageClass": "STANDARD",
        "size": str(len(call.content)),
        "md5Hash": base64.b64encode(hashlib.md5(call.content, usedforsecurity=False).digest()).decode(),
        "timeCreated": now,
        "updated": now,
        "etag": world.etag(),
    }
    collection = f"b/{call.path['bucket']}/o"
    record = Record(api="storage.v1", kind="objects", collection=collection, body=body)
    record.hidden["sha256"] = hashlib.sha256(call.content).hexdigest()
    world.keep(call.host, name, record)
    return body


@methods("storage.v1", "objects.get")
def get_object(world: World, call: Call) -> Json:
    if call.asked("alt") == "media":
        raise ApiError("UNIMPLEMENTED", "This stand-in keeps no content of objects.")
    return _object(world, call).body


@methods("storage.v1", "objects.list")
def objects(world: World, call: Call) -> Json:
    _bucket(world, call)
    if call.asked("delimiter"):
        raise ApiError("UNIMPLEMENTED", "This stand-in lists objects without delimiter only.")
    below = world.below(call.host, f"b/{call.path['bucket']}/o")
    found = {key: each for key, each in below.items() if each.body["name"].startswith(call.asked("prefix"))}
    return {"kind": "storage#objects", **page(world, call, "items", found)}


@methods("storage.v1", "objects.delete")
def delete_object(world: World, call: Call) -> Json:
    _object(world, call)
    world.drop(call.host, f"b/{call.path['bucket']}/o/{call.path['object']}")
    return {}


def _name(call: Call) -> str:
    return f"b/{call.path['bucket']}"


def _bucket(world: World, call: Call) -> Record:
    return world.need(call.host, _name(call), "The specified bucket does not exist.")


def _object(world: World, call: Call) -> Record:
    name = f"{call.path['bucket']}/o/{call.path['object']}"
    return world.need(call.host, f"b/{name}", f"No such object: {name}")


def _touched(world: World, body: Json) -> Json:
    body |= {"metageneration": str(int(body["metageneration"]) + 1), "updated": world.now(), "etag": world.etag()}
    return body


def _check_metageneration(call: Call, body: Json) -> None:
    wanted = call.asked("ifMetagenerationMatch")
    if wanted and wanted != body["metageneration"]:
        raise _precondition()


def _precondition() -> ApiError:
    refusal = ApiError("FAILED_PRECONDITION", "At least one of the pre-conditions you specified did not hold.")
    refusal.http_status = 412
    return refusal


def _policy(call: Call, policy: Json) -> Json:
    return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{call.path['bucket']}", "version": 1, **policy}


def _first_roles(world: World) -> list[Json]:
    """https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable."""
    project = world.facts.project
    owners = [f"projectEditor:{project}", f"projectOwner:{project}"]
    return [
        {"role": "roles/storage.legacyBucketOwner", "members": owners},
        {"role": "roles/storage.legacyBucketReader", "members": [f"projectViewer:{project}"]},
    ]
