"""Google's discovery documents: which methods an API has, and the schemas of what the methods take and answer.

The documents are those in the wheel of google-api-python-client. The pin of that package therefore pins what a request
may hold.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

Schema = Mapping[str, Any]
"""A schema of a discovery document: JSON schema of draft 3, with `$ref` by name and Google's own formats."""


class Parameter(Struct, frozen=True):
    """A parameter of a method, in the path or in the query."""

    location: str
    required: bool
    pattern: str
    """Regular expression of the whole value; empty for any value."""


class Method(Struct, frozen=True, kw_only=True):
    """A method of an API, as `run.v2` has `projects.locations.services.create`."""

    api: str
    name: str
    verb: str
    """The HTTP method."""
    path: str
    """Below the API's host, with the parameters in braces: `v2/{+parent}/services`. `+` keeps slashes."""
    parameters: Mapping[str, Parameter]
    request: str
    """The schema of the body, empty for none."""
    response: str
    upload_path: str
    """Where bytes are sent instead of a JSON body, empty where a method takes none."""

    @property
    def begins_operation(self) -> bool:
        """True if the answer is an operation that goes on after the answer."""
        return self.response.endswith("Operation")


@cache
def document(api: str) -> Mapping[str, Any]:
    """The discovery document of `api`, such as `run.v2`. Raises LookupError for an API that the wheel does not have."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    try:
        return json.loads((folder / f"{api}.json").read_text())  # type: ignore[no-any-return]
    except FileNotFoundError as e:
        raise LookupError(f"google-api-python-client has no document {api}") from e


def host(api: str) -> str:
    """Such as `run.googleapis.com`."""
    url: str = document(api)["rootUrl"]
    return url.removeprefix("https://").rstrip("/")


def schema(api: str, name: str) -> Schema:
    """Raises KeyError for a schema that the API does not have."""
    found: Schema = document(api)["schemas"][name]
    return found


def method(api: str, name: str) -> Method:
    """Raises LookupError for a method that the API does not have."""
    try:
        return methods(api)[name]
    except KeyError as e:
        raise LookupError(f"{api} has no method {name}") from e


@cache
def methods(api: str) -> Mapping[str, Method]:
    """Every method of `api` by its name."""
    described = document(api)
    base = described["servicePath"]
    return {name: _method(api, name, base, each) for name, each in _described(described)}


def operation_method(api: str, operation: str) -> Method:
    """The method that reads the long-running `operation`, by its resource name. Raises LookupError where none does."""
    for each in methods(api).values():
        name = each.parameters.get("name")
        if each.name.endswith("operations.get") and name and re.fullmatch(name.pattern, operation):
            return each
    raise LookupError(f"{api} has no method that reads the operation {operation}")


def _described(part: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, each in part.get("methods", {}).items():
        yield f"{prefix}{name}", each
    for name, each in part.get("resources", {}).items():
        yield from _described(each, f"{prefix}{name}.")


def _method(api: str, name: str, base: str, described: Mapping[str, Any]) -> Method:
    upload = described.get("mediaUpload", {}).get("protocols", {}).get("simple", {})
    return Method(
        api=api,
        name=name,
        verb=described["httpMethod"],
        path=f"{base}{described['path']}",
        parameters={
            key: Parameter(each["location"], each.get("required", False), each.get("pattern", ""))
            for key, each in described.get("parameters", {}).items()
        },
        request=described.get("request", {}).get("$ref", ""),
        response=described.get("response", {}).get("$ref", ""),
        upload_path=upload.get("path", ""),
    )
