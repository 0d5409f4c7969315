"""Jobs of Cloud Scheduler: the functions that functions/functions.toml has a `schedule` for."""

from collections.abc import Mapping
from typing import Any

from deploy.deployment import Deployment
from deploy.kinds.collection import Collection
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.identities import account, account_name, functions

JOB = Collection(title="schedule", api="cloudscheduler.v1", collection="projects.locations.jobs")
INVOKER = "invoker"


def schedules(deployment: Deployment) -> list[Resource]:
    return [_job(deployment, name, row) for name, row in functions().items() if row["trigger"] == "schedule"]


def _job(deployment: Deployment, function: str, row: Mapping[str, Any]) -> Resource:
    service = function.replace("_", "-")
    return Resource(
        id=f"schedule {function}",
        kind=JOB,
        name=f"{deployment.location}/jobs/{service}",
        body={
            "schedule": row["schedule"],
            "timeZone": "Etc/UTC",
            # what comes later than the function's own timeout is no answer of the function's
            "attemptDeadline": f"{row['timeout']}s",
            "httpTarget": {
                # Cloud Scheduler adds the slash to an address without a path
                "uri": f"{deployment.service_url(service)}/",
                "httpMethod": "POST",
                "oidcToken": {
                    "serviceAccountEmail": deployment.account(account_name(INVOKER)),
                    # `shared.gcp.identity.invoker` asks for exactly this
                    "audience": deployment.service_url(service),
                },
            },
        },
        why=f"calls the function {function}",
        needs=(api("cloudscheduler"), account(INVOKER), f"roles on {account(INVOKER)}"),
    )
