"""Metrics, objective, alerts and dashboard against the stand-in of Google's APIs, and what the alerts say."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from deploy.deployment import Deployment, OperatorFile
from deploy.google_apis.client import GoogleApis
from deploy.kinds.monitoring import KNOWN_SECONDS
from deploy.reconciler.apply import StepFailed, apply, destroy
from deploy.reconciler.plan import Action, plan
from deploy.reconciler.resource import Resource
from deploy.resources.alerts import CHANNEL_ID, NAMED, RUNBOOKS, alerts, runbook
from deploy.resources.apis import api, apis
from deploy.resources.log_metrics import ERRORS, HEARTBEAT_REFUSALS, METRICS, REFUSALS, SLOTS, Metric
from deploy.resources.observability import observability
from local.google_apis.cloud import Cloud
from local.google_apis.facts import Facts
from local.google_apis.session import InProcess
from tests.support.checkout import ROOT

FACTS = Facts()
DEPLOYMENT = Deployment(
    project=FACTS.project,
    number=FACTS.number,
    region="asia-northeast3",
    operator=OperatorFile(alerts_to="operator@example.com"),
)
ENABLED = ("logging.googleapis.com", "monitoring.googleapis.com")


def table(deployment: Deployment = DEPLOYMENT) -> list[Resource]:
    enabled = [each for each in apis(deployment) if each.id in (api("logging"), api("monitoring"))]
    return [*enabled, *observability(deployment)]


class Project:
    """A project of the stand-in, and how long a deployment waited for it."""

    def __init__(self, facts: Facts = FACTS) -> None:
        self.cloud = Cloud(facts)
        session = InProcess(self.cloud)
        self.waited = 0.0
        self.apis = GoogleApis(session, session.endpoint, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.waited += seconds

    def apply(self, deployment: Deployment = DEPLOYMENT) -> list[str]:
        """What was done, as `create alert budget-spent`."""
        done: list[str] = []

        def note(step: Any, _seconds: float) -> None:
            if step.action != Action.LEAVE:
                done.append(f"{step.action} {step.resource.id}")

        apply(self.apis, table(deployment), note)
        return done

    def policies(self) -> dict[str, Any]:
        found = self.apis.call("monitoring.v3", "projects.alertPolicies.list", {"name": f"projects/{FACTS.project}"})
        return {each["userLabels"]["alert"]: each for each in found["alertPolicies"]}


@pytest.fixture
def project() -> Project:
    made = Project()
    made.apply()
    return made


def test_a_second_deployment_changes_nothing(project: Project) -> None:
    assert [step.reason for step in plan(project.apis, table()) if step.action != Action.LEAVE] == []


def test_google_is_sent_nothing_that_it_ignores(project: Project) -> None:
    assert {each.method: each.ignored for each in project.cloud.log if each.ignored} == {}


def test_alerts_are_mailed_to_the_operator_and_to_the_new_one_after_a_change(project: Project) -> None:
    [channel] = project.apis.call(
        "monitoring.v3", "projects.notificationChannels.list", {"name": f"projects/{FACTS.project}"}
    )["notificationChannels"]
    assert channel["labels"] == {"email_address": "operator@example.com"}
    assert {name: each["notificationChannels"] for name, each in project.policies().items()} == {
        each.name: [channel["name"]] for each in alerts(DEPLOYMENT)
    }
    other = Deployment(
        project=FACTS.project,
        number=FACTS.number,
        region="asia-northeast3",
        operator=OperatorFile(alerts_to="other@example.com"),
    )
    assert project.apply(other) == [f"change {CHANNEL_ID}"]


def test_without_an_address_there_are_alerts_and_nobody_is_mailed() -> None:
    project = Project()
    project.apply(Deployment(project=FACTS.project, number=FACTS.number, region="asia-northeast3"))
    assert [each.get("notificationChannels", []) for each in project.policies().values()] == [[]] * len(
        alerts(DEPLOYMENT)
    )


def drift(project: Project, record: str, field: str, value: Any) -> None:
    [found] = [each for name, each in project.cloud.state.resources.items() if re.search(record, name)]
    found.body[field] = value


@pytest.mark.parametrize(
    ("record", "field", "value", "mended"),
    [
        ("/metrics/ondol-ends$", "filter", "severity=ERROR", "metric ondol-ends"),
        ("/serviceLevelObjectives/opens$", "goal", 0.5, "objective opens"),
        ("/dashboards/ondol$", "displayName", "mine", "dashboard"),
        ("/notificationChannels/", "enabled", False, CHANNEL_ID),
    ],
)
def test_what_somebody_changed_is_mended(project: Project, record: str, field: str, value: Any, mended: str) -> None:
    drift(project, record, field, value)
    assert project.apply() == [f"change {mended}"]
    assert project.apply() == []


def test_a_policy_that_somebody_changed_or_deleted_is_mended(project: Project) -> None:
    changed, deleted = project.policies()["budget-spent"], project.policies()["image-refused"]
    shown = {"name": changed["name"], "updateMask": "conditions"}
    conditions = [{**changed["conditions"][0], "displayName": "else"}]
    project.apis.call("monitoring.v3", "projects.alertPolicies.patch", shown, {"conditions": conditions})
    project.apis.call("monitoring.v3", "projects.alertPolicies.delete", {"name": deleted["name"]})
    assert sorted(project.apply()) == ["change alert budget-spent", "create alert image-refused"]
    assert project.apply() == []


def test_an_operators_own_alert_is_left_alone(project: Project) -> None:
    own = {key: value for key, value in project.policies()["budget-spent"].items() if "Record" not in key}
    own = {**own, "userLabels": {"alert": "budget-spent"}, "displayName": "my own"}
    own["conditions"] = [{key: value for key, value in each.items() if key != "name"} for each in own["conditions"]]
    made = project.apis.call(
        "monitoring.v3", "projects.alertPolicies.create", {"name": f"projects/{FACTS.project}"}, {**own, "name": ""}
    )
    assert project.apply() == []
    destroy(project.apis, table(), lambda _resource, _seconds: None)
    left = project.apis.call("monitoring.v3", "projects.alertPolicies.list", {"name": f"projects/{FACTS.project}"})
    assert [each["name"] for each in left["alertPolicies"]] == [made["name"]]


def test_undeploying_leaves_nothing(project: Project) -> None:
    destroy(project.apis, table(), lambda _resource, _seconds: None)
    assert [name for name in project.cloud.state.resources if re.match(r"(monitoring|logging)\.", name)] == []


def test_a_deployment_waits_until_cloud_monitoring_knows_the_metrics() -> None:
    project = Project(Facts(enabled=ENABLED, propagation_requests=30))
    project.apply()
    assert 0 < project.waited <= KNOWN_SECONDS
    assert project.apply() == []


def test_it_does_not_wait_for_ever() -> None:
    project = Project(Facts(enabled=ENABLED, propagation_requests=1000))
    with pytest.raises(StepFailed, match="Cannot find metric"):
        project.apply()
    assert project.waited > KNOWN_SECONDS


def test_each_alert_has_its_runbook_and_each_runbook_an_alert() -> None:
    headings = re.findall(r"^## (.*)$", RUNBOOKS.read_text(), re.MULTILINE)
    assert headings == [each.name for each in alerts(DEPLOYMENT)]
    for name in headings:
        part = runbook(name)
        assert [word for word in ("**Means:**", "**Members notice**", "**Look:**", "**Do") if word not in part] == []
        assert "```\n" in part
        # Cloud Monitoring takes no more, and replaces ${...}
        assert len(part.encode()) <= 10_240
        assert len(part) <= 8192
        assert "${" not in part


def test_what_each_error_means_stands_in_the_text_of_its_alert() -> None:
    """The alert of all errors without one of their own brings the meaning of each along."""
    logging = [ast.parse(source) for source in sources(ERRORS) if "logs.e" in source]
    logged = {event for tree in logging for event in errors_in(tree)}
    assert len(logged) > 20, "the calls were found"
    explained = re.findall(r"^- (`.*?`):", runbook("other-errors"), re.MULTILINE)
    assert {event for each in explained for event in re.findall(r"`([a-z-]+)`", each)} == logged - {*NAMED, "request"}


def errors_in(tree: ast.AST) -> Iterator[str]:
    """The events that a module logs as errors, also by a name that may stand for `logs.error`."""
    logs_errors = {"logs.error", "logs.exception"}
    may_log_errors = {
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and logs_errors & {ast.unparse(each) for each in ast.walk(node.value)}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in logs_errors | may_log_errors:
            assert isinstance(node.args[0], ast.Constant), ast.unparse(node)
            yield str(node.args[0].value)


def test_an_alert_links_to_its_runbook_where_the_operator_keeps_the_source(project: Project) -> None:
    source = "https://github.com/ada/ondol"
    operator = OperatorFile(alerts_to=DEPLOYMENT.operator.alerts_to, source=source)
    project.apply(replace(DEPLOYMENT, operator=operator))
    assert {name: each["documentation"]["links"] for name, each in project.policies().items()} == {
        each.name: [{"displayName": "Runbook", "url": f"{source}/blob/HEAD/docs/runbooks.md#{each.name}"}]
        for each in alerts(DEPLOYMENT)
    }
    project.apply()
    assert not [each for each in project.policies().values() if each["documentation"].get("links")]


def sources(metric: Metric) -> list[str]:
    """The Python files that may write the metric's lines."""
    folders = ["workspace-image/agent"] if metric.slots else ["shared", "functions"]
    return [file.read_text() for folder in folders for file in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("metric", METRICS, ids=[each.name for each in METRICS])
def test_a_metric_counts_lines_that_are_written_with_the_fields_that_it_takes(metric: Metric) -> None:
    fields = [each for each in (*metric.labels.values(), metric.value) if each and each != "message"]
    for event in metric.events:
        calls = [
            call
            for source in sources(metric)
            for call in re.findall(rf'(?:logs\.\w+|write)\(\s*"{event}",(.*?)\)\n', source, re.DOTALL)
        ]
        assert calls
        assert all(f"{field}=" in " ".join(calls) for field in fields)


def test_no_alert_counts_what_strangers_are_refused() -> None:
    """They can be refused as often as they like. What the handlers of `allocate` refuse comes after its sign-in."""
    after_sign_in = {"pool-exhausted", "state-broken"}
    series = [
        condition["conditionThreshold"]["filter"]
        for alert in alerts(DEPLOYMENT)
        for condition in alert.conditions
        if f'"{REFUSALS.type}"' in json.dumps(condition).replace("\\", "")
    ]
    assert series
    assert {found for each in series for found in re.findall(r'problem="([a-z-]+)"', each) or [each]} == after_sign_in
    assert "jsonPayload.authenticated=true" in HEARTBEAT_REFUSALS.only


@pytest.mark.parametrize("event", NAMED)
def test_an_error_that_has_an_alert_is_logged_as_an_error(event: str) -> None:
    written = [re.search(rf'logs\.(error|exception)\(\s*"{event}"', source) for source in sources(ERRORS)]
    assert any(written)


def test_a_slots_lines_are_no_functions() -> None:
    """A member's program might write what it likes in a slot."""
    for each in METRICS:
        resource = next(row for row in table() if row.name.endswith(f"/{each.name}"))
        assert (f'resource.labels.service_name=~"{SLOTS}"' in resource.body["filter"]) == each.slots
        assert ("resource.labels.service_name=" in resource.body["filter"]) is True
