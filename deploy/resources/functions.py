"""Each function as a Cloud Run service, as functions/functions.toml lists them."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.deployment import LABELS, ROOT, Deployment, OperatorFile
from deploy.google_apis.schema_check import Json
from deploy.kinds.run_service import RunService
from deploy.reconciler.resource import Output, Resource
from deploy.resources.apis import api
from deploy.resources.identities import needs_of
from deploy.resources.images import SLOT, base_image, image, service_id
from deploy.resources.own_services import SLOTS
from deploy.resources.secrets import SECRETS, secret_id, version
from shared.billing.plans import PLANS
from shared.settings import FIELDS, Settings, read
from shared.slots.shape import HomeMedium, SlotShape, check_plans_fit

WHY = {
    "http": "answers the page or a slot",
    "task": "does what Cloud Tasks brings",
    "schedule": "does what Cloud Scheduler calls for",
    "push": "takes what Cloud Pub/Sub brings",
}
INGRESS = dict.fromkeys(WHY, "INGRESS_TRAFFIC_INTERNAL_ONLY") | {"http": "INGRESS_TRAFFIC_ALL"}
"""From where a function is reached, by its trigger. Cloud Tasks, Cloud Scheduler and Pub/Sub of the same project are
internal to Cloud Run (https://cloud.google.com/run/docs/securing/ingress#settings). So no stranger can keep the few
threads of `pool` and `meter` busy."""
SHAPE = {"SLOT_CPU", "SLOT_MEMORY_BYTES", "SLOT_HOME_BYTES", "SLOT_HOME_MEDIUM"}
"""The settings of a slot's shape."""
STARTING_SECONDS = 120
"""For how long an instance may start: Python imports Google's clients in 2 to 5 s where CPU is short."""


def functions_table() -> dict[str, Any]:
    """functions/functions.toml, by the functions' names."""
    return tomllib.loads((ROOT / "functions/functions.toml").read_text())


def functions(deployment: Deployment, table: Mapping[str, Json]) -> list[Resource]:
    """A service for each function of `table`. Raises ValueError for settings of the operator's that a function would
    not start with."""
    settings = settings_of(deployment)
    for name, row in table.items():
        _check(name, row, settings)
    return [_function(deployment, name, row, settings) for name, row in table.items()]


def settings_of(deployment: Deployment) -> dict[str, str | Output]:
    """Every setting that is no secret: the deployment's own and the operator's. Raises ValueError for one that is not
    the operator's to set."""
    fixed: dict[str, str | Output] = {
        "GOOGLE_CLOUD_PROJECT": deployment.project,
        "REGION": deployment.region,
        "PAGE_ORIGIN": deployment.page_origin,
        "FUNCTIONS_URL": deployment.service_url("{function}"),
        "STATE_BUCKET": deployment.state_bucket,
        "SLOT_IMAGE": image(SLOT),
        "SLOT_SERVICE_ACCOUNT": deployment.account("ondol-slot"),
        "STATE_SERVICE_ACCOUNT": deployment.account("ondol-state"),
        "INVOKER_SERVICE_ACCOUNT": deployment.account("ondol-invoker"),
    }
    return {**fixed, **_operators(deployment.operator, {*fixed, *SECRETS})}


def _operators(operator: OperatorFile, others: set[str]) -> Mapping[str, str]:
    for name in operator.settings:
        if name not in FIELDS:
            raise ValueError(f"deployment.toml: there is no setting {name}")
        if name in others:
            raise ValueError(f"deployment.toml: {name} follows from the project, and is not to be set")
    return operator.settings


def _check(function: str, row: Json, settings: Mapping[str, str | Output]) -> None:
    """Reads the settings as the function will, with a made-up key in the place of each secret."""
    given = {name: str(value) for name, value in settings.items()} | dict.fromkeys(SECRETS, 32 * "k")
    try:
        values = read(given, row["settings"], function)
        if set(row["settings"]) >= SHAPE:
            check_plans_fit(PLANS, _shape(values))
    except ValueError as e:
        raise ValueError(f"deployment.toml: {function}: {e}") from e


def _shape(values: Settings) -> SlotShape:
    return SlotShape(
        cpu=values.slot_cpu,
        memory=values.slot_memory,
        home_bytes=values.slot_home_bytes,
        home_medium=HomeMedium(values.slot_home_medium),
    )


def _function(deployment: Deployment, name: str, row: Json, settings: Mapping[str, str | Output]) -> Resource:
    return Resource(
        id=f"function {name}",
        kind=RunService(),
        name=f"{deployment.location}/services/{service_id(name)}",
        body={
            "labels": LABELS,
            "ingress": INGRESS[row["trigger"]],
            # each function checks its callers itself and in full; where Cloud Run checks a token too, it takes the
            # token's signature off
            "invokerIamDisabled": True,
            "scaling": {"minInstanceCount": row.get("min_instances", 0), "maxInstanceCount": row["max_instances"]},
            "template": {
                "serviceAccount": deployment.account(f"ondol-{service_id(name)}"),
                "timeout": f"{row['timeout']}s",
                "maxInstanceRequestConcurrency": row["threads"],
                # the one that starts sooner; nothing here needs what the second has more of Linux
                # (https://cloud.google.com/run/docs/about-execution-environments)
                "executionEnvironment": "EXECUTION_ENVIRONMENT_GEN1",
                "containers": [_container(deployment, name, row, settings)],
            },
        },
        why=WHY[row["trigger"]],
        # `pool` goes before the slots, which it would make anew
        needs=(api("run"), *needs_of(name), *((SLOTS,) if name == "pool" else ())),
    )


def _container(deployment: Deployment, name: str, row: Json, settings: Mapping[str, str | Output]) -> Json:
    return {
        "image": image(service_id(name)),
        # the image holds the function alone; Google puts the newest base below it
        "baseImageUri": base_image(deployment),
        "resources": {
            "limits": {"cpu": "1", "memory": row.get("memory", "512Mi")},
            "cpuIdle": True,  # CPU is paid for while a request is answered
            "startupCpuBoost": True,
        },
        # the port is open once the function's module is imported
        "startupProbe": {
            "tcpSocket": {},
            "periodSeconds": 1,
            "timeoutSeconds": 1,
            "failureThreshold": STARTING_SECONDS,
        },
        "env": list(_environment(deployment, row, settings)),
    }


def _environment(deployment: Deployment, row: Json, settings: Mapping[str, str | Output]) -> Iterator[Json]:
    """The variables of exactly the function's settings, without those that have a default and that nobody set.
    FUNCTION_TARGET, which Cloud Run reserves, is in the image: the buildpack puts it there."""
    yield {"name": "THREADS", "value": str(row["threads"])}
    for name in row["settings"]:
        if name in SECRETS:
            yield {
                "name": name,
                "valueSource": {"secretKeyRef": {"secret": secret_id(name), "version": version(deployment, name)}},
            }
        elif name in settings:
            yield {"name": name, "value": settings[name]}
