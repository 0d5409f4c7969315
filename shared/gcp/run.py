"""Slots as Cloud Run services, through the Admin API. The only module that knows what a slot runs on."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, TooManyRequests
from google.cloud import run_v2
from google.protobuf import duration_pb2, field_mask_pb2

from shared.gcp import emulators, transient_errors
from shared.settings import settings
from shared.slots.pool import Service, Verb, Write
from shared.slots.slot import Slot

LABEL = "ondol"
SLOT_LABEL = "slot"
CONCURRENCY = 1000
REQUEST_SECONDS = 3600
"""Cloud Run's own limits: a WebSocket lasts an hour at most, and the editor then reconnects to the same container."""
CALL_SECONDS = 20.0
HOME = "home"
HOME_PATH = "/home/member"
HOME_SIZE = "1Gi"
"""A home that is full must not take the container's memory with it; half of the 2 GiB is left to work in."""


@lru_cache(maxsize=1)
def _client() -> run_v2.ServicesClient:
    return run_v2.ServicesClient(**emulators.rest_client("RUN_EMULATOR_HOST"))


def services(public_key: str) -> dict[str, Service]:
    """Every service that is a slot, by name. `public_key` is what their containers should verify by."""
    listed = _client().list_services(parent=_parent(), timeout=CALL_SECONDS)
    slots = [_view(service, public_key) for service in listed if service.labels.get(LABEL) == SLOT_LABEL]
    return {service.name: service for service in slots}


class WriteRefused(Exception):
    """The Admin API did not take a write: an outage, or a service in the middle of another change."""


class QuotaSpent(WriteRefused):
    """It takes no more writes for now: its quota is by the minute."""


def apply(write: Write, public_key: str) -> None:
    """One Admin API write. It is not waited for: the next run of `pool` sees what became of it. Raises WriteRefused."""
    try:
        _apply(write, public_key)
    except TooManyRequests as e:
        raise QuotaSpent(str(e)) from e
    except (GoogleAPICallError, *transient_errors.TRANSIENT) as e:
        raise WriteRefused(f"{type(e).__name__}: {e}") from e


def _apply(write: Write, public_key: str) -> None:
    if write.verb == Verb.DELETE:
        _delete(write.name)
    elif write.slot is None:
        raise ValueError(f"a write to {write.verb} needs a slot")
    elif write.verb == Verb.CREATE:
        _create(write.slot, public_key)
    else:
        _update(write.slot, public_key, new_revision=write.verb == Verb.REPLACE)


def _create(slot: Slot, public_key: str) -> None:
    with suppress(Conflict):  # an earlier run's write, whose reply was lost
        _client().create_service(
            parent=_parent(), service_id=slot.name, service=_desired(slot, public_key), timeout=CALL_SECONDS
        )


def _update(slot: Slot, public_key: str, *, new_revision: bool) -> None:
    """Scaling alone makes no revision. The mask replaces the whole message, so both numbers are always sent."""
    service = _desired(slot, public_key)
    service.name = f"{_parent()}/services/{slot.name}"
    paths = ["template", "scaling"] if new_revision else ["scaling"]
    _client().update_service(
        request=run_v2.UpdateServiceRequest(service=service, update_mask=field_mask_pb2.FieldMask(paths=paths)),
        timeout=CALL_SECONDS,
    )


def _delete(name: str) -> None:
    with suppress(NotFound):  # gone is what was wanted
        _client().delete_service(name=f"{_parent()}/services/{name}", timeout=CALL_SECONDS)


def _desired(slot: Slot, public_key: str) -> run_v2.Service:
    config = settings()
    environment = _environment(slot.generation, public_key)
    container = run_v2.Container(
        image=config.slot_image,
        env=[run_v2.EnvVar(name=name, value=value) for name, value in environment.items()],
        resources=run_v2.ResourceRequirements(
            limits={"cpu": "1", "memory": "2Gi"}, cpu_idle=True, startup_cpu_boost=True
        ),
        volume_mounts=[run_v2.VolumeMount(name=HOME, mount_path=HOME_PATH)],
        startup_probe=run_v2.Probe(
            http_get=run_v2.HTTPGetAction(path="/_slot/health"), period_seconds=1, failure_threshold=120
        ),
    )
    return run_v2.Service(
        labels={LABEL: SLOT_LABEL},
        # the slot admits by its own tokens and cookie; browsers have no Google identity to show
        invoker_iam_disabled=True,
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
        scaling=run_v2.ServiceScaling(min_instance_count=slot.min_instances, max_instance_count=1),
        template=run_v2.RevisionTemplate(
            containers=[container],
            volumes=[
                run_v2.Volume(
                    name=HOME,
                    empty_dir=run_v2.EmptyDirVolumeSource(
                        medium=run_v2.EmptyDirVolumeSource.Medium.MEMORY, size_limit=HOME_SIZE
                    ),
                )
            ],
            service_account=config.slot_service_account,
            max_instance_request_concurrency=CONCURRENCY,
            timeout=duration_pb2.Duration(seconds=REQUEST_SECONDS),
            execution_environment=run_v2.ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2,
        ),
    )


def _environment(slot_generation: int, public_key: str) -> dict[str, str]:
    config = settings()
    return {
        "CONTROL_PLANE_KEY": public_key,
        "PAGE_ORIGIN": config.page_origin,
        "CHECKPOINT_SECONDS": str(config.checkpoint),
        "GENERATION": str(slot_generation),
    }


def _view(service: run_v2.Service, public_key: str) -> Service:
    """The service in the pool's words. Its image and environment tell whether it is outdated."""
    environment = {e.name: e.value for c in service.template.containers for e in c.env}
    number = environment.get("GENERATION", "")
    generation = int(number) if number.isdecimal() else 0  # somebody may have changed it by hand
    images = [c.image for c in service.template.containers]
    succeeded = service.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    current = service.latest_ready_revision == service.latest_created_revision != ""
    return Service(
        name=service.name.rpartition("/")[2],
        url=service.uri,
        generation=generation,
        min_instances=service.scaling.min_instance_count,
        ready=succeeded and current and not service.reconciling,
        outdated=images != [settings().slot_image] or environment != _environment(generation, public_key),
        updated=datetime.fromtimestamp(service.update_time.timestamp(), UTC) if service.update_time else None,
    )


def _parent() -> str:
    config = settings()
    return f"projects/{config.project}/locations/{config.region}"
