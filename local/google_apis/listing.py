"""Lists: pages (https://google.aip.dev/158) and the simplest of filters (https://google.aip.dev/160)."""

import re
from typing import Any

from local.api_error import ApiError
from local.google_apis import operations
from local.google_apis.documents import Json, document, methods
from local.google_apis.state import Record
from local.google_apis.world import Call, World

_TERM = re.compile(r'\s*([\w.-]+)\s*[:=]\s*(?:"([^"]*)"|([^\s"]+))\s*')


def listed(world: World, call: Call) -> Json:
    """The resources in the collection that the path names, where `-` stands for any part of it."""
    wanted = re.compile(re.escape(call.name).replace(r"/\-/", "/[^/]+/") + "$")
    start = f"{call.host}/"
    found = {
        key.removeprefix(start): each
        for key, each in world.state.resources.items()
        if key.startswith(start) and each.kind == call.method.collection and wanted.match(world.by_id(each.collection))
    }
    return page(world, call, field(call), found)


def field(call: Call) -> str:
    """The answer's field that has the resources."""
    reading = methods(call.method.api).get(f"{call.method.collection}.get")
    properties = document(call.method.api)["schemas"][call.method.response]["properties"]
    for name, each in properties.items():
        if each.get("type") == "array" and (reading is None or each["items"].get("$ref") == reading.response):
            return str(name)
    raise ApiError("UNIMPLEMENTED", f"This stand-in has no {call.method.api} {call.method.name}.")


def page(world: World, call: Call, name: str, found: dict[str, Record]) -> Json:
    """One page. An answer without resources has no field for them, as in all of Google's JSON."""
    shown = [operations.show(world, call.kind, key, found[key]) for key in sorted(found)]
    shown = [each for each in shown if _fits(each, call.asked("filter"))]
    begin = _begin(call.asked("pageToken"))
    size = min(int(call.asked("pageSize") or call.asked("maxResults") or 0) or 1000, world.facts.page_size)
    answer: Json = {name: shown[begin : begin + size]} if shown[begin:] else {}
    return {**answer, "nextPageToken": f"from-{begin + size}"} if begin + size < len(shown) else answer


def _begin(token: str) -> int:
    if token and not re.fullmatch(r"from-\d+", token):
        raise ApiError("INVALID_ARGUMENT", f"The page token {token} is not one that this API gave.")
    return int(token.removeprefix("from-") or 0)


def _fits(resource: Json, wanted: str) -> bool:
    for term in re.split(r"\s+AND\s+", wanted) if wanted else ():
        found = _TERM.fullmatch(term)
        if not found:
            raise ApiError("UNIMPLEMENTED", f"This stand-in does not understand the filter {term}.")
        if (found[2] or found[3] or "") not in _values(resource, found[1]):
            return False
    return True


def _values(resource: Json, path: str) -> list[str]:
    """The field's value, or each of a list's."""
    value: Any = resource
    for each in path.split("."):
        camel = re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), each)
        value = (value.get(each, value.get(camel)) if isinstance(value, dict) else None) or ""
    return [
        str(each).lower() if isinstance(each, bool) else str(each)
        for each in (value if isinstance(value, list) else [value])
    ]
