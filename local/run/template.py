"""What a service's template and scaling ask for, read and checked as Cloud Run does."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from local.api_error import ApiError

from .volumes import Volume, VolumeMount, read_volume_sizes

_T = TypeVar("_T")

RESERVED_ENV = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
DEFAULT_CONCURRENCY = 80
DEFAULT_TIMEOUT = "300s"
# "a default TCP startup probe is made: timeoutSeconds 240, periodSeconds 240, failureThreshold 1"
DEFAULT_STARTUP_SECONDS = 240


class EnvVar(msgspec.Struct):
    name: str
    value: str = ""
    value_source: Any = msgspec.field(default=None, name="valueSource")


class Resources(msgspec.Struct, rename="camel"):
    cpu_idle: bool = False


class HttpGet(msgspec.Struct):
    path: str = "/"


class Probe(msgspec.Struct, rename="camel"):
    http_get: HttpGet | None = None
    period_seconds: int = 10
    failure_threshold: int = 3


class Container(msgspec.Struct, rename="camel"):
    image: Annotated[str, msgspec.Meta(min_length=1)]
    env: list[EnvVar] = []
    resources: Resources | None = None
    startup_probe: Probe | None = None
    volume_mounts: list[VolumeMount] = []


class Scaling(msgspec.Struct, rename="camel"):
    min_instance_count: Annotated[int, msgspec.Meta(ge=0)] = 0
    max_instance_count: Annotated[int, msgspec.Meta(ge=0)] = 0
    manual_instance_count: int | None = None


class Template(msgspec.Struct, rename="camel"):
    containers: Annotated[list[Container], msgspec.Meta(min_length=1)]
    revision: str = ""
    scaling: Scaling = msgspec.field(default_factory=Scaling)
    timeout: Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+)?s$")] = DEFAULT_TIMEOUT
    max_instance_request_concurrency: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    volumes: list[Volume] = []

    @property
    def container(self) -> Container:
        return self.containers[0]

    @property
    def env(self) -> dict[str, str]:
        return {variable.name: variable.value for variable in self.container.env}

    @property
    def timeout_seconds(self) -> float:
        """How long a request, a WebSocket too, may stay open."""
        return float(self.timeout.removesuffix("s"))

    @property
    def concurrency(self) -> int:
        return self.max_instance_request_concurrency or DEFAULT_CONCURRENCY

    @property
    def throttled(self) -> bool:
        """Whether an instance has CPU only while a request is open. As in Cloud Run, naming `resources` without
        `cpuIdle` means CPU always."""
        resources = self.container.resources
        return resources is None or resources.cpu_idle

    @property
    def volume_sizes(self) -> dict[str, int]:
        """Bytes by the path at which a volume is mounted. Raises ApiError when Cloud Run would refuse one."""
        return read_volume_sizes(self.volumes, self.container.volume_mounts)

    @property
    def startup_path(self) -> str | None:
        """The path that must answer 2xx or 3xx before an instance is ready; None: its port must listen."""
        probe = self.container.startup_probe
        return probe.http_get.path if probe and probe.http_get else None

    @property
    def startup_seconds(self) -> float:
        """How long an instance may take to become ready."""
        probe = self.container.startup_probe
        return probe.period_seconds * probe.failure_threshold if probe else DEFAULT_STARTUP_SECONDS


def read_template(raw: Any) -> Template:
    """Raises ApiError when Cloud Run would refuse the template, or when it asks for what this stand-in has not."""
    template = _convert(raw, Template, "template")
    if len(template.containers) > 1:
        raise ApiError("UNIMPLEMENTED", "template.containers: this stand-in runs one container an instance")
    if template.timeout_seconds > 3600:
        raise ApiError("INVALID_ARGUMENT", "template.timeout: must be at most 3600s")
    if reserved := sorted(RESERVED_ENV & template.env.keys()):
        names = ", ".join(reserved)
        raise ApiError("INVALID_ARGUMENT", f"template.containers[0].env: these names are reserved: {names}")
    if secret := [variable.name for variable in template.container.env if variable.value_source is not None]:
        raise ApiError("UNIMPLEMENTED", f"template.containers[0].env[{secret[0]}].valueSource: no secrets here")
    _ = template.volume_sizes
    return template


def min_instances(scaling: Any, template: Template) -> int:
    """0 or 1. Raises ApiError unless the service is held to at most one instance."""
    service = _convert(scaling or {}, Scaling, "scaling")
    if service.manual_instance_count is not None:
        raise ApiError("UNIMPLEMENTED", "scaling.manualInstanceCount: this stand-in scales automatically")
    wanted = max(service.min_instance_count, template.scaling.min_instance_count)
    limits = [limit for limit in (service.max_instance_count, template.scaling.max_instance_count) if limit]
    if not limits or min(limits) != 1:
        hint = "the mask `scaling` replaces the whole message, so send the minimum and the maximum together"
        raise ApiError("INVALID_ARGUMENT", f"scaling.maxInstanceCount: must be 1 in this stand-in; {hint}")
    if wanted > 1:
        raise ApiError("INVALID_ARGUMENT", "scaling.maxInstanceCount: must be greater or equal than minInstanceCount")
    return wanted


def _convert(raw: Any, kind: type[_T], field: str) -> _T:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise ApiError("INVALID_ARGUMENT", f"{field}: {error}") from error
