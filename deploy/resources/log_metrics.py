"""Log-based metrics: what is counted and measured of Ondol's own log lines.

A metric takes a line only from the services that write it, so no other service can raise an alert by what it prints.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from deploy.deployment import Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.monitoring import LogMetric
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.identities import functions

SLOTS = "^ws-"
"""The names of slots' services, as `shared.gcp.store.slots.new_slot_name` makes them: a regular expression."""
UP_TO_60_S = (50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 20_000, 30_000, 60_000)
"""Bounds of buckets in milliseconds. Google interpolates within a bucket, so the objective's 2 s are a bound."""
UP_TO_1_H = (30, 60, 120, 180, 300, 600, 1200, 3600)
"""Bounds of buckets in seconds."""


class Metric(Struct, frozen=True, kw_only=True):
    """A row of the table below."""

    name: str
    title: str
    unit: str
    why: str
    events: tuple[str, ...]
    """What the lines say in `message`. Empty: any event."""
    services: tuple[str, ...]
    """The functions that write the lines. Empty: every function."""
    slots: bool = False
    """True if slots write the lines instead."""
    only: str = ""
    """What else must be true of a line, in Cloud Logging's query language."""
    labels: Mapping[str, str] = {}
    """The line's field, by the label that takes the field's value."""
    value: str = ""
    """The line's field that is measured. Empty: lines are counted."""
    bounds: Sequence[int] = ()

    @property
    def type(self) -> str:
        """The metric's name in Cloud Monitoring."""
        return f"logging.googleapis.com/user/{self.name}"


OPENS = Metric(
    name="ondol-opens",
    title="Opens: time to the answer",
    unit="ms",
    why="how long members wait for Open; an Open that failed counts as 60 s",
    events=("open-answered",),
    services=("allocate",),
    labels={"outcome": "outcome"},
    value="counts_as_ms",
    bounds=UP_TO_60_S,
)
CLAIMS = Metric(
    name="ondol-claims",
    title="Slots that were claimed",
    unit="1",
    why="how many members got a slot that was not warm, and therefore waited for a container to start",
    events=("slot-claimed",),
    services=("allocate",),
    labels={"was": "was"},
)
CLAIM_TIMES = Metric(
    name="ondol-claim-times",
    title="Opens: time to claim a slot",
    unit="ms",
    why="how long the first step of Open takes",
    events=("slot-claimed",),
    services=("allocate",),
    labels={"was": "was"},
    value="ms",
    bounds=UP_TO_60_S,
)
ATTACHES = Metric(
    name="ondol-attaches",
    title="Opens: time until the slot serves",
    unit="ms",
    why="how long the second step of Open takes",
    events=("slot-attached",),
    services=("allocate",),
    value="ms",
    bounds=UP_TO_60_S,
)
RESTORES = Metric(
    name="ondol-restores",
    title="Opens: time to restore what an editor needs",
    unit="ms",
    why="how long the longest part of the second step takes, as slots say",
    events=("session-serving",),
    services=(),
    slots=True,
    value="restore_ms",
    bounds=UP_TO_60_S,
)
ENDS = Metric(
    name="ondol-ends",
    title="Sessions that ended",
    unit="1",
    why="why sessions end: a session that is lost has lost its newest work",
    events=("session-ended",),
    services=(),
    labels={"reason": "reason"},
)
UNSAVED = Metric(
    name="ondol-unsaved",
    title="Work that is not saved: its age",
    unit="s",
    why="how old the newest save is where there is work that is not in it, as slots say",
    events=("save-late",),
    services=(),
    slots=True,
    value="seconds",
    bounds=UP_TO_1_H,
)
REFUSALS = Metric(
    name="ondol-refusals",
    title="Refusals",
    unit="1",
    why="what functions refuse, by the problem's name",
    events=("request",),
    services=(),
    only="jsonPayload.problem:*",
    labels={"function": "function", "problem": "problem"},
)
HEARTBEAT_REFUSALS = Metric(
    name="ondol-heartbeat-refusals",
    title="Refused heartbeats",
    unit="1",
    why="what heartbeat refuses to containers whose token is good: everybody can have others refused",
    events=("request",),
    services=("heartbeat",),
    only="jsonPayload.problem:* AND jsonPayload.authenticated=true",
    labels={"problem": "problem"},
)
ERRORS = Metric(
    name="ondol-errors",
    title="Errors",
    unit="1",
    why="what an operator should look at, by event",
    events=(),
    services=(),
    # the errors among requests are refusals, which have a metric of their own
    only='severity>=ERROR AND jsonPayload.message!="request"',
    labels={"event": "message"},
)
RUNS = Metric(
    name="ondol-runs",
    title="Runs of scheduled functions",
    unit="1",
    why="whether what must run by itself does run",
    events=("request",),
    services=("pool", "meter"),
    only="jsonPayload.status=200",
    labels={"function": "function"},
)
LOSSES = Metric(
    name="ondol-losses",
    title="Members who pay and cost more than that",
    unit="1",
    why="whether an account has cost more in its month than it pays; each is logged once a day",
    events=("member-costs-more",),
    services=("meter",),
    labels={"plan": "plan"},
)
METRICS = (
    OPENS, CLAIMS, CLAIM_TIMES, ATTACHES, RESTORES, ENDS, UNSAVED, REFUSALS, HEARTBEAT_REFUSALS, ERRORS, RUNS, LOSSES,
)  # fmt: skip


def metric_id(metric: Metric) -> str:
    """The id of the metric's resource."""
    return f"metric {metric.name}"


def log_metrics(deployment: Deployment) -> list[Resource]:
    return [
        Resource(
            id=metric_id(each),
            kind=LogMetric(),
            name=f"projects/{deployment.project}/metrics/{each.name}",
            body=_body(each),
            why=each.why,
            needs=(api("logging"),),
        )
        for each in METRICS
    ]


def _body(metric: Metric) -> Json:
    # of text, which is the type that Google leaves out of its answers
    labels = [{"key": label} for label in metric.labels]
    descriptor = {"metricKind": "DELTA", "unit": metric.unit, "displayName": metric.title, "labels": labels}
    body: Json = {
        "description": f"{metric.title}: {metric.why}.",
        "filter": _filter(metric),
        "labelExtractors": {label: f"EXTRACT(jsonPayload.{field})" for label, field in metric.labels.items()},
        "metricDescriptor": {**descriptor, "valueType": "DISTRIBUTION" if metric.value else "INT64"},
    }
    if not metric.value:
        return body
    measured = {"valueExtractor": f"EXTRACT(jsonPayload.{metric.value})"}
    return {**body, **measured, "bucketOptions": {"explicitBuckets": {"bounds": list(metric.bounds)}}}


def _filter(metric: Metric) -> str:
    """In Cloud Logging's query language (https://cloud.google.com/logging/docs/view/logging-query-language)."""
    terms = ['resource.type="cloud_run_revision"', f"resource.labels.service_name{_written_by(metric)}"]
    if metric.events:
        terms.append(f"jsonPayload.message={_any(metric.events)}")
    return " AND ".join([*terms, *([metric.only] if metric.only else ())])


def _written_by(metric: Metric) -> str:
    if metric.slots:
        return f'=~"{SLOTS}"'
    return f"={_any(name.replace('_', '-') for name in metric.services or functions())}"


def _any(values: Iterable[str]) -> str:
    quoted = [f'"{each}"' for each in values]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"
