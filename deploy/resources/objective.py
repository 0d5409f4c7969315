"""The objective that members are promised: how many of their Opens take less than two seconds."""

from deploy.deployment import LABELS, Deployment
from deploy.kinds.collection import Collection
from deploy.kinds.monitoring import AfterMetrics
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.log_metrics import OPENS, metric_id

SERVICE = Collection(title="service", api="monitoring.v3", collection="services", id_parameter="serviceId")
SLO = AfterMetrics(
    title="objective",
    api="monitoring.v3",
    collection="services.serviceLevelObjectives",
    id_parameter="serviceLevelObjectiveId",
)
OBJECTIVE, SERVICE_ID = "objective opens", "service of objectives"
GOAL = 0.99
WITHIN_MS = 2000
PERIOD = "2419200s"
"""28 days: each period has as many weekends as any other."""


def objective_name(deployment: Deployment) -> str:
    return f"{_service_name(deployment)}/serviceLevelObjectives/opens"


def objective(deployment: Deployment) -> list[Resource]:
    return [
        Resource(
            id=SERVICE_ID,
            kind=SERVICE,
            name=_service_name(deployment),
            body={"displayName": "Ondol", "custom": {}, "userLabels": LABELS},
            why="has the objectives in Cloud Monitoring",
            needs=(api("monitoring"),),
        ),
        Resource(
            id=OBJECTIVE,
            kind=SLO,
            name=objective_name(deployment),
            body={
                "displayName": f"{GOAL:.0%} of Opens within {WITHIN_MS / 1000:g} s",
                "goal": GOAL,
                "rollingPeriod": PERIOD,
                "userLabels": LABELS,
                "serviceLevelIndicator": {
                    "requestBased": {
                        "distributionCut": {
                            "distributionFilter": (
                                f'metric.type="{OPENS.type}" AND resource.type="cloud_run_revision"'
                            ),
                            "range": {"min": 0, "max": WITHIN_MS},
                        }
                    }
                },
            },
            why=f"{GOAL:.0%} of Opens are answered within {WITHIN_MS / 1000:g} s; one that fails is not",
            needs=(SERVICE_ID, metric_id(OPENS)),
        ),
    ]


def _service_name(deployment: Deployment) -> str:
    return f"projects/{deployment.number}/services/ondol"
