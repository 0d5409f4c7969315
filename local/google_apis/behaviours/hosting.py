"""Releases of Firebase Hosting (https://firebase.google.com/docs/hosting/api-deploy)."""

import gzip
import hashlib

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.registry import ADDRESSES, methods
from local.google_apis.state import Record
from local.google_apis.world import Call, World

API, HOST = "firebasehosting.v1beta1", "firebasehosting.googleapis.com"
UPLOADS = "upload-firebasehosting.googleapis.com"
VERSIONS, RELEASES = "sites.versions", "sites.channels.releases"


@methods(API, f"{VERSIONS}.create")
def begin(world: World, call: Call) -> Json:
    _site(world, call.path["parent"])
    name = f"{call.name}/{world.hexadecimal(16)}"
    body: Json = {"name": name, "status": "CREATED", "config": call.body.get("config", {}), "createTime": world.now()}
    world.keep(HOST, name, Record(api=API, kind=VERSIONS, collection=call.name, body=body))
    return body


@methods(API, f"{VERSIONS}.populateFiles")
def populate(world: World, call: Call) -> Json:
    """Asks for the files that no version of the site has yet."""
    name = call.name
    version = _begun(world, name)
    files = call.body.get("files", {})
    version.hidden["files"] = {**version.hidden.get("files", {}), **files}
    lacking = sorted({*files.values()} - {*_site(world, name).hidden.get("uploaded", [])})
    return {"uploadUrl": f"https://{UPLOADS}/upload/{name}/files", "uploadRequiredHashes": lacking}


def upload(world: World, path: str, content: bytes) -> Json:
    """A compressed file, below the address that `populateFiles` answered."""
    version, _, wanted = path.removeprefix("upload/").rpartition("/files/")
    _begun(world, version)
    if hashlib.sha256(content).hexdigest() != wanted:
        raise ApiError("INVALID_ARGUMENT", f"The content hash is not {wanted}.")
    try:
        gzip.decompress(content)
    except (OSError, EOFError) as e:
        raise ApiError("INVALID_ARGUMENT", "The content is not compressed by gzip.") from e
    hidden = _site(world, version).hidden
    hidden["uploaded"] = sorted({*hidden.get("uploaded", []), wanted})
    return {}


ADDRESSES[UPLOADS] = upload


@methods(API, f"{VERSIONS}.patch")
def finish(world: World, call: Call) -> Json:
    version = _begun(world, call.name)
    if call.asked("updateMask") != "status" or call.body != {"status": "FINALIZED"}:
        raise ApiError("UNIMPLEMENTED", "This stand-in changes the status of a version to FINALIZED only.")
    files = version.hidden.get("files", {})
    if lacking := {*files.values()} - {*_site(world, call.name).hidden.get("uploaded", [])}:
        raise ApiError("FAILED_PRECONDITION", f"{len(lacking)} files of the version were not uploaded.")
    for each in version.body["config"].get("rewrites", []):
        run = each.get("run", {})
        service = f"projects/{world.facts.project}/locations/{run.get('region')}/services/{run.get('serviceId')}"
        if run and world.find("run.googleapis.com", service) is None:
            raise ApiError("INVALID_ARGUMENT", f"Cloud Run service `{run.get('serviceId')}` does not exist.")
    version.body |= {"status": "FINALIZED", "finalizeTime": world.now(), "fileCount": str(len(files))}
    return version.body


@methods(API, f"{RELEASES}.create")
def release(world: World, call: Call) -> Json:
    """The newest release of the channel is what it shows."""
    _site(world, call.path["parent"])
    body: Json = {"type": "DEPLOY", **call.body, "releaseTime": world.now()}
    if body["type"] != "SITE_DISABLE":
        version = world.need(HOST, call.asked("versionName")).body
        if version["status"] != "FINALIZED":
            raise ApiError("FAILED_PRECONDITION", "The version is not finalized.")
        body["version"] = version
    body["name"] = f"{call.name}/{len(world.below(HOST, call.name)):08}"
    world.keep(HOST, body["name"], Record(api=API, kind=RELEASES, collection=call.name, body=body))
    return body


@methods(API, f"{RELEASES}.list")
def releases(world: World, call: Call) -> Json:
    """The newest first."""
    _site(world, call.path["parent"])
    found = world.below(HOST, call.name)
    newest = [found[name].body for name in sorted(found, reverse=True)]
    return {"releases": newest[: int(call.asked("pageSize") or 100)]} if newest else {}


def _begun(world: World, name: str) -> Record:
    version = world.need(HOST, name)
    if version.body["status"] != "CREATED":
        raise ApiError("FAILED_PRECONDITION", f"The version is {version.body['status']}.")
    return version


def _site(world: World, name: str) -> Record:
    """The site that `name` is of. Raises ApiError NOT_FOUND."""
    return world.need(HOST, f"projects/{world.facts.project}/{'/'.join(name.split('/')[:2])}")
