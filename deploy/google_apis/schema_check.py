"""Whether a request is one that Google's own description of the method allows: pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.google_apis.discovery import Method, Schema, document, schema

Json = dict[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}
_WHOLE = re.compile(r"-?\d+")
_DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")


class Malformed(Exception):
    """A request that the discovery document does not allow. The message names each place that is wrong, and why."""


def check(method: Method, parameters: Mapping[str, str], body: Json | None) -> None:
    """Raises Malformed for a parameter or a field that the method does not have, a missing parameter, a field that only
    Google writes, and a value of another type, form or enum."""
    wrong = [*_of_parameters(method, parameters), *_of_body(method, body)]
    if wrong:
        raise Malformed(f"{method.api} {method.name}: {'; '.join(wrong)}")


def _of_parameters(method: Method, parameters: Mapping[str, str]) -> Iterator[str]:
    for name, value in parameters.items():
        declared = method.parameters.get(name)
        if declared is None:
            yield f"there is no parameter `{name}`"
        elif declared.pattern and not re.search(declared.pattern, value):
            yield f"the parameter `{name}` is {value!r} and not of the form {declared.pattern}"
    for name, declared in method.parameters.items():
        if declared.required and name not in parameters:
            yield f"the parameter `{name}` is missing"


def _of_body(method: Method, body: Json | None) -> Iterator[str]:
    if body is None:
        return
    if not method.request:
        yield "the method takes no body"
    else:
        yield from _of_value(method.api, schema(method.api, method.request), body, "")


def _of_value(api: str, wanted: Schema, value: Any, place: str) -> Iterator[str]:
    """What is wrong with `value` at `place`, a path such as `template.containers[0].image`."""
    if "$ref" in wanted:
        wanted = {**document(api)["schemas"][wanted["$ref"]], **{k: v for k, v in wanted.items() if k == "readOnly"}}
    if wanted.get("readOnly"):
        yield f"`{place}` is written by Google alone"
        return
    kind = wanted.get("type", "any")
    if kind == "any":
        return
    if not _is_of(kind, value):
        yield f"`{place}` is {type(value).__name__} and not {kind}"
    elif kind == "object":
        yield from _of_object(api, wanted, value, place)
    elif kind == "array":
        for index, each in enumerate(value):
            yield from _of_value(api, wanted["items"], each, f"{place}[{index}]")
    elif kind == "string":
        yield from _of_text(wanted, value, place)


def _is_of(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and not (kind in ("integer", "number") and isinstance(value, bool))


def _of_object(api: str, wanted: Schema, value: Json, place: str) -> Iterator[str]:
    properties = wanted.get("properties", {})
    others = wanted.get("additionalProperties")
    for name, each in value.items():
        inner = f"{place}.{name}" if place else name
        if name in properties:
            yield from _of_value(api, properties[name], each, inner)
        elif others is not None:
            yield from _of_value(api, others, each, inner)
        else:
            yield f"there is no field `{inner}`"


def _of_text(wanted: Schema, value: str, place: str) -> Iterator[str]:
    if "enum" in wanted and value not in wanted["enum"]:
        yield f"`{place}` is {value!r} and none of {', '.join(wanted['enum'])}"
    form = wanted.get("format")
    if form in ("int64", "uint64") and not _WHOLE.fullmatch(value):
        yield f"`{place}` is {value!r} and not a whole number"
    if form == "google-duration" and not _DURATION.fullmatch(value):
        yield f"`{place}` is {value!r} and not seconds such as 30s"
