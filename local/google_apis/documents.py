"""Google's discovery documents, read as a server reads them: which method a request is for.

The documents are those in the wheel of google-api-python-client. Their format is described in
https://developers.google.com/discovery/v1/reference/apis.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

Json = dict[str, Any]

APIS = (
    *("artifactregistry.v1", "billingbudgets.v1", "cloudbilling.v1", "cloudbuild.v1"),
    *("cloudresourcemanager.v3", "cloudscheduler.v1", "cloudtasks.v2", "firebase.v1beta1", "firebasehosting.v1beta1"),
    *("firebaserules.v1", "firestore.v1", "iam.v1", "identitytoolkit.v2", "logging.v2", "monitoring.v1"),
    *(
        "monitoring.v3",
        "pubsub.v1",
        "run.v2",
        "secretmanager.v1",
        "serviceusage.v1",
        "serviceusage.v1beta1",
        "storage.v1",
    ),
)
"""The APIs that deployment needs."""

_VERSION = re.compile(r"^(upload/)?(storage/)?v\d+(beta\d+)?(/|(?=:))")
_IN_BRACES = re.compile(r"\{(\+?)(\w+)\}")


class Method(Struct, frozen=True, kw_only=True):
    """One way to call a method. A method that takes an upload has two."""

    api: str
    name: str
    """As `projects.locations.services.create`."""
    verb: str
    path: re.Pattern[str]
    """Of the whole path, still percent-encoded, without the slash before it; its groups are `in_path`, in order."""
    in_path: tuple[str, ...]
    custom: str
    """The custom verb at the path's end, as `:pause`, or empty."""
    literals: int
    """How many characters of the path are given: of two methods that match, the one with more of them is meant."""
    parameters: Mapping[str, Json]
    request: str
    response: str
    uploads: bool

    @property
    def collection(self) -> str:
        """As `projects.locations.services`."""
        return self.name.rpartition(".")[0]

    @property
    def action(self) -> str:
        """As `create`."""
        return self.name.rpartition(".")[2]


class Match(Struct, frozen=True):
    """A request's method, and what its path says."""

    method: Method
    parameters: Mapping[str, str]
    """Those in the path, decoded."""
    resource: str
    """The path without version and custom verb, decoded: the name of a resource, or of a collection."""


@cache
def document(api: str) -> Json:
    """Raises FileNotFoundError for an API that the wheel does not describe."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    found: Json = json.loads((folder / f"{api}.json").read_text())
    return found


@cache
def methods(api: str) -> Mapping[str, Method]:
    """Every method of the API by name, without the second way to call it by an upload."""
    return {each.name: each for each in _all_methods(api) if not each.uploads}


@cache
def apis_of(host: str) -> tuple[str, ...]:
    """The APIs at `run.googleapis.com`, empty where this stand-in has none."""
    return tuple(each for each in APIS if f"{each.partition('.')[0]}.googleapis.com" == host)


def match(host: str, verb: str, path: str) -> Match | None:
    """The method that is meant. `path` is percent-encoded and has no slash before it. None where no method is."""
    for each in _by_verb(host).get(verb, ()):
        if found := each.path.fullmatch(path):
            named = dict(zip(each.in_path, map(unquote, found.groups()), strict=True))
            bare = _VERSION.sub("", path)
            return Match(each, named, unquote(bare.removesuffix(each.custom) if each.custom else bare))
    return None


@cache
def _by_verb(host: str) -> Mapping[str, list[Method]]:
    routes: dict[str, list[Method]] = {}
    for each in (method for api in apis_of(host) for method in _all_methods(api)):
        routes.setdefault(each.verb, []).append(each)
    for group in routes.values():
        group.sort(key=lambda each: -each.literals)
    return routes


@cache
def _all_methods(api: str) -> tuple[Method, ...]:
    described = document(api)
    everywhere = described.get("parameters", {})
    return tuple(
        each
        for name, method in _described(described)
        for each in _ways(api, name, described["servicePath"], method, everywhere)
    )


def _described(part: Json, prefix: str = "") -> Iterator[tuple[str, Json]]:
    for name, each in part.get("methods", {}).items():
        yield f"{prefix}{name}", each
    for name, each in part.get("resources", {}).items():
        yield from _described(each, f"{prefix}{name}.")


def _ways(api: str, name: str, base: str, described: Json, everywhere: Json) -> Iterator[Method]:
    parameters = described.get("parameters", {})
    paths = [(f"{base}{described['path']}", False)]
    if upload := described.get("mediaUpload", {}).get("protocols", {}).get("simple"):
        paths.append((upload["path"].lstrip("/"), True))
    for template, uploads in paths:
        pattern = _pattern(template, parameters)
        yield Method(
            api=api,
            name=name,
            verb=described["httpMethod"],
            path=pattern,
            in_path=tuple(found[2] for found in _IN_BRACES.finditer(template)),
            custom=template[template.rindex(":") :] if re.search(r":\w+$", template) else "",
            literals=len(re.sub(r"\[\^/\]\+|\.[*+]|[()\\]", "", pattern.pattern)),
            parameters={**everywhere, **parameters},
            request=described.get("request", {}).get("$ref", ""),
            response=described.get("response", {}).get("$ref", ""),
            uploads=uploads,
        )


def _pattern(template: str, parameters: Json) -> re.Pattern[str]:
    pattern, end = "", 0
    for found in _IN_BRACES.finditer(template):
        declared = parameters[found[2]].get("pattern", "")
        inner = declared.removeprefix("^").removesuffix("$") or (".+" if found[1] else "[^/]+")
        pattern += f"{re.escape(template[end : found.start()])}({inner})"
        end = found.end()
    return re.compile(pattern + re.escape(template[end:]))


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value
