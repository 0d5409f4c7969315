"""Each function's service: its settings and no others, its own identity, what the operator set for it."""

import re
from typing import Any

import pytest

from deploy.deployment import Deployment, OperatorFile
from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import Json, check
from deploy.kinds.run_service import STATE, RunService
from deploy.reconciler.resource import Output, Resource, outputs_in, resolved
from deploy.resources.functions import functions, functions_table
from deploy.resources.secrets import SECRETS, secret_id
from shared.settings import FIELDS, read
from tests.support.records.keys import SIGNING_KEY, VERIFYING_KEY

DEPLOYMENT = Deployment(project="my-project", number="123456789", region="asia-northeast3")
TABLE = functions_table()
KEYS = {
    "SIGNING_KEY": SIGNING_KEY,
    "VERIFYING_KEY": VERIFYING_KEY,
    "WINDOW_KEY": 32 * "k",
    "ADDRESS_MARK_KEY": 32 * "k",
    "UNSUBSCRIBE_KEY": 32 * "k",
    "STRIPE_KEY": 32 * "k",
    "STRIPE_WEBHOOK_SECRET": 32 * "k",
    "SMTP_PASSWORD": 32 * "k",
}
DIGEST = "asia-northeast3-docker.pkg.dev/my-project/ondol/x@sha256:1"


def services(settings: dict[str, str] | None = None) -> dict[str, Resource]:
    deployment = Deployment(
        project=DEPLOYMENT.project,
        number=DEPLOYMENT.number,
        region=DEPLOYMENT.region,
        operator=OperatorFile(settings=settings or {}),
    )
    return {each.id.removeprefix("function "): each for each in functions(deployment, TABLE)}


SERVICES = services()


@pytest.mark.parametrize("name", TABLE)
def test_a_new_projects_quota_takes_every_instance_of_a_function(name: str) -> None:
    """Cloud Run refuses a service whose instances could use more of a region than the project has: a new project has
    20 CPUs and 40 GiB (https://github.com/googlecodelabs/feedback/issues/1856)."""
    body = SERVICES[name].body
    [container], most = body["template"]["containers"], body["scaling"]["maxInstanceCount"]
    limits = container["resources"]["limits"]
    mib = {"512Mi": 512, "1Gi": 1024}[limits["memory"]]
    assert most * int(limits["cpu"]) <= 20
    assert most * mib <= 40 * 1024


def live(body: Json) -> Any:
    """A body whose images are built, and whose keys are made."""
    made = {each.resource: {"version": "1"} for each in outputs_in(body) if each.field == "version"}
    images = {each.field: DIGEST for each in outputs_in(body) if each.resource == "images"}
    return resolved(body, {**made, "images": images})


def environment(service: Resource) -> dict[str, str | Output]:
    """What the function is given, with a key in the place of each secret."""
    (container,) = service.body["template"]["containers"]
    given = {each["name"]: each.get("value") for each in container["env"]}
    for each in container["env"]:
        if "valueSource" in each:
            secret = each["valueSource"]["secretKeyRef"]["secret"]
            given[each["name"]] = KEYS[next(name for name in SECRETS if secret_id(name) == secret)]
    return given


@pytest.mark.parametrize("name", TABLE)
def test_google_would_take_the_service(name: str) -> None:
    service = SERVICES[name]
    parent, _collection, service_id = service.name.rsplit("/", 2)
    create = method("run.v2", "projects.locations.services.create")
    check(create, {"parent": parent, "serviceId": service_id}, live(service.body))
    assert re.fullmatch(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?", service_id)


@pytest.mark.parametrize("name", TABLE)
def test_a_function_is_given_the_settings_that_it_reads_and_no_others(name: str) -> None:
    given = environment(SERVICES[name])
    wanted = [each for each in TABLE[name]["settings"] if FIELDS[each].required or each in SECRETS]
    assert list(given) == ["THREADS", *wanted]
    told = {setting: str(value) for setting, value in given.items()}
    assert read(told, TABLE[name]["settings"], name)


def test_no_secret_is_written_into_a_service() -> None:
    for service in SERVICES.values():
        (container,) = service.body["template"]["containers"]
        for each in container["env"]:
            assert ("valueSource" in each) == (each["name"] in SECRETS)


def test_each_function_runs_as_an_account_of_its_own() -> None:
    accounts = [each.body["template"]["serviceAccount"] for each in SERVICES.values()]
    assert len(set(accounts)) == len(TABLE)
    assert "ondol-background-hold@my-project.iam.gserviceaccount.com" in accounts


def test_what_the_operator_sets_reaches_the_functions_that_read_it() -> None:
    given = services({"POOL_WARM": "3", "IDLE_SECONDS": "600"})
    assert environment(given["pool"])["POOL_WARM"] == "3"
    for name, service in given.items():
        assert ("IDLE_SECONDS" in environment(service)) == ("IDLE_SECONDS" in TABLE[name]["settings"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"POOL_WARM": "11"}, r"pool: POOL_WARM \(11\) must lie between 0 and POOL_MAX"),
        ({"IDLE_SECONDS": "soon"}, "malformed"),
        ({"POOL_WRAM": "3"}, "there is no setting POOL_WRAM"),
        ({"SIGNING_KEY": "k"}, "SIGNING_KEY follows from the project"),
        ({"STATE_BUCKET": "another"}, "STATE_BUCKET follows from the project"),
    ],
)
def test_what_a_function_would_not_start_with_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        services(settings)


@pytest.mark.parametrize("name", TABLE)
def test_what_cloud_run_answers_is_no_difference(name: str) -> None:
    body = live(SERVICES[name].body)
    assert RunService().differences(body, as_cloud_run_answers(body)) == []


def test_a_change_by_hand_is_a_difference() -> None:
    body = live(SERVICES["allocate"].body)
    changed = as_cloud_run_answers(body)
    changed["template"]["containers"][0]["env"].append({"name": "DEBUG", "value": "1"})
    changed["invokerIamDisabled"] = False
    assert RunService().differences(body, changed) == ["invokerIamDisabled", "template"]


def test_a_service_whose_newest_revision_failed_is_not_as_it_should_be() -> None:
    body = live(SERVICES["allocate"].body)
    failed = as_cloud_run_answers(body) | {STATE: {"type": "Ready", "state": "CONDITION_FAILED"}}
    assert RunService().differences(body, failed) == [STATE]


def as_cloud_run_answers(body: Json) -> Any:
    """The service as it is read: without what is zero, and with what Cloud Run fills in."""
    answer = without_zeros(body) | {"uri": "https://x.run.app", "generation": "1", "launchStage": "GA"}
    answer[STATE] = {"type": "Ready", "state": "CONDITION_SUCCEEDED"}
    answer["template"] |= {"scaling": {"maxInstanceCount": 100}, "sessionAffinity": False}
    (container,) = answer["template"]["containers"]
    container |= {"name": "x-1", "ports": [{"name": "http1", "containerPort": 8080}]}
    container["startupProbe"] |= {"tcpSocket": {"port": 8080}}
    return answer


def without_zeros(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_zeros(each) for name, each in value.items() if each not in (0, False, "")}
    return [without_zeros(each) for each in value] if isinstance(value, list) else value
