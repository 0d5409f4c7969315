"""A slot as a Cloud Run service: pure functions that make the JSON of the Admin API v2.

The SDK's own messages do not suffice: google-cloud-run 0.16.2 has no medium DISK (decision 0035).
"""

from typing import Any

from google.cloud import run_v2
from google.protobuf import duration_pb2, json_format
from msgspec import Struct

from shared.billing.plans import GB, MB
from shared.settings import MIB
from shared.slots.shape import HOME, HomeMedium, SlotShape
from shared.slots.slot import Slot

LABEL = "ondol"
SLOT_LABEL = "slot"
SHAPE = "ondol-shape"
"""The annotation with a revision's shape in Ondol's own spelling. Cloud Run keeps annotations unchanged, while it may
return a size in another unit than the one that was sent."""
CONCURRENCY = 1000
REQUEST_SECONDS = 3600
"""Cloud Run's limit. A WebSocket lasts at most an hour, and the editor then reconnects to the same container."""
HEALTH = run_v2.HTTPGetAction(path="/_slot/health")
LAUNCH_STAGE = "BETA"
"""Disks and readiness probes are in preview, for which the Admin API requires a launch stage."""
MEDIUM = {HomeMedium.DISK: "DISK", HomeMedium.MEMORY: "MEMORY"}
"""The media as the Admin API names them."""

Json = dict[str, Any]


class SlotTemplate(Struct, frozen=True, kw_only=True):
    """What all slots have in common, by the operator's settings. The image is in each slot's record."""

    service_account: str
    environment: dict[str, str]
    shape: SlotShape


def service_body(slot: Slot, template: SlotTemplate) -> Json:
    """The service that `slot` should be."""
    service = _message(slot, template)
    body: Json = json_format.MessageToDict(run_v2.Service.pb(service))
    body["launchStage"] = LAUNCH_STAGE
    for volume in body["template"]["volumes"]:
        medium = template.shape.home_medium if volume["name"] == _volume(HOME) else HomeMedium.MEMORY
        volume["emptyDir"]["medium"] = MEDIUM[medium]
    return body


def environment_of(template: SlotTemplate, incarnation: int) -> dict[str, str]:
    return {**template.environment, "INCARNATION": str(incarnation)}


def is_outdated(service: run_v2.Service, template: SlotTemplate, incarnation: int) -> bool:
    """Whether the service has another environment or shape than `template`."""
    environment = {variable.name: variable.value for c in service.template.containers for variable in c.env}
    shape = service.template.annotations.get(SHAPE)
    return environment != environment_of(template, incarnation) or shape != _in_words(template.shape)


def _message(slot: Slot, template: SlotTemplate) -> run_v2.Service:
    """The service without the media of its volumes."""
    shape = template.shape
    environment = environment_of(template, slot.incarnation)
    container = run_v2.Container(
        image=slot.image,
        env=[run_v2.EnvVar(name=name, value=value) for name, value in environment.items()],
        resources=run_v2.ResourceRequirements(
            limits={"cpu": str(shape.cpu), "memory": quantity(shape.memory)}, cpu_idle=True, startup_cpu_boost=True
        ),
        volume_mounts=[run_v2.VolumeMount(name=_volume(path), mount_path=path) for path in shape.places],
        startup_probe=run_v2.Probe(http_get=HEALTH, period_seconds=1, failure_threshold=120),
        # The probe is for an agent that hangs, and not for one whose CPU the member's programs take: an instance that
        # is not ready gets no request, and no other instance exists. A probe gives the container CPU, so probes are
        # rare.
        readiness_probe=run_v2.Probe(http_get=HEALTH, period_seconds=10, timeout_seconds=5, failure_threshold=6),
    )
    return run_v2.Service(
        labels={LABEL: SLOT_LABEL},
        # The slot checks its own tokens and cookies. Browsers have no Google identity.
        invoker_iam_disabled=True,
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
        scaling=run_v2.ServiceScaling(min_instance_count=int(slot.kept), max_instance_count=1),
        template=run_v2.RevisionTemplate(
            annotations={SHAPE: _in_words(shape)},
            containers=[container],
            volumes=[
                run_v2.Volume(name=_volume(path), empty_dir=run_v2.EmptyDirVolumeSource(size_limit=quantity(size)))
                for path, size in shape.places.items()
            ],
            service_account=template.service_account,
            max_instance_request_concurrency=CONCURRENCY,
            timeout=duration_pb2.Duration(seconds=REQUEST_SECONDS),
            execution_environment=run_v2.ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2,
        ),
    )


def quantity(size: int) -> str:
    """A number of bytes in the largest unit of Cloud Run that needs no fraction, such as `10G` or `512Mi`. Raises
    ValueError if no unit fits."""
    for unit, bytes in (("Gi", 1024 * MIB), ("G", GB), ("Mi", MIB), ("M", MB)):
        if size % bytes == 0:
            return f"{size // bytes}{unit}"
    raise ValueError(f"{size} bytes are a multiple of neither 1 MB nor 1 MiB")


def _volume(path: str) -> str:
    """The name of the volume at `path`: `tmp` of /tmp."""
    return path.strip("/").replace("/", "-")


def _in_words(shape: SlotShape) -> str:
    places = ", ".join(f"{path} {quantity(size)}" for path, size in shape.places.items())
    return f"cpu {shape.cpu}, memory {quantity(shape.memory)}, home on {shape.home_medium}, {places}"
