"""Log-based metrics, dashboards, and what uses a log-based metric."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound
from deploy.google_apis.schema_check import Json
from deploy.kinds.collection import Collection
from deploy.kinds.found import Found
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

METRICS = "projects.metrics"
DASHBOARDS = "projects.dashboards"
UNKNOWN = "Cannot find metric"
"""Begins Cloud Monitoring's refusal of a metric that it does not know yet."""
KNOWN_SECONDS = 660.0
"""Cloud Monitoring knows a new log-based metric after up to 10 minutes: the same refusal says so."""
PAUSE_SECONDS = 15.0


class LogMetric(Struct, frozen=True, kw_only=True):
    """A log-based metric. Its methods name it by `metricName`, its body by the last part alone, and a change is a PUT
    of the whole."""

    title: str = "metric"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            return apis.call("logging.v2", f"{METRICS}.get", {"metricName": resource.name})
        except NotFound:
            return None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        parent, _, last = resource.name.partition("/metrics/")
        apis.call("logging.v2", f"{METRICS}.create", {"parent": parent}, {**body, "name": last})

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        last = resource.name.partition("/metrics/")[2]
        apis.call("logging.v2", f"{METRICS}.update", {"metricName": resource.name}, {**body, "name": last})

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call("logging.v2", f"{METRICS}.delete", {"metricName": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)


class Dashboard(Collection, frozen=True, kw_only=True):
    """A dashboard. A change is a PATCH of the whole, with the etag of what it replaces."""

    title: str = "dashboard"
    api: str = "monitoring.v1"
    collection: str = DASHBOARDS

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        live = self.read(apis, resource)
        if live is None:
            raise NotFound(f"{resource.id} does not exist any more")
        whole = {**body, "name": live["name"], "etag": live["etag"]}
        apis.call(self.api, f"{self.collection}.patch", {"name": resource.name}, whole)


class Channel(Found, frozen=True, kw_only=True):
    """A notification channel."""

    title: str = "notification channel"
    api: str = "monitoring.v3"
    collection: str = "projects.notificationChannels"
    items: str = "notificationChannels"
    known_by: Sequence[str] = ("userLabels",)
    parent: str = "name"

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        """Takes the channel away from alerts of the operator's own that name it, too."""
        found = self.read(apis, resource)
        if found is not None:
            apis.call(self.api, f"{self.collection}.delete", {"name": found["name"], "force": "true"})


class FoundAfterMetrics(Found, frozen=True, kw_only=True):
    """Waits until Cloud Monitoring knows the metrics in the body."""

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        _once_known(apis, lambda: super(FoundAfterMetrics, self).create(apis, resource, body))

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        _once_known(apis, lambda: super(FoundAfterMetrics, self).change(apis, resource, body, fields))


class AfterMetrics(Collection, frozen=True, kw_only=True):
    """Waits until Cloud Monitoring knows the metrics in the body."""

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        _once_known(apis, lambda: super(AfterMetrics, self).create(apis, resource, body))

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        _once_known(apis, lambda: super(AfterMetrics, self).change(apis, resource, body, fields))


def _once_known(apis: GoogleApis, write: Callable[[], None]) -> None:
    passed = 0.0
    while True:
        try:
            return write()
        except NotFound as e:
            if UNKNOWN not in str(e) or passed > KNOWN_SECONDS:
                raise
        apis.pause(PAUSE_SECONDS)
        passed += PAUSE_SECONDS
