"""What Google's JSON leaves out of an answer: fields that have their type's zero (proto3's JSON mapping,
https://protobuf.dev/programming-guides/json/)."""

from typing import Any

from local.google_apis.documents import Json, document

WITH_ZEROS = ("storage.v1",)
"""APIs that are older than proto3, and show what is false."""
_MESSAGES = ("google-duration", "google-datetime", "google-fieldmask", "date-time")
"""Formats of strings that are messages to proto3: a message is left out only where it is not set."""


_ZEROS: dict[str, tuple[Any, ...]] = {
    "boolean": (False,),
    "integer": (0,),
    "number": (0,),
    "string": ("",),
    "array": ([],),
    "object": ({},),
}


def without_zeros(api: str, schema: str, value: Json) -> Json:
    """The answer as Google writes it. Elements of lists, values of maps and messages stay, even if they are empty."""
    if api in WITH_ZEROS or not schema:
        return value
    properties = document(api)["schemas"][schema].get("properties", {})
    return {
        name: _inner(api, properties.get(name, {}), each)
        for name, each in value.items()
        if not _is_zero(properties.get(name, {}), each)
    }


def _inner(api: str, described: Json, value: Any) -> Any:
    if "$ref" in described and isinstance(value, dict):
        return without_zeros(api, described["$ref"], value)
    if described.get("type") == "array" and isinstance(value, list):
        return [_inner(api, described.get("items", {}), each) for each in value]
    if isinstance(described.get("additionalProperties"), dict) and isinstance(value, dict):
        return {name: _inner(api, described["additionalProperties"], each) for name, each in value.items()}
    return value


def _is_zero(described: Json, value: Any) -> bool:
    if described.get("format") in _MESSAGES:
        return False
    if "enum" in described:
        return [value] == list(described["enum"][:1])
    if described.get("format") in ("int64", "uint64"):
        return value in (0, "0")
    return value in _ZEROS.get(described.get("type", ""), ())
