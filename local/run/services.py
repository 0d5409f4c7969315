"""The records of Cloud Run: services and revisions, and every change of them, as pure functions of what was there.

`now` is an RFC 3339 time; JSON is as the v2 REST API has it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
from msgspec.structs import replace

from local.api_error import ApiError

from .template import Template, min_instances, read_template

Json = dict[str, Any]

# Cloud Run keeps the newest 1,000, and whichever serves; fewer keep the files small
KEPT_REVISIONS = 100
SERVICE_ID = re.compile(r"^[a-z]([-a-z0-9]{0,47}[a-z0-9])?$")
# what a caller may write; the rest of a service that is sent back as it was read is Cloud Run's own
WRITABLE = frozenset(
    {
        "annotations",
        "binaryAuthorization",
        "buildConfig",
        "client",
        "clientVersion",
        "customAudiences",
        "defaultUriDisabled",
        "description",
        "iapEnabled",
        "ingress",
        "invokerIamDisabled",
        "labels",
        "launchStage",
        "multiRegionSettings",
        "scaling",
        "template",
        "traffic",
    }
)
RECONCILING, FAILED, READY = "CONDITION_RECONCILING", "CONDITION_FAILED", "CONDITION_SUCCEEDED"


class Revision(msgspec.Struct, frozen=True):
    """An immutable copy of a service's template. `id` is also K_REVISION."""

    id: str
    uid: str
    template: Json
    created: str
    state: str = RECONCILING
    message: str = ""

    def read(self) -> Template:
        return read_template(self.template)


class Service(msgspec.Struct, frozen=True):
    """`spec` is what callers wrote; `serving` is the id of the revision with all traffic, "" before the first."""

    parent: str
    id: str
    uid: str
    spec: Json
    created: str
    updated: str
    revisions: list[Revision]
    generation: int = 1
    observed_generation: int = 0
    serving: str = ""
    state: str = RECONCILING
    message: str = ""
    changed: str = ""
    deleted: str = ""

    @property
    def name(self) -> str:
        return f"{self.parent}/services/{self.id}"

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(f"{self.uid}/{self.generation}".encode()).hexdigest()[:24]}"'

    @property
    def newest(self) -> Revision:
        return self.revisions[-1]

    @property
    def min_instances(self) -> int:
        return min_instances(self.spec.get("scaling"), self.newest.read())

    def revision(self, revision_id: str) -> Revision:
        """Raises ApiError NOT_FOUND."""
        for revision in self.revisions:
            if revision.id == revision_id:
                return revision
        raise ApiError("NOT_FOUND", f"Resource '{revision_id}' of kind 'REVISION' does not exist.")


def created(parent: str, service_id: str, uid: str, body: Json, now: str) -> Service:
    """A new service with its first revision. Raises ApiError."""
    if not SERVICE_ID.match(service_id):
        rule = "only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen; below 50 long"
        raise ApiError("INVALID_ARGUMENT", f"Violation in CreateServiceRequest.service_id: {rule}")
    spec = {field: value for field, value in body.items() if field in WRITABLE}
    service = Service(parent, service_id, uid, spec, created=now, updated=now, revisions=[], changed=now)
    return _with_newest_revision(service, now)


def patched(service: Service, body: Json, mask: list[str], now: str) -> Service:
    """The service with the caller's fields: those in `mask`, or all of them without a mask. A template that differs
    makes a revision. Raises ApiError.
    """
    check_etag(service, str(body.get("etag", "")))
    if not mask or mask == ["*"]:
        spec = {field: value for field, value in body.items() if field in WRITABLE}
    else:
        spec = service.spec
        for path in mask:
            spec = _replaced(spec, body, [_camel(part) for part in path.split(".")], path)
    generation = service.generation + 1
    changing = replace(
        service, spec=spec, generation=generation, updated=now, state=RECONCILING, message="", changed=now
    )
    return _with_newest_revision(changing, now)


def rolled_out(service: Service, revision_id: str, generation: int, now: str) -> Service:
    """The revision is ready and has all traffic; everything up to `generation` is done."""
    ready = [replace(r, state=READY, message="") if r.id == revision_id else r for r in service.revisions]
    done = replace(service, revisions=ready, serving=revision_id, observed_generation=generation)
    return done if generation != service.generation else replace(done, state=READY, message="", changed=now)


def failed(service: Service, revision_id: str, generation: int, message: str, now: str) -> Service:
    """The revision did not become ready: traffic stays where it was. A later change is still to be tried."""
    revisions = [replace(r, state=FAILED, message=message) if r.id == revision_id else r for r in service.revisions]
    tried = replace(service, revisions=revisions)
    if generation != service.generation:
        return tried
    return replace(tried, state=FAILED, message=not_ready(revision_id, message), changed=now)


def not_ready(revision_id: str, message: str) -> str:
    return f"Revision '{revision_id}' is not ready and cannot serve traffic. {message}"


def deleted(service: Service, now: str) -> Service:
    return replace(service, deleted=now, generation=service.generation + 1, state=RECONCILING, changed=now)


def check_etag(service: Service, etag: str) -> None:
    """Raises ApiError ABORTED when the caller's version is not the newest; no etag, no check."""
    if etag and etag != service.etag:
        problem = f"version '{etag}' was specified but current version is '{service.etag}'"
        raise ApiError("ABORTED", f"Conflict for resource '{service.id}': {problem}.")


def _with_newest_revision(service: Service, now: str) -> Service:
    template = service.spec.get("template")
    wanted = read_template(template)
    min_instances(service.spec.get("scaling"), wanted)
    _check_traffic(service.spec.get("traffic", []))
    if service.revisions and service.newest.template == template:
        return service
    if any(revision.id == wanted.revision for revision in service.revisions):
        what = f"Revision named '{wanted.revision}' with different configuration already exists."
        raise ApiError("ALREADY_EXISTS", what)
    uid = hashlib.sha256(f"{service.uid}/{service.generation}".encode()).hexdigest()
    revision_id = wanted.revision or f"{service.id}-{service.generation:05}-{uid[:3]}"
    revision = Revision(revision_id, uid[:32], dict(template or {}), created=now)
    kept = [r for r in service.revisions[:-KEPT_REVISIONS] if r.id == service.serving]
    return replace(service, revisions=[*kept, *service.revisions[-KEPT_REVISIONS:], revision])


def _check_traffic(traffic: list[Json]) -> None:
    latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    if traffic and [(target.get("type"), target.get("percent")) for target in traffic] not in (
        [(latest, 100)],
        [(1, 100)],
    ):
        raise ApiError("UNIMPLEMENTED", "traffic: in this stand-in all traffic goes to the latest ready revision")


def _replaced(target: Json, source: Json, path: list[str], whole: str) -> Json:
    if len(path) == len(whole.split(".")) and path[0] not in WRITABLE:
        raise ApiError("INVALID_ARGUMENT", f"update_mask: no field {whole!r} that may be written")
    field, rest = path[0], path[1:]
    value = source.get(field)
    if rest:
        value = _replaced(target.get(field) or {}, value or {}, rest, whole)
    kept = {name: old for name, old in target.items() if name != field}
    return kept if value is None else {**kept, field: value}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
