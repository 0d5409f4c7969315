"""Alert policies: when an operator is told, and of what. docs/runbooks.md says what to do then, and each alert brings
its part of that page along."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.deployment import LABELS, ROOT, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.monitoring import Channel, FoundAfterMetrics
from deploy.reconciler.resource import Output, Resource
from deploy.resources.apis import api
from deploy.resources.log_metrics import (
    CLAIMS,
    ENDS,
    ERRORS,
    HEARTBEAT_REFUSALS,
    LOSSES,
    REFUSALS,
    RUNS,
    UNSAVED,
    Metric,
    metric_id,
)
from deploy.resources.objective import OBJECTIVE, objective_name

POLICY = FoundAfterMetrics(
    title="alert",
    api="monitoring.v3",
    collection="projects.alertPolicies",
    items="alertPolicies",
    known_by=("userLabels",),
    parent="name",
)
CHANNEL_ID = "notification channel"
RUNBOOKS = ROOT / "docs/runbooks.md"
AUTO_CLOSE = "3600s"
"""An incident is over once nothing was counted for so long: a counter of rare events has no points in between."""
MINUTE, HOUR, DAY = 60, 3600, 86400


class Alert(Struct, frozen=True, kw_only=True):
    """A row of the table below. `name` is the heading of its part in docs/runbooks.md, too."""

    name: str
    title: str
    severity: str
    conditions: tuple[Json, ...]
    metrics: tuple[Metric, ...] = ()
    """Those that the conditions name. None: the conditions name the objective."""


def _sum(metric: Metric, seconds: int, *, above: float, labels: str = "", by: Sequence[str] = ()) -> Json:
    """More than `above` lines within `seconds`."""
    grouped = {"groupByFields": [f"metric.label.{each}" for each in by]} if by else {}
    aligned = {"alignmentPeriod": f"{seconds}s", "perSeriesAligner": "ALIGN_DELTA", "crossSeriesReducer": "REDUCE_SUM"}
    return _threshold(metric, labels, {**aligned, **grouped}, above)


def _highest(metric: Metric, seconds: int, *, above: float) -> Json:
    """A value above `above` within `seconds`: its 99th percentile, of any service."""
    aligned = {
        "alignmentPeriod": f"{seconds}s",
        "perSeriesAligner": "ALIGN_PERCENTILE_99",
        "crossSeriesReducer": "REDUCE_MAX",
    }
    return _threshold(metric, "", aligned, above)


def _threshold(metric: Metric, labels: str, aggregation: Json, above: float) -> Json:
    return {
        "displayName": f"{metric.title}{f' ({labels})' if labels else ''} above {above:g}",
        "conditionThreshold": {
            "filter": _series(metric, labels),
            "aggregations": [aggregation],
            "comparison": "COMPARISON_GT",
            "thresholdValue": above,
            "duration": "0s",
            "trigger": {"count": 1},
        },
    }


def _absent(metric: Metric, seconds: int, labels: str) -> Json:
    """No line for `seconds`."""
    return {
        "displayName": f"{metric.title} ({labels}): none for {seconds // MINUTE} minutes",
        "conditionAbsent": {
            "filter": _series(metric, labels),
            "aggregations": [
                {"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_DELTA", "crossSeriesReducer": "REDUCE_SUM"}
            ],
            "duration": f"{seconds}s",
            "trigger": {"count": 1},
        },
    }


def _series(metric: Metric, labels: str) -> str:
    """In Cloud Monitoring's filters (https://cloud.google.com/monitoring/api/v3/filters)."""
    of = f'metric.type="{metric.type}" AND resource.type="cloud_run_revision"'
    return f"{of} AND {labels}" if labels else of


def _burns(deployment: Deployment, seconds: int, *, above: float) -> Json:
    """The objective's error budget is spent `above` times as fast as it would last for its whole period."""
    return {
        "displayName": f"Burn rate of {seconds // HOUR} h above {above:g}",
        "conditionThreshold": {
            "filter": f'select_slo_burn_rate("{objective_name(deployment)}", "{seconds}s")',
            "comparison": "COMPARISON_GT",
            "thresholdValue": above,
            "duration": "0s",
            "trigger": {"count": 1},
        },
    }


def _event(name: str) -> str:
    return f'metric.labels.event="{name}"'


NAMED = ("ledger-differs", "budget-spent", "image-refused", "unexpected")
"""The errors that have an alert of their own."""


def alerts(deployment: Deployment) -> list[Alert]:
    """The table. What raises an alert at once is what never happens while all is well."""
    return [
        Alert(
            name="opens-burn-fast",
            title="Opens are slow or fail",
            severity="CRITICAL",
            conditions=(_burns(deployment, HOUR, above=10),),
        ),
        Alert(
            name="opens-burn-slow",
            title="Opens have been slower than promised since yesterday",
            severity="WARNING",
            conditions=(_burns(deployment, DAY, above=2),),
        ),
        Alert(
            name="no-warm-slot",
            title="Members find no warm slot",
            severity="WARNING",
            conditions=(
                _sum(REFUSALS, 5 * MINUTE, above=0, labels='metric.labels.problem="pool-exhausted"'),
                _sum(CLAIMS, 15 * MINUTE, above=3, labels='metric.labels.was="cold"'),
            ),
            metrics=(REFUSALS, CLAIMS),
        ),
        Alert(
            name="sessions-lost",
            title="Sessions are lost",
            severity="ERROR",
            conditions=(_sum(ENDS, HOUR, above=2, labels='metric.labels.reason="lost"'),),
            metrics=(ENDS,),
        ),
        Alert(
            name="work-unsaved",
            title="A member's work is not being saved",
            severity="ERROR",
            conditions=(_highest(UNSAVED, 5 * MINUTE, above=5 * MINUTE),),
            metrics=(UNSAVED,),
        ),
        Alert(
            name="state-broken",
            title="A saved workspace can't be restored",
            severity="CRITICAL",
            conditions=(_sum(REFUSALS, 5 * MINUTE, above=0, labels='metric.labels.problem="state-broken"'),),
            metrics=(REFUSALS,),
        ),
        Alert(
            name="ledger-differs",
            title="The ledger and a counter differ",
            severity="ERROR",
            conditions=(_sum(ERRORS, 5 * MINUTE, above=0, labels=_event("ledger-differs")),),
            metrics=(ERRORS,),
        ),
        Alert(
            name="budget-spent",
            title="The month's budget is spent: new sessions are closed",
            severity="CRITICAL",
            conditions=(_sum(ERRORS, 5 * MINUTE, above=0, labels=_event("budget-spent")),),
            metrics=(ERRORS,),
        ),
        Alert(
            name="image-refused",
            title="A new image of the slots was refused",
            severity="ERROR",
            conditions=(_sum(ERRORS, 5 * MINUTE, above=0, labels=_event("image-refused")),),
            metrics=(ERRORS,),
        ),
        Alert(
            name="unexpected-errors",
            title="A function fails unexpectedly",
            severity="ERROR",
            conditions=(_sum(ERRORS, 5 * MINUTE, above=0, labels=_event("unexpected")),),
            metrics=(ERRORS,),
        ),
        Alert(
            name="other-errors",
            title="A function has logged an error",
            severity="WARNING",
            conditions=(
                _sum(
                    ERRORS,
                    15 * MINUTE,
                    above=0,
                    labels=" AND ".join(f'metric.labels.event!="{each}"' for each in NAMED),
                    by=("event",),
                ),
            ),
            metrics=(ERRORS,),
        ),
        Alert(
            name="heartbeats-refused",
            title="Heartbeats of slots are refused",
            severity="WARNING",
            conditions=(
                _sum(
                    HEARTBEAT_REFUSALS,
                    10 * MINUTE,
                    above=20,
                    labels='metric.labels.problem!="too-soon"',
                    by=("problem",),
                ),
            ),
            metrics=(HEARTBEAT_REFUSALS,),
        ),
        Alert(
            name="member-costs-more",
            title="A member costs more than they pay",
            severity="WARNING",
            conditions=(_sum(LOSSES, 5 * MINUTE, above=0, by=("plan",)),),
            metrics=(LOSSES,),
        ),
        Alert(
            name="schedules-silent",
            title="A scheduled function does not run",
            severity="CRITICAL",
            conditions=(
                _absent(RUNS, 10 * MINUTE, 'metric.labels.function="pool"'),
                _absent(RUNS, HOUR, 'metric.labels.function="meter"'),
            ),
            metrics=(RUNS,),
        ),
    ]


def alert_policies(deployment: Deployment) -> list[Resource]:
    """The policies, and the channel by which they reach the operator, if an address is set."""
    told = [_channel(deployment)] if deployment.operator.alerts_to else []
    return [*told, *(_policy(deployment, each, told) for each in alerts(deployment))]


def _channel(deployment: Deployment) -> Resource:
    return Resource(
        id=CHANNEL_ID,
        kind=Channel(),
        name=f"projects/{deployment.project}",
        body={
            "type": "email",
            "displayName": "Ondol's operator",
            "labels": {"email_address": deployment.operator.alerts_to},
            "userLabels": LABELS,
            "enabled": True,
        },
        why=f"mails alerts to {deployment.operator.alerts_to}",
        needs=(api("monitoring"),),
    )


def _policy(deployment: Deployment, alert: Alert, told: Sequence[Resource]) -> Resource:
    named = [metric_id(each) for each in alert.metrics] or [OBJECTIVE]
    return Resource(
        id=f"alert {alert.name}",
        kind=POLICY,
        name=f"projects/{deployment.project}",
        body={
            "displayName": f"Ondol: {alert.title}",
            "userLabels": {**LABELS, "alert": alert.name},
            "severity": alert.severity,
            "combiner": "OR",
            "conditions": list(alert.conditions),
            "notificationChannels": [Output(each.id, "name") for each in told],
            "alertStrategy": {"autoClose": AUTO_CLOSE},
            "documentation": {
                "mimeType": "text/markdown",
                "content": runbook(alert.name),
                "links": _links(deployment, alert.name),
            },
            "enabled": True,
        },
        why=f"tells the operator: {alert.title[0].lower()}{alert.title[1:]}",
        needs=(api("monitoring"), *named),
    )


def _links(deployment: Deployment, alert: str) -> list[Json]:
    """The alert's part of the page in the operator's repository, as GitHub and GitLab show it."""
    page = f"{deployment.operator.source}/blob/HEAD/{RUNBOOKS.relative_to(ROOT)}#{alert}"
    return [{"displayName": "Runbook", "url": page}] if deployment.operator.source else []


def runbook(alert: str) -> str:
    """What docs/runbooks.md says of an alert. Raises LookupError where it says nothing."""
    _, found, rest = RUNBOOKS.read_text().partition(f"\n## {alert}\n")
    if not found:
        raise LookupError(f"docs/runbooks.md has no part {alert}")
    part = rest.partition("\n## ")[0].strip()
    return f"{part}\n\n`docs/runbooks.md#{alert}` of Ondol's source has this text, and the other alerts."
