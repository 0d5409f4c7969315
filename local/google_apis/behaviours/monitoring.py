"""Cloud Monitoring and log-based metrics.

https://cloud.google.com/monitoring/api/ref_v3/rest, https://cloud.google.com/logging/docs/reference/v2/rest.
"""

import json
import re

from local.api_error import ApiError
from local.google_apis import masks, standard
from local.google_apis.documents import Json
from local.google_apis.registry import BY_NUMBER, NAMING, Naming, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

METRICS = "projects.metrics"
POLICIES, CHANNELS = "projects.alertPolicies", "projects.notificationChannels"
DASHBOARDS, SERVICES, OBJECTIVES = "projects.dashboards", "services", "services.serviceLevelObjectives"
MONITORING, LOGGING = "monitoring.googleapis.com", "logging.googleapis.com"

for _kind in (POLICIES, CHANNELS, "projects.uptimeCheckConfigs", "projects.groups"):
    NAMING[("monitoring.v3", _kind)] = Naming(made_up=lambda world: world.digits(19))
NAMING[("monitoring.v3", SERVICES)] = Naming(made_up=lambda world: world.hexadecimal(22))
NAMING[("monitoring.v3", OBJECTIVES)] = Naming(made_up=lambda world: world.hexadecimal(22))
NAMING[("monitoring.v1", DASHBOARDS)] = Naming(made_up=World.uuid, chosen=True)
BY_NUMBER |= {("monitoring.v1", DASHBOARDS), ("monitoring.v3", SERVICES), ("monitoring.v3", OBJECTIVES)}

_METRIC = re.compile(r"logging\.googleapis\.com/user/([\w.+!*',()%/-]+)")


@writing("monitoring.v3", POLICIES)
def policy(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    """A condition needs its metric: a log-based one exists once it is defined."""
    body = record.body
    if not body.get("displayName") or not body.get("conditions") or not body.get("combiner"):
        raise ApiError("INVALID_ARGUMENT", "An alert policy has a displayName, conditions and a combiner.")
    _need_metrics(world, body["conditions"])
    for each in body.get("notificationChannels", []):
        world.need(MONITORING, each, f"Could not find notification channel {each}.")
    for each in body["conditions"]:
        each["name"] = each.get("name") or f"{name}/conditions/{world.digits(19)}"
    body.setdefault("enabled", True)
    mutation = {"mutateTime": world.now(), "mutatedBy": world.facts.owner.partition(":")[2]}
    body["creationRecord"] = before.get("creationRecord", mutation) if before else mutation
    body["mutationRecord"] = mutation


@writing("monitoring.v3", CHANNELS)
def channel(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    if not record.body.get("type"):
        raise ApiError("INVALID_ARGUMENT", "A notification channel has a type.")
    if record.body["type"] == "email" and "@" not in record.body.get("labels", {}).get("email_address", ""):
        raise ApiError("INVALID_ARGUMENT", "A channel of the type email has the label email_address.")
    record.body.setdefault("enabled", True)


@methods("monitoring.v3", f"{CHANNELS}.delete")
def delete_channel(world: World, call: Call) -> Json:
    """Without `force`, a channel that a policy names stays."""
    world.need(call.host, call.name)
    policies = [
        each
        for each in world.below(call.host, f"projects/{world.facts.project}/alertPolicies").values()
        if call.name in [world.by_id(one) for one in each.body.get("notificationChannels", [])]
    ]
    if policies and call.asked("force") != "true":
        raise ApiError("FAILED_PRECONDITION", f"The channel is used by {policies[0].body['name']}.")
    for each in policies:
        left = [one for one in each.body["notificationChannels"] if world.by_id(one) != call.name]
        each.body["notificationChannels"] = left
    world.drop(call.host, call.name)
    return {}


@writing("monitoring.v3", OBJECTIVES)
def objective(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    if not 0 < body.get("goal", 0) < 1 or not body.get("serviceLevelIndicator"):
        raise ApiError("INVALID_ARGUMENT", "An SLO has a goal between 0 and 1, and an indicator.")
    if ("rollingPeriod" in body) == ("calendarPeriod" in body):
        raise ApiError("INVALID_ARGUMENT", "An SLO has either a rollingPeriod or a calendarPeriod.")
    _need_metrics(world, body["serviceLevelIndicator"])


@methods("monitoring.v1", f"{DASHBOARDS}.patch")
def patch_dashboard(world: World, call: Call) -> Json:
    """Replaces the dashboard: the method has no mask."""
    body, _ = standard.resource_in(call)
    before = world.need(call.host, call.name).body
    standard.check_etag(before, body.get("etag", ""))
    return standard.change(world, call, masks.changed("monitoring.v1", "Dashboard", before, body, "*"))


@methods("logging.v2", f"{METRICS}.create")
def create_metric(world: World, call: Call) -> Json:
    """The body's `name` is the metric's id, without the project."""
    body, _ = standard.resource_in(call)
    name = f"{call.name}/{body.get('name', '')}"
    if world.find(call.host, name) is not None:
        raise ApiError("ALREADY_EXISTS", f"Metric {body['name']} already exists")
    return standard.put(world, call, name, body)


@methods("logging.v2", f"{METRICS}.update")
def update_metric(world: World, call: Call) -> Json:
    """Makes the metric where there is none."""
    body, _ = standard.resource_in(call)
    if body.get("name") != call.name.partition("/metrics/")[2]:
        raise ApiError("INVALID_ARGUMENT", "The body's name must be that of the metric.")
    if world.find(call.host, call.name) is None:
        return standard.put(world, call, call.name, body)
    return standard.update(world, call)


@writing("logging.v2", METRICS)
def metric(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body, project = record.body, world.facts.project
    if before is None:
        world.begin_to_use(name)
    last = name.partition("/metrics/")[2]
    if not re.fullmatch(r"[\w.,+!*',()%-][\w.,+!*',()%/-]{0,99}", last):
        raise ApiError("INVALID_ARGUMENT", f"Invalid metric name {last!r}.")
    if not body.get("filter"):
        raise ApiError("INVALID_ARGUMENT", "A metric has a filter.")
    body |= {"name": last, "resourceName": name}
    described = body.setdefault("metricDescriptor", {})
    described.setdefault("metricKind", "DELTA")
    described.setdefault("valueType", "INT64")
    described["type"] = f"logging.googleapis.com/user/{last}"
    described["name"] = f"projects/{project}/metricDescriptors/{described['type']}"
    labels = {each["key"] for each in described.get("labels", [])}
    if labels != body.get("labelExtractors", {}).keys():
        raise ApiError("INVALID_ARGUMENT", "Each label of the descriptor needs an extractor, and the other way round.")
    if (described["valueType"] == "DISTRIBUTION") != ("valueExtractor" in body):
        raise ApiError("INVALID_ARGUMENT", "A metric has a valueExtractor if it is a DISTRIBUTION, and only then.")


def _need_metrics(world: World, used: object) -> None:
    for each in _METRIC.findall(json.dumps(used).replace('\\"', " ")):
        name = f"projects/{world.facts.project}/metrics/{each}"
        if world.find(LOGGING, name) is None or not world.is_usable(name):
            raise ApiError(
                "NOT_FOUND",
                f'Cannot find metric that matches type = "logging.googleapis.com/user/{each}". If a metric was created '
                "recently, it could take up to 10 minutes to become available. Please try again soon.",
            )
