"""The stand-in of Google's APIs: which requests it takes, and how it refuses the others."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.google_apis import documents
from local.google_apis.cloud import Cloud
from local.google_apis.documents import APIS, Method
from local.google_apis.facts import Facts
from local.google_apis.state import State
from tests.support.google_apis import ALL_APIS, PLACE, PROJECT, Asking, refusal

SERVICE = {"template": {"containers": [{"image": "docker.io/library/nginx"}]}}


@pytest.fixture
def ask() -> Asking:
    return Asking()


def test_every_method_is_found_by_its_own_path() -> None:
    """Each method of each document, by a path made of its template: the stand-in knows that it is meant."""
    confused = [
        f"{each.api} {each.name} is taken for {found.method.name if found else None}"
        for each in every_method()
        if not same(each, found := documents.match(host(each), each.verb, example(each)))
    ]

    assert not confused


def test_every_method_answers_or_says_that_it_can_not() -> None:
    """No method of 1,400 breaks the stand-in, whatever it is asked for with an empty body."""
    for each in every_method():
        cloud = Cloud(Facts(enabled=ALL_APIS))
        body: dict[str, Any] | None = {} if each.request else None
        status, answer = cloud.handle(each.verb, host(each), example(each), {}, body)
        assert status in (200, 400, 403, 404, 501), (each.name, status)
        assert (status == 200) != ("error" in answer), each.name


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"templat": {}}, 'Unknown name "templat": Cannot find field.'),
        ({"template": {"containers": [{"imag": "x"}]}}, "Unknown name \"imag\" at 'template.containers[0]'"),
        ({"template": {"containers": {"image": "x"}}}, "template.containers"),
        ({"template": {"timeout": "5 minutes"}}, "template.timeout"),
        ({"ingress": "OPEN"}, "ingress"),
        ({"template": {"maxInstanceRequestConcurrency": "80"}}, "template.maxInstanceRequestConcurrency"),
    ],
)
def test_a_body_that_the_schema_does_not_allow_is_refused(ask: Asking, body: dict[str, Any], says: str) -> None:
    refused = refusal(ask, "POST", f"run/v2/{PLACE}/services", body, serviceId="web")

    assert refused.status == "INVALID_ARGUMENT"
    assert says in refused.error["message"]
    assert refused.error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


def test_a_parameter_that_the_method_lacks_or_needs_is_refused(ask: Asking) -> None:
    unknown = refusal(ask, "POST", f"run/v2/{PLACE}/services", SERVICE, serviceId="web", service="web")
    missing = refusal(ask, "POST", f"run/v2/{PLACE}/services", SERVICE)

    assert 'Unknown name "service": Cannot bind query parameter' in unknown.error["message"]
    assert missing.status == "INVALID_ARGUMENT"


def test_a_required_field_is_missed_at_any_depth(ask: Asking) -> None:
    no_template = refusal(ask, "POST", f"run/v2/{PLACE}/services", {}, serviceId="web")
    no_image = refusal(
        ask, "POST", f"run/v2/{PLACE}/services", {"template": {"containers": [{"name": "a"}]}}, serviceId="web"
    )

    assert "template" in no_template.error["message"]
    assert "template.containers[0].image" in no_image.error["message"]


def test_what_only_google_writes_is_ignored_and_written_down(ask: Asking) -> None:
    ask("POST", f"run/v2/{PLACE}/services", {**SERVICE, "uri": "https://mine.example"}, serviceId="web")

    assert ask("GET", f"run/v2/{PLACE}/services/web")["uri"] != "https://mine.example"
    assert ask.cloud.log[0].ignored == ("uri",)


def test_an_api_answers_once_it_is_enabled() -> None:
    ask = Asking(Facts())

    refused = refusal(ask, "GET", f"run/v2/{PLACE}/services/web")
    operation = ask("POST", f"serviceusage/v1/{PROJECT}/services:batchEnable", {"serviceIds": ["run.googleapis.com"]})
    still = refusal(ask, "GET", f"run/v2/{PLACE}/services/web")
    ask.finish("serviceusage/v1", operation)

    assert refused.status == still.status == "PERMISSION_DENIED"
    assert refused.error["details"][0]["reason"] == "SERVICE_DISABLED"
    assert refused.error["details"][0]["metadata"]["service"] == "run.googleapis.com"
    assert refusal(ask, "GET", f"run/v2/{PLACE}/services/web").status == "NOT_FOUND"


def test_what_costs_is_not_enabled_without_billing() -> None:
    ask = Asking(Facts(billing=False))
    services = ["run.googleapis.com", "firestore.googleapis.com"]

    refused = refusal(ask, "POST", f"serviceusage/v1/{PROJECT}/services:batchEnable", {"serviceIds": services})

    assert refused.status == "FAILED_PRECONDITION"
    assert refused.error["details"][1]["reason"] == "UREQ_PROJECT_BILLING_NOT_FOUND"
    assert refused.error["details"][1]["metadata"]["services"] == "run.googleapis.com"


def test_another_project_is_denied(ask: Asking) -> None:
    assert refusal(ask, "GET", "run/v2/projects/other/locations/us-central1/services/web").status == "PERMISSION_DENIED"


def test_the_project_is_the_same_by_id_and_by_number(ask: Asking) -> None:
    ask("POST", f"run/v2/{PLACE}/services", SERVICE, serviceId="web")

    found = ask("GET", f"run/v2/projects/{ask.cloud.facts.number}/locations/asia-northeast3/services/web")

    assert found["name"] == f"{PLACE}/services/web"


def test_the_log_has_every_request_in_order(ask: Asking) -> None:
    ask("POST", f"run/v2/{PLACE}/services", SERVICE, serviceId="web")
    refusal(ask, "GET", f"run/v2/{PLACE}/services/other")

    first, second = ask.cloud.log

    assert (first.verb, first.url) == ("POST", f"run.googleapis.com/v2/{PLACE}/services?serviceId=web")
    assert (first.body, first.status, first.method) == (SERVICE, 200, "run.v2 projects.locations.services.create")
    assert (second.status, second.body) == (404, None)


def test_the_same_requests_make_the_same_state() -> None:
    """Made-up names come of a counter: a file of all requests, kept to compare, does not change by itself."""
    states: list[State] = []
    for _ in range(2):
        ask = Asking()
        ask("POST", f"firebaserules/v1/{PROJECT}/rulesets", {"source": {"files": [RULES]}})
        states.append(ask.cloud.state)

    assert states[0].resources.keys() == states[1].resources.keys()


RULES = {"name": "firestore.rules", "content": "service cloud.firestore {}"}


def every_method() -> Iterator[Method]:
    for api in APIS:
        yield from documents.methods(api).values()


def host(method: Method) -> str:
    return f"{method.api.partition('.')[0]}.googleapis.com"


def example(method: Method) -> str:
    """A path that the method's template matches."""
    path = method.path.pattern
    path = re.sub(r"\(\[\^/\]\+\)", "x", path).replace("[^/]+", "x")
    return re.sub(r"\\(.)", r"\1", path.replace("(.+)", "x").replace(".*", "x").replace("(", "").replace(")", ""))


def same(method: Method, found: documents.Match | None) -> bool:
    """Several methods of one path are one method: `locations.get` of two documents' parts."""
    return found is not None and (found.method.name == method.name or found.method.path.pattern == method.path.pattern)


def test_an_answer_has_no_field_that_is_zero(ask: Asking) -> None:
    """As proto3's JSON has none: numbers, texts, enums, lists and maps that are empty. Messages stay."""
    queue = {
        "name": f"{PLACE}/queues/work",
        "retryConfig": {"maxAttempts": 0, "maxRetryDuration": "0s"},
        "stackdriverLoggingConfig": {"samplingRatio": 0},
    }
    answer = ask("POST", f"cloudtasks/v2/{PLACE}/queues", queue)
    assert "maxAttempts" not in answer["retryConfig"]
    assert answer["retryConfig"]["maxRetryDuration"] == "0s"
    assert answer["stackdriverLoggingConfig"] == {}
    job = {"scaling": {"minInstanceCount": 0}, "labels": {"kept": ""}}
    template = {
        "containers": [{"image": "gcr.io/cloudrun/hello", "env": []}],
        "executionEnvironment": "EXECUTION_ENVIRONMENT_UNSPECIFIED",
    }
    url = f"run/v2/{PLACE}/services"
    made = ask.finish("run/v2", ask("POST", url, {**job, "template": template}, serviceId="hello"))
    for found in (made, ask("GET", f"{url}/hello"), ask("GET", url)["services"][0]):
        assert found["scaling"] == {}
        assert found["labels"] == {"kept": ""}
        assert found["template"]["containers"][0].keys() == {"image"}
        assert "executionEnvironment" not in found["template"]


def test_storage_shows_what_is_false(ask: Asking) -> None:
    made = ask("POST", "storage/storage/v1/b", {"name": "a-bucket"}, project="demo-project")
    assert made["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": False}
