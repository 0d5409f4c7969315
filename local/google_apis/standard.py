"""Google's standard methods (https://google.aip.dev/130): get, list, create, update and delete of any resource.

They work by the discovery document alone; what a kind has beside comes from the registry.
"""

from collections.abc import Callable

from local.api_error import ApiError
from local.google_apis import checking, masks, naming, operations, policies, registry
from local.google_apis.documents import Json, copied, document, methods
from local.google_apis.listing import listed
from local.google_apis.state import Record
from local.google_apis.world import Call, World


def answer(world: World, call: Call) -> Json:
    """Carries the request out. Raises ApiError, UNIMPLEMENTED for a method that is not here."""
    method = call.method
    if whole := registry.METHODS.get((method.api, method.name)):
        return whole(world, call)
    if (method.collection.endswith("operations") or method.collection == "operations") and method.action == "get":
        return operations.shown(world, call.host, call.name)
    if found := _ACTIONS.get((method.verb, method.action)):
        return found(world, call)
    raise ApiError("UNIMPLEMENTED", f"This stand-in has no {method.api} {method.name}.")


def get(world: World, call: Call) -> Json:
    return operations.show(world, call.kind, call.name, world.need(call.host, call.name))


def create(world: World, call: Call) -> Json:
    """POST to a collection, or PUT of a name that is not taken. The resource is there at once, and an operation that
    makes it goes on."""
    body, _ = resource_in(call)
    collection = call.name.rpartition("/")[0] if call.method.verb == "PUT" else call.name
    name = call.name if call.method.verb == "PUT" else naming.name_of(world, call, body)
    _need_parents(world, call, collection)
    if world.find(call.host, name) is not None:
        raise ApiError("ALREADY_EXISTS", f"Resource '{name}' already exists.")
    return put(world, call, name, body)


def put(world: World, call: Call, name: str, body: Json) -> Json:
    """Creates the resource `name`, which is not there yet."""
    schema = resource_schema(call)
    if lacking := list(checking.missing(call.method.api, schema, body)):
        raise ApiError("INVALID_ARGUMENT", f"Missing required field: {', '.join(lacking)}.")
    record = Record(api=call.method.api, kind=call.method.collection, collection=name.rpartition("/")[0], body=body)
    now = world.now()
    _fill(call, body, {"uid": world.uuid(), "createTime": now, "updateTime": now, "etag": world.etag()})
    _fill(call, body, {"name": world.by_number(name) if call.kind in registry.BY_NUMBER else world.by_id(name)})
    return _written(world, call, name, record, None)


def patch(world: World, call: Call) -> Json:
    """PATCH with a mask, in the query or in the body."""
    body, mask = resource_in(call)
    record = world.find(call.host, call.name)
    if record is None and call.asked("allowMissing") == "true":
        return put(world, call, call.name, body)
    before = world.need(call.host, call.name).body
    check_etag(before, body.get("etag", ""))
    return change(world, call, masks.changed(call.method.api, resource_schema(call), before, body, mask))


def update(world: World, call: Call) -> Json:
    """PUT: replaces the resource."""
    body, _ = resource_in(call)
    before = world.need(call.host, call.name).body
    check_etag(before, body.get("etag", ""))
    return change(world, call, masks.changed(call.method.api, resource_schema(call), before, body, "*"))


def change(world: World, call: Call, after: Json) -> Json:
    """Keeps `after` as the resource's body."""
    record = world.need(call.host, call.name)
    before = record.body
    after = {**copied(after), **{name: before[name] for name in ("name", "uid", "createTime") if name in before}}
    _fill(call, after, {"updateTime": world.now(), "etag": world.etag()})
    changed = Record(api=record.api, kind=record.kind, collection=record.collection, body=after, hidden=record.hidden)
    return _written(world, call, call.name, changed, before)


def delete(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    check_etag(record.body, call.asked("etag"))
    if refusing := registry.DELETING.get(call.kind):
        refusing(world, call, call.name, record)
    if call.asked("validateOnly") != "true":
        world.drop(call.host, call.name)
    if not call.method.response.endswith("Operation"):
        return {}
    return operations.begin(world, call.host, call.method.api, call.method.collection, call.name, "Empty", {})


def check_etag(before: Json, etag: str) -> None:
    """Raises ApiError ABORTED where the writer has read another version (https://google.aip.dev/154)."""
    if etag and etag != before.get("etag"):
        raise ApiError("ABORTED", f"The etag {etag} is not that of the resource, which is {before.get('etag')}.")


def resource_schema(call: Call) -> str:
    """The schema of the collection's resources."""
    reading = methods(call.method.api).get(f"{call.method.collection}.get")
    return reading.response if reading else call.method.request


def resource_in(call: Call) -> tuple[Json, str]:
    """The resource that the body is or holds, without what only Google writes, and the update mask."""
    body, mask = call.body, call.asked("updateMask")
    schema = resource_schema(call)
    if call.method.request != schema:
        fields = document(call.method.api)["schemas"][call.method.request].get("properties", {})
        holder = next((name for name, each in fields.items() if each.get("$ref") == schema), "")
        if not holder:
            raise ApiError("UNIMPLEMENTED", f"This stand-in has no {call.method.api} {call.method.name}.")
        mask = mask or body.get("updateMask", "")
        body = body.get(holder, {})
    kept, _ = checking.without_output_only(call.method.api, schema, body)
    return kept, mask


def _written(world: World, call: Call, name: str, record: Record, before: Json | None) -> Json:
    if hook := registry.WRITING.get(call.kind):
        hook(world, call, name, record, before)
    if call.asked("validateOnly") != "true":
        world.keep(call.host, name, record)
    if not call.method.response.endswith("Operation"):
        return operations.show(world, call.kind, name, record)
    metadata: Json = {}
    method, schema = call.method, resource_schema(call)
    return operations.begin(world, call.host, method.api, method.collection, name, schema, metadata)


def _fill(call: Call, body: Json, values: Json) -> None:
    known = document(call.method.api)["schemas"][resource_schema(call)].get("properties", {})
    body.update({name: value for name, value in values.items() if name in known})


def _need_parents(world: World, call: Call, collection: str) -> None:
    kind, path = call.method.collection.rpartition(".")[0], collection.rpartition("/")[0]
    known = methods(call.method.api)
    while "." in kind or (kind and kind != "projects"):
        if f"{kind}.create" in known:
            world.need(call.host, path)
        kind, path = kind.rpartition(".")[0], path.rsplit("/", 2)[0]


_ACTIONS: dict[tuple[str, str], Callable[[World, Call], Json]] = {
    ("GET", "get"): get,
    ("GET", "list"): listed,
    ("POST", "create"): create,
    ("PUT", "create"): create,
    ("PATCH", "patch"): patch,
    ("PUT", "update"): update,
    ("DELETE", "delete"): delete,
    ("GET", "getIamPolicy"): policies.get,
    ("POST", "getIamPolicy"): policies.get,
    ("POST", "setIamPolicy"): policies.set_,
    ("POST", "testIamPermissions"): policies.test,
}
