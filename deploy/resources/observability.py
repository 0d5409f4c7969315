"""What shows how Ondol is doing: metrics by its logs, an objective, alerts and a dashboard."""

from deploy.deployment import Deployment
from deploy.reconciler.resource import Resource
from deploy.resources.alerts import alert_policies
from deploy.resources.dashboard import dashboard
from deploy.resources.log_metrics import log_metrics
from deploy.resources.objective import objective


def observability(deployment: Deployment) -> list[Resource]:
    return [
        *log_metrics(deployment),
        *objective(deployment),
        *alert_policies(deployment),
        *dashboard(deployment),
    ]
