"""The client waits, asks again, and says what a refusal asks of a person."""

from collections.abc import Sequence
from typing import Any

import pytest

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import Denied
from deploy.google_apis.schema_check import Json
from deploy.kinds.collection import Collection
from deploy.reconciler.plan import existing
from deploy.reconciler.resource import Resource


class Script:
    """A session that gives the answers of a script, one to each request, and keeps what was asked."""

    def __init__(self, answers: Sequence[tuple[int, Json]]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    def request(self, method: str, url: str, **_more: Any) -> Any:
        self.asked.append((method, url))
        status, body = self.answers.pop(0)
        return type("Answer", (), {"status_code": status, "json": lambda self: body})()


NAME = "projects/p/locations/r/services/s"
OPERATION = "projects/p/locations/r/operations/o"


def apis(*answers: tuple[int, Json]) -> tuple[GoogleApis, Script, list[float]]:
    script, slept = Script(answers), list[float]()
    return GoogleApis(script, sleep=slept.append), script, slept


def test_an_operation_is_waited_for() -> None:
    client, script, slept = apis(
        (200, {"name": OPERATION}),
        (200, {"name": OPERATION, "done": False}),
        (200, {"name": OPERATION, "done": True, "response": {"name": NAME}}),
    )
    assert client.call("run.v2", "projects.locations.services.delete", {"name": NAME}) == {"name": NAME}
    assert [verb for verb, _url in script.asked] == ["DELETE", "GET", "GET"]
    assert script.asked[-1][1] == f"https://run.googleapis.com/v2/{OPERATION}"
    assert slept == [1, 2]


def test_what_is_busy_is_asked_again() -> None:
    busy = {"error": {"code": 409, "status": "ABORTED", "message": "another operation"}}
    client, script, slept = apis((409, busy), (503, {}), (200, {"name": NAME}))
    assert client.call("run.v2", "projects.locations.services.get", {"name": NAME}) == {"name": NAME}
    assert (len(script.asked), slept) == (3, [1, 2])


@pytest.mark.parametrize(
    ("permission", "role"),
    [
        ("run.services.create", "roles/run.admin"),
        ("run.services.get", "roles/viewer"),
        ("storage.buckets.getIamPolicy", "roles/iam.securityReviewer"),
        ("billing.budgets.list", "roles/billing.viewer on the billing account"),
        ("billing.budgets.create", "roles/billing.costsManager on the billing account"),
        ("iam.roles.create", "roles/iam.roleAdmin"),
        ("iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"),
        ("iam.serviceAccounts.setIamPolicy", "roles/iam.serviceAccountAdmin"),
        ("serviceusage.services.use", "roles/serviceusage.serviceUsageConsumer"),
    ],
)
def test_a_missing_right_is_named_with_the_role_that_has_it(permission: str, role: str) -> None:
    detail = {"reason": "IAM_PERMISSION_DENIED", "metadata": {"permission": permission}}
    refusal = {"message": "no", "status": "PERMISSION_DENIED", "details": [detail]}
    client, _script, _slept = apis((403, {"error": refusal}))
    with pytest.raises(Denied, match=rf"{permission} is missing\. Ask an owner .* {role}\.$"):
        client.call("run.v2", "projects.locations.services.get", {"name": NAME})


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("Permission 'iam.serviceaccounts.actAs' denied on service account a", "roles/iam.serviceAccountUser"),
        ('The principal lacks IAM permission "cloudscheduler.jobs.update" for j', "roles/cloudscheduler.admin"),
        ("The caller does not have permission", "roles/run.admin"),
    ],
)
def test_a_refusal_without_details_names_the_permission_in_its_text(said: str, role: str) -> None:
    client, _script, _slept = apis((403, {"error": {"message": said, "status": "PERMISSION_DENIED"}}))
    with pytest.raises(Denied) as refused:
        client.call("run.v2", "projects.locations.services.delete", {"name": NAME})
    assert refused.value.role == role


def test_an_api_that_is_off_is_named_with_the_command_that_enables_it() -> None:
    detail = {"reason": "SERVICE_DISABLED", "metadata": {"service": "run.googleapis.com"}}
    client, _script, _slept = apis((403, {"error": {"message": "off", "details": [detail]}}))
    with pytest.raises(Denied, match=r"gcloud services enable run\.googleapis\.com"):
        client.call("run.v2", "projects.locations.services.get", {"name": NAME})


def test_nothing_exists_of_an_api_that_is_off() -> None:
    detail = {"reason": "SERVICE_DISABLED", "metadata": {"service": "cloudtasks.googleapis.com"}}
    kind = Collection(title="queue", api="cloudtasks.v2", collection="projects.locations.queues")
    queue = Resource(id="q", kind=kind, name="projects/p/locations/r/queues/q", body={}, why="")
    assert existing(apis((403, {"error": {"message": "off", "details": [detail]}}))[0], queue) is None
    with pytest.raises(Denied):
        existing(apis((403, {"error": {"message": "no"}}))[0], queue)
