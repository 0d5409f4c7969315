"""The dashboard: one page in Cloud Monitoring with what an operator looks at first."""

from collections.abc import Sequence

from deploy.deployment import LABELS, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.monitoring import Dashboard
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.log_metrics import (
    ATTACHES,
    CLAIM_TIMES,
    CLAIMS,
    ENDS,
    ERRORS,
    METRICS,
    OPENS,
    REFUSALS,
    RESTORES,
    RUNS,
    UNSAVED,
    Metric,
    metric_id,
)

COLUMNS, WIDTH, HEIGHT = 48, 24, 16
"""Of the grid: two charts are side by side."""
PERCENTILES = (50, 95, 99)
MEASURED = (OPENS, CLAIM_TIMES, ATTACHES, RESTORES, UNSAVED)
COUNTED = ((CLAIMS, "was"), (ENDS, "reason"), (REFUSALS, "problem"), (ERRORS, "event"), (RUNS, "function"))
"""Counters, and the label by which each is drawn."""
LATEST = 'resource.type="cloud_run_revision" AND severity>=WARNING'


def dashboard(deployment: Deployment) -> list[Resource]:
    charts = [*(_times(each) for each in MEASURED), *(_counts(each, label) for each, label in COUNTED)]
    logs = {"title": "Warnings and errors", "logsPanel": {"filter": LATEST, "resourceNames": []}}
    return [
        Resource(
            id="dashboard",
            kind=Dashboard(),
            name=f"projects/{deployment.project}/dashboards/ondol",
            body={
                "displayName": "Ondol",
                "labels": dict.fromkeys(LABELS, ""),
                "mosaicLayout": {"columns": COLUMNS, "tiles": _tiles([*charts, logs])},
            },
            why="shows how long members wait, what fails, and what functions log",
            needs=(api("monitoring"), *(metric_id(each) for each in METRICS)),
        )
    ]


def _tiles(widgets: Sequence[Json]) -> list[Json]:
    in_row = COLUMNS // WIDTH
    return [
        {
            "xPos": number % in_row * WIDTH,
            "yPos": number // in_row * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "widget": widget,
        }
        for number, widget in enumerate(widgets)
    ]


def _times(metric: Metric) -> Json:
    """Percentiles of a distribution, of all services together."""
    sets = [
        _set(metric, "LINE", {"perSeriesAligner": "ALIGN_DELTA", "crossSeriesReducer": f"REDUCE_PERCENTILE_{each:02}"})
        | {"legendTemplate": f"{each} %"}
        for each in PERCENTILES
    ]
    return _chart(metric, sets)


def _counts(metric: Metric, label: str) -> Json:
    aggregation = {
        "perSeriesAligner": "ALIGN_DELTA",
        "crossSeriesReducer": "REDUCE_SUM",
        "groupByFields": [f"metric.label.{label}"],
    }
    return _chart(metric, [_set(metric, "STACKED_BAR", aggregation)])


def _chart(metric: Metric, sets: Sequence[Json]) -> Json:
    axis = {"label": metric.unit, "scale": "LINEAR"} if metric.value else {"scale": "LINEAR"}
    return {"title": metric.title, "xyChart": {"dataSets": list(sets), "yAxis": axis}}


def _set(metric: Metric, plot: str, aggregation: Json) -> Json:
    series = f'metric.type="{metric.type}" AND resource.type="cloud_run_revision"'
    query = {"filter": series, "aggregation": {"alignmentPeriod": "60s", **aggregation}}
    return {"plotType": plot, "minAlignmentPeriod": "60s", "timeSeriesQuery": {"timeSeriesFilter": query}}
