"""Long-running operations (https://google.aip.dev/151): they end once enough requests have been answered."""

import re

from local.api_error import ApiError
from local.google_apis import registry
from local.google_apis.documents import Json
from local.google_apis.documents import methods as described
from local.google_apis.state import Operation, Record
from local.google_apis.world import World
from local.google_apis.zeros import without_zeros

PACKAGES = {
    "artifactregistry.v1": "google.devtools.artifactregistry.v1",
    "cloudbuild.v1": "google.devtools.cloudbuild.v1",
    "cloudresourcemanager.v3": "google.cloud.resourcemanager.v3",
    "firebase.v1beta1": "google.firebase.service.v1beta1",
    "firestore.v1": "google.firestore.admin.v1",
    "run.v2": "google.cloud.run.v2",
    "serviceusage.v1": "google.api.serviceusage.v1",
}
"""The packages of the messages in an operation, for their `@type`."""


def begin(world: World, host: str, api: str, kind: str, target: str, response: str, metadata: Json) -> Json:
    """Begins an operation on the resource `target` and answers it. `response` is the resource's schema, or Empty."""
    name = _name(world, api, target)
    due = world.state.requests + world.facts.operation_requests
    world.state.operations[f"{host}/{name}"] = Operation(
        api=api, due=due, kind=kind, target=world.by_id(target), response=response, metadata=metadata
    )
    return shown(world, host, name)


def settle(world: World) -> None:
    """Ends the operations that are due."""
    for key, each in list(world.state.operations.items()):
        if not each.done and each.due <= world.state.requests:
            each.done = True
            each.outcome = _ended(world, key.partition("/")[0], each)


def shown(world: World, host: str, name: str) -> Json:
    """The operation as it now is. Raises ApiError NOT_FOUND."""
    found = world.state.operations.get(f"{host}/{world.by_id(name)}")
    if found is None:
        raise ApiError("NOT_FOUND", f"Operation '{name}' was not found.")
    answer: Json = {"name": name}
    if found.metadata:
        answer["metadata"] = found.metadata
    return {**answer, "done": True, **found.outcome} if found.done else answer


def typed(api: str, schema: str, value: Json) -> Json:
    """The message as `google.protobuf.Any` has it."""
    if schema.endswith("Empty"):
        return {"@type": "type.googleapis.com/google.protobuf.Empty"}
    package = PACKAGES.get(api, f"google.{api}")
    for part in ("Google", *map(str.capitalize, package.split(".")[1:])):
        schema = schema.removeprefix(part)
    short = re.sub(r"^(RunV2|AdminV1|V\d(beta\d)?)", "", schema)
    return {"@type": f"type.googleapis.com/{package}.{short}", **value}


def _ended(world: World, host: str, operation: Operation) -> Json:
    kind = (operation.api, operation.kind)
    record = world.find(host, operation.target)
    try:
        if record is not None and kind in registry.FINISHING:
            registry.FINISHING[kind](world, operation.target, record)
    except ApiError as refusal:
        return {"error": refusal.rpc_status()}
    body = {} if record is None else show(world, kind, operation.target, record)
    if not operation.response.endswith("Empty"):
        body = without_zeros(operation.api, operation.response, body)
    return {"response": typed(operation.api, operation.response, body)}


def show(world: World, kind: registry.Kind, name: str, record: Record) -> Json:
    """What an answer has of a resource."""
    return registry.SHOWING[kind](world, name, record) if kind in registry.SHOWING else record.body


def _name(world: World, api: str, target: str) -> str:
    """A name that the API's `operations.get` can read: the longest that begins as the resource's name does."""
    known = target.split("/")
    fitting = []
    for each in described(api).values():
        pattern = each.parameters.get("name", {}).get("pattern", "") if each.action == "get" else ""
        front, found, _ = pattern.strip("^$").replace("[^/]+", "*").partition("operations/")
        parts = front.split("/")[:-1]
        fits = len(parts) <= len(known) and all(
            part in ("*", one) for part, one in zip(parts, known[: len(parts)], strict=True)
        )
        if found and fits:
            fitting.append("/".join([*known[: len(parts)], "operations"]))
    if not fitting:
        raise ApiError("UNIMPLEMENTED", f"This stand-in knows no name for an operation on {target}.")
    return f"{max(fitting, key=len)}/{world.uuid()}"
