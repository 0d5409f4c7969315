"""Update masks (https://google.aip.dev/134) and what a change may not touch (https://google.aip.dev/203): pure."""

import re
from typing import Any

from local.api_error import ApiError
from local.google_apis.documents import Json, document


def changed(api: str, schema: str, before: Json, body: Json, mask: str) -> Json:
    """`before` with the fields that `mask` names taken from `body`; a named field that `body` lacks is cleared. Without
    a mask, those that `body` has. `*` replaces all that is not Google's to write.

    Raises ApiError INVALID_ARGUMENT for a mask that names no field, or a field that nobody may change.
    """
    if mask == "*":
        kept = {name: value for name, value in before.items() if _is_googles(_property(api, schema, name))}
        after = {**body, **kept}
    else:
        after = dict(before)
        for path in mask.split(",") if mask else body:
            _take(api, schema, after, body, [_camel(each) for each in path.strip().split(".")], path)
    _refuse_immutable(api, schema, before, after)
    return after


def merged(before: Any, patch: Any) -> Any:
    """A JSON merge patch, as Cloud Storage reads PATCH: null clears a field
    (https://cloud.google.com/storage/docs/json_api#patch, RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    after = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = merged(after.get(name), value)
    return after


def _take(api: str, schema: str, after: Json, body: Json, names: list[str], path: str) -> None:
    name, deeper = names[0], names[1:]
    described = _property(api, schema, name)
    if described is None:
        raise ApiError("INVALID_ARGUMENT", f"Invalid update mask: there is no field `{path}`.")
    if described.get("readOnly"):
        raise ApiError("INVALID_ARGUMENT", f"Invalid update mask: `{path}` is output only.")
    if deeper and "$ref" in described:
        inner = dict(after.get(name, {}))
        _take(api, described["$ref"], inner, body.get(name, {}), deeper, path)
        after[name] = inner
    elif deeper and "additionalProperties" in described:
        key = ".".join(deeper)
        inner = dict(after.get(name, {}))
        if key in body.get(name, {}):
            inner[key] = body[name][key]
        else:
            inner.pop(key, None)
        after[name] = inner
    elif deeper:
        raise ApiError("INVALID_ARGUMENT", f"Invalid update mask: there is no field `{path}`.")
    elif name in body:
        after[name] = body[name]
    else:
        after.pop(name, None)


def _refuse_immutable(api: str, schema: str, before: Json, after: Json) -> None:
    for name in before.keys() & after.keys():
        described = _property(api, schema, name) or {}
        if re.match(r"(Required\. )?Immutable\.", described.get("description", "")) and before[name] != after[name]:
            raise ApiError("INVALID_ARGUMENT", f"The field `{name}` is immutable.")


def _property(api: str, schema: str, name: str) -> Json | None:
    found: Json | None = document(api)["schemas"][schema].get("properties", {}).get(name)
    return found


def _is_googles(described: Json | None) -> bool:
    return bool(described and (described.get("readOnly") or described.get("description", "").startswith("Identifier.")))


def _camel(name: str) -> str:
    """Masks may have proto's names: `display_name` for `displayName`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
