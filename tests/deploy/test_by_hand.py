"""What only a person can do is named with a link, and shown as done by what Google says."""

from typing import Any

import pytest
from msgspec import structs

from deploy.by_hand import ByHand, StepState, left_after, missing_first, report, state_of, steps
from deploy.deployment import Deployment, OperatorFile
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.resources.functions import functions_table


def deployment(**operator: Any) -> Deployment:
    return Deployment(project="my-project", number="1", region="asia-northeast3", operator=OperatorFile(**operator))


def titles(**operator: Any) -> list[str]:
    return [each.title for each in steps(deployment(**operator))]


class Google:
    """Answers one thing, whatever is asked."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.body = body

    def request(self, method: str, url: str, **more: Any) -> Any:
        return type("Answer", (), {"status_code": self.status, "json": lambda _self: self.body})()


@pytest.mark.parametrize(
    ("title", "status", "body", "how"),
    [
        ("link a billing account", 200, {"billingEnabled": True}, StepState.DONE),
        ("link a billing account", 200, {}, StepState.TO_DO),
        ("link a billing account", 403, {"error": {"message": "no"}}, StepState.UNKNOWN),
        ("accept Firebase's terms", 404, {"error": {"message": "none"}}, StepState.UNKNOWN),
        ("accept Firebase's terms", 200, {"projectId": "my-project"}, StepState.DONE),
        ("let members sign in with Google", 200, {"enabled": True}, StepState.DONE),
        ("let members sign in with Google", 200, {"enabled": False}, StepState.TO_DO),
        ("lead ondol.example to the page", 200, {"hostState": "HOST_ACTIVE"}, StepState.DONE),
        ("lead ondol.example to the page", 200, {"hostState": "HOST_UNHOSTED"}, StepState.TO_DO),
    ],
)
def test_google_is_asked_whether_a_thing_is_done(title: str, status: int, body: Json, how: StepState) -> None:
    asked = deployment(domain="ondol.example")
    [step] = [each for each in steps(asked) if each.title == title]
    assert state_of(GoogleApis(Google(status, body), sleep=lambda _seconds: None), asked, step) == how


@pytest.mark.parametrize(("client_id", "how"), [("", StepState.TO_DO), ("Iv1.0123", StepState.DONE)])
def test_github_takes_both_halves_of_its_client(client_id: str, how: StepState) -> None:
    asked = deployment(github_client_id=client_id)
    [step] = [each for each in steps(asked) if "GitHub" in each.title]
    version = {"name": "projects/1/secrets/github-client-secret/versions/2", "state": "ENABLED"}
    assert state_of(GoogleApis(Google(200, {"versions": [version]})), asked, step) == how
    assert state_of(GoogleApis(Google(200, {})), asked, step) == StepState.TO_DO


def test_what_google_gives_at_first_is_asked_for_by_nobody() -> None:
    assert not [each for each in titles() if "ask for" in each]


@pytest.mark.parametrize(
    ("settings", "asked_for"),
    [
        ({"POOL_MAX": "11"}, ["21 vCPU", "110 GB of ephemeral disk"]),
        ({"POOL_MAX": "11", "SLOT_HOME_MEDIUM": "memory"}, ["21 vCPU"]),
        ({"POOL_MAX": "11", "SLOT_HOME_BYTES": "5000000000"}, ["21 vCPU"]),
        ({"SLOT_CPU": "2", "SLOT_MEMORY_BYTES": "4294967296"}, ["30 vCPU", "50 GiB of memory"]),
        (
            {"POOL_MAX": "990", "SLOT_HOME_MEDIUM": "memory"},
            ["1000 vCPU", "1990 GiB of memory", f"{990 + len(functions_table())} services"],
        ),
        ({"POOL_WRITES": "40"}, ["80 writes to the Admin API a minute"]),
    ],
)
def test_a_quota_is_asked_for_where_the_settings_need_more(settings: dict[str, str], asked_for: list[str]) -> None:
    found = [each for each in titles(settings=settings) if "ask for" in each]
    assert found == [f"ask for {each} of Cloud Run in asia-northeast3" for each in asked_for]


@pytest.mark.parametrize(
    ("buckets", "how"),
    [
        ([{"effectiveLimit": "20000"}], StepState.TO_DO),
        ([{"effectiveLimit": "21000"}], StepState.DONE),
        ([{"effectiveLimit": "-1"}], StepState.DONE),
        (
            [{"effectiveLimit": "20000"}, {"effectiveLimit": "50000", "dimensions": {"region": "asia-northeast3"}}],
            StepState.DONE,
        ),
        (
            [{"effectiveLimit": "90000"}, {"effectiveLimit": "9000", "dimensions": {"region": "asia-northeast3"}}],
            StepState.TO_DO,
        ),
        (None, StepState.UNKNOWN),
    ],
)
def test_a_quota_is_done_once_google_has_given_it(buckets: list[Json] | None, how: StepState) -> None:
    asked = deployment(settings={"POOL_MAX": "11"})
    [step] = [each for each in steps(asked) if "vCPU" in each.title]
    limits = [{"quotaBuckets": buckets}] if buckets else []
    metric = {"metric": "run.googleapis.com/cpu_allocation", "consumerQuotaLimits": limits}
    apis = GoogleApis(Google(200, {"metrics": [metric] if buckets else []}), sleep=lambda _seconds: None)
    assert state_of(apis, asked, step) == how


def test_a_budget_in_another_currency_than_the_accounts_comes_first() -> None:
    asked = structs.replace(deployment(), currency="KRW", billing_account="billingAccounts/0123-4567-89AB")
    [step] = [each for each in steps(asked) if "budget" in each.title]
    assert step.first
    assert step.link.endswith("/billing/0123-4567-89AB")
    assert 'currency = "KRW"' in step.text
    for known in ("", "USD"):
        assert not [each for each in steps(structs.replace(asked, currency=known)) if "budget" in each.title]


def test_a_person_reads_what_is_to_be_done_first() -> None:
    billing = ByHand(title="pay", link="https://pay", text=["Now."], first=True)
    terms = ByHand(title="agree", link="https://agree", text=[])
    google = ByHand(title="let in", link="https://in", text=["Save."], after=True)
    assert report([(google, StepState.UNKNOWN), (billing, StepState.TO_DO), (terms, StepState.DONE)]) == (
        "What only you can do, before `make deploy`:\n  to do: pay\n    https://pay\n    Now.\n"
        "What only you can do, once `make deploy` has run:\n"
        "  not known whether done: let in\n    https://in\n    Save.\n"
        "Done by you: agree"
    )
    assert report([(terms, StepState.DONE)]) == "Done by you: agree"
    assert left_after([(google, StepState.TO_DO), (billing, StepState.TO_DO)]) == ["let in"]
    assert left_after([(google, StepState.DONE)]) == []
    assert missing_first([(billing, StepState.TO_DO), (terms, StepState.TO_DO)]) == ["pay"]
    assert missing_first([(billing, StepState.UNKNOWN)]) == []


def test_what_goes_where_is_said_with_the_deployments_own_names() -> None:
    [github] = [each for each in steps(deployment()) if "GitHub" in each.title]
    text = "\n".join(github.text)
    assert "https://my-project.web.app" in text
    assert "https://my-project.firebaseapp.com/__/auth/handler" in text
    assert "--project=my-project" in text
