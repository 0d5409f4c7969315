"""Cloud Run (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services)."""

from typing import Any

from local.api_error import ApiError
from local.google_apis.behaviours import images
from local.google_apis.documents import Json
from local.google_apis.registry import deleting, finishing, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

RUN = "run.googleapis.com"
SERVICES = "projects.locations.services"


@writing("run.v2", SERVICES)
def written(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    """A change makes a new revision, which serves once the operation is done."""
    _refuse_while_running(world, name)
    body = record.body
    if not body["template"].get("containers"):
        raise ApiError("INVALID_ARGUMENT", "template.containers: at least one container is required.")
    for each in _environments(body):
        _check_environment(each)
    account = body["template"].setdefault("serviceAccount", _default_account(world))
    world.need_account(account, "template.service_account: ")
    project, location, service = name.split("/")[1], name.split("/")[3], name.split("/")[5]
    body["generation"] = str(int(body.get("generation", "0")) + 1)
    body.setdefault("launchStage", "GA")
    body.setdefault("ingress", "INGRESS_TRAFFIC_ALL")
    body.setdefault("traffic", [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}])
    body["template"].setdefault("timeout", "300s")
    body["template"].setdefault("maxInstanceRequestConcurrency", 80)
    body["uri"] = f"https://{service}-{_digest(world, location)}.a.run.app"
    body["urls"] = [f"https://{service}-{world.facts.number}.{location}.run.app", body["uri"]]
    body["creator"] = body.get("creator", world.facts.owner.partition(":")[2])
    body["lastModifier"] = world.facts.owner.partition(":")[2]
    body["reconciling"] = True
    body["terminalCondition"] = _condition(world, "CONDITION_RECONCILING")
    revision = body["template"].get("revision") or f"{service}-{int(body['generation']):05}-{world.hexadecimal(3)}"
    body["latestCreatedRevision"] = f"projects/{project}/locations/{location}/services/{service}/revisions/{revision}"


@finishing("run.v2", SERVICES)
def finished(world: World, name: str, record: Record) -> None:
    """The new revision serves, if what it needs is there. Raises ApiError where it is not."""
    body = record.body
    body["reconciling"] = False
    try:
        for each in body["template"]["containers"]:
            images.need(world, each["image"])
        for secret, version in _secrets(body):
            _need_secret(world, secret, version)
    except ApiError as refusal:
        body["terminalCondition"] = {**_condition(world, "CONDITION_FAILED"), "message": refusal.message}
        raise
    body["observedGeneration"] = body["generation"]
    body["latestReadyRevision"] = body["latestCreatedRevision"]
    body["terminalCondition"] = _condition(world, "CONDITION_SUCCEEDED")
    body["trafficStatuses"] = body["traffic"]
    world.keep(RUN, body["latestReadyRevision"], _revision(world, name, body))


@deleting("run.v2", SERVICES)
def deleted(world: World, call: Call, name: str, record: Record) -> None:
    _refuse_while_running(world, name)


def _revision(world: World, name: str, body: Json) -> Record:
    template = body["template"]
    fields = ("containers", "volumes", "serviceAccount", "timeout", "labels", "annotations", "scaling")
    shown: Json = {key: template[key] for key in fields if key in template}
    shown |= {"name": body["latestReadyRevision"], "service": name, "uid": world.uuid(), "createTime": world.now()}
    shown |= {"generation": "1", "etag": world.etag()}
    return Record(api="run.v2", kind=f"{SERVICES}.revisions", collection=f"{name}/revisions", body=shown)


def _refuse_while_running(world: World, name: str) -> None:
    if world.running(RUN, name):
        raise ApiError("ABORTED", f"Conflict for resource '{name}': another operation on it is in progress.")


def _condition(world: World, state: str) -> Json:
    return {"type": "Ready", "state": state, "lastTransitionTime": world.now()}


def _default_account(world: World) -> str:
    return f"{world.facts.number}-compute@developer.gserviceaccount.com"


def _environments(body: Json) -> list[list[Any]]:
    return [each.get("env", []) for each in body["template"]["containers"]]


def _check_environment(variables: list[Any]) -> None:
    """PORT and the K_ names are Cloud Run's own (https://cloud.google.com/run/docs/container-contract)."""
    names = [each["name"] for each in variables]
    for each in names:
        if each in ("PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"):
            raise ApiError("INVALID_ARGUMENT", f"The following reserved env names were provided: {each}.")
        if names.count(each) > 1:
            raise ApiError("INVALID_ARGUMENT", f"The environment variable {each} is set twice.")


def _secrets(body: Json) -> list[tuple[str, str]]:
    """The secrets that containers and volumes name, with their versions."""
    sources = [each.get("valueSource", {}).get("secretKeyRef") for part in _environments(body) for each in part]
    found = [(each["secret"], each.get("version", "latest")) for each in sources if each]
    for volume in body["template"].get("volumes", []):
        if secret := volume.get("secret"):
            versions = [item.get("version", "latest") for item in secret.get("items", [])] or ["latest"]
            found += [(secret["secret"], each) for each in versions]
    return found


def _need_secret(world: World, secret: str, version: str) -> None:
    name = secret if "/" in secret else f"projects/{world.facts.project}/secrets/{secret}"
    versions = world.below("secretmanager.googleapis.com", f"{name}/versions")
    known = [each.rpartition("/")[2] for each, record in versions.items() if record.body["state"] == "ENABLED"]
    if not known or (version != "latest" and version not in known):
        raise ApiError("NOT_FOUND", f"Secret {name}/versions/{version} was not found.")


def _digest(world: World, location: str) -> str:
    """The part of a service's address that is the same for all of a project's in a region."""
    import hashlib

    return f"{hashlib.sha256(world.facts.number.encode()).hexdigest()[:10]}-{location[:2]}"
