"""Whether a request is one that Google's description of the method allows.

The schemas of a discovery document become JSON schema, and the package `jsonschema` judges by them. What Google's
servers accept beside (proto3's JSON mapping, https://protobuf.dev/programming-guides/json/): 64-bit integers as text or
as numbers, and null for a field that is not set.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from local.api_error import ApiError
from local.google_apis.documents import Json, Method, document

_WHOLE = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^-?\d+$"}]}
_INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"}
_FORMATS: Mapping[str, Json] = {
    "int64": _WHOLE,
    "uint64": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+$"}]},
    "int32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "uint32": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    "google-duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$"},
    "google-datetime": _INSTANT,
    "date-time": _INSTANT,
    "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "byte": {"type": "string", "pattern": r"^[A-Za-z0-9+/_-]*={0,2}$"},
    "google-fieldmask": {"type": "string"},
}


def check_query(method: Method, query: Mapping[str, str | Sequence[str]]) -> None:
    """Raises ApiError INVALID_ARGUMENT for a parameter that the method lacks, one that it needs, or a wrong value."""
    for name, value in query.items():
        declared = method.parameters.get(name)
        if declared is None or declared["location"] != "query":
            raise _invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                f"Field '{name}' could not be found in request message."
            )
        for each in [value] if isinstance(value, str) else value:
            _check_parameter(name, declared, each)
    for name, declared in method.parameters.items():
        needed = declared.get("required") or declared.get("description", "").startswith("Required.")
        if needed and declared["location"] == "query" and name not in query:
            raise _invalid(f"The parameter {name} is required.")


def check_body(method: Method, body: Json | None) -> None:
    """Raises ApiError INVALID_ARGUMENT with each place that is wrong, as Google's servers do."""
    if body is None:
        return
    if not method.request:
        raise _invalid(f"{method.name} takes no body.")
    violations = list(_violations(method.api, method.request, without_nulls(body)))
    if violations:
        message = "\n".join(said for _, said in violations)
        fields = [{"field": place, "description": said} for place, said in violations]
        raise _invalid(message, [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields}])


def missing(api: str, schema: str, body: Any, place: str = "") -> Iterator[str]:
    """The fields that Google's description begins with "Required." and that `body` lacks, at every depth. Not `name`,
    which the path of a request gives, too."""
    described = document(api)["schemas"][schema]
    for name, each in described.get("properties", {}).items():
        inner = f"{place}.{name}" if place else name
        found = body.get(name)
        if found is None:
            if each.get("description", "").startswith("Required.") and name != "name" and not each.get("readOnly"):
                yield inner
        elif "$ref" in each:
            yield from missing(api, each["$ref"], found, inner)
        elif "$ref" in each.get("items", {}):
            for index, one in enumerate(found):
                yield from missing(api, each["items"]["$ref"], one, f"{inner}[{index}]")


def without_output_only(api: str, schema: str, body: Any, place: str = "") -> tuple[Any, list[str]]:
    """The body without the fields that only Google writes, and which those were: servers ignore them
    (https://google.aip.dev/203)."""
    properties = document(api)["schemas"][schema].get("properties", {})
    kept, dropped = {}, []
    for name, value in body.items():
        described, inner = properties.get(name, {}), f"{place}.{name}" if place else name
        if described.get("readOnly"):
            dropped.append(inner)
            continue
        if "$ref" in described:
            value, more = without_output_only(api, described["$ref"], value, inner)
            dropped += more
        elif "$ref" in described.get("items", {}):
            value = list(value)
            for index, each in enumerate(value):
                value[index], more = without_output_only(api, described["items"]["$ref"], each, f"{inner}[{index}]")
                dropped += more
        kept[name] = value
    return kept, dropped


def without_nulls(value: Any) -> Any:
    """The value without the fields that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def _check_parameter(name: str, declared: Json, value: str) -> None:
    if "enum" in declared and value not in declared["enum"]:
        raise _invalid(f"Invalid value at '{name}': \"{value}\"")
    if declared.get("type") == "boolean" and value not in ("true", "false"):
        raise _invalid(f"Invalid value at '{name}' (TYPE_BOOL), \"{value}\"")
    if declared.get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
        raise _invalid(f"Invalid value at '{name}' (TYPE_INT32), \"{value}\"")


def _violations(api: str, schema: str, body: Any) -> Iterator[tuple[str, str]]:
    for error in _validator(api, schema).iter_errors(body):
        place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in error.absolute_path)
        place = place.lstrip(".")
        at = f" at '{place}'" if place else ""
        if error.validator == "additionalProperties":
            for name in sorted(error.instance.keys() - error.schema.get("properties", {}).keys()):
                yield place, f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
        else:
            yield place, f"Invalid value{at}: {error.message}"


@cache
def _validator(api: str, schema: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": _definitions(api)})


@cache
def _definitions(api: str) -> Json:
    return {name: _converted(each) for name, each in document(api)["schemas"].items()}


def _converted(described: Json) -> Json:
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    kind = described.get("type", "any")
    if kind == "any":
        return {}
    if kind == "array":
        return {"type": "array", "items": _converted(described["items"])}
    if kind == "object":
        properties = {name: _converted(each) for name, each in described.get("properties", {}).items()}
        others = described.get("additionalProperties")
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False if others is None else _converted(others),
        }
    if "enum" in described:
        return {"type": "string", "enum": described["enum"]}
    return _FORMATS.get(described.get("format", ""), {"type": kind})


def _invalid(message: str, details: Sequence[Json] = ()) -> ApiError:
    return ApiError("INVALID_ARGUMENT", message, details)
