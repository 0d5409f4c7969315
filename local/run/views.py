"""Services and revisions as the v2 REST API shows them."""

from __future__ import annotations

from .services import READY, RECONCILING, Json, Revision, Service

SERVICE_TYPE = "type.googleapis.com/google.cloud.run.v2.Service"


def service_json(service: Service, ingress_port: int) -> Json:
    """`uri` is where the ingress answers for the service."""
    uri = f"http://{service.id}.localhost:{ingress_port}"
    view: Json = {
        **service.spec,
        "name": service.name,
        "uid": service.uid,
        "generation": str(service.generation),
        "observedGeneration": str(service.observed_generation),
        "createTime": service.created,
        "updateTime": service.updated,
        "terminalCondition": _condition("Ready", service.state, service.message, service.changed),
        "conditions": [
            _condition("RoutesReady", service.state, service.message, service.changed),
            _condition("ConfigurationsReady", service.newest.state, service.newest.message, service.changed),
        ],
        "latestCreatedRevision": f"{service.name}/revisions/{service.newest.id}",
        "reconciling": service.state == RECONCILING,
        "etag": service.etag,
    }
    if service.serving:
        view["latestReadyRevision"] = f"{service.name}/revisions/{service.serving}"
        # as in Cloud Run, a target of this type names no revision: compare ready with created instead
        view["trafficStatuses"] = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]
        view["uri"] = uri
        view["urls"] = [uri]
    if service.deleted:
        view["deleteTime"] = service.deleted
    return view


def revision_json(service: Service, revision: Revision) -> Json:
    fields = {name: value for name, value in revision.template.items() if name != "revision"}
    return {
        **fields,
        "name": f"{service.name}/revisions/{revision.id}",
        "uid": revision.uid,
        "generation": "1",
        "observedGeneration": "1" if revision.state == READY else "0",
        "createTime": revision.created,
        "updateTime": revision.created,
        "service": service.id,
        "reconciling": revision.state == RECONCILING,
        "conditions": [
            _condition("Ready", revision.state, revision.message, revision.created),
            _condition("ContainerHealthy", revision.state, revision.message, revision.created),
        ],
    }


def _condition(kind: str, state: str, message: str, changed: str) -> Json:
    condition = {"type": kind, "state": state, "lastTransitionTime": changed}
    return {**condition, "message": message} if message else condition
