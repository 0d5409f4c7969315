"""The stand-in of Google's APIs: what goes wrong on demand."""

import pytest

from local.broken_connection import BrokenConnection
from local.google_apis.facts import Facts
from local.google_apis.session import InProcess, Interrupted
from tests.support.google_apis import ALL_APIS, PROJECT, Asking, Refused

TOPICS = f"pubsub/v1/{PROJECT}/topics"


@pytest.fixture
def ask() -> Asking:
    return Asking()


def test_a_missing_permission_is_named(ask: Asking) -> None:
    ask.cloud.faults.deny("pubsub.topics.create")

    with pytest.raises(Refused) as refused:
        ask("PUT", f"{TOPICS}/news", {})
    [info] = refused.value.error["details"]
    ask.cloud.faults.grant("pubsub.topics.create")

    assert (refused.value.http_status, info["reason"]) == (403, "IAM_PERMISSION_DENIED")
    assert info["metadata"] == {"permission": "pubsub.topics.create", "resource": f"{PROJECT}/topics/news"}
    assert ask("PUT", f"{TOPICS}/news", {})


@pytest.mark.parametrize(
    ("status", "http_status"),
    [("RESOURCE_EXHAUSTED", 429), ("UNAVAILABLE", 503), ("NOT_FOUND", 404), ("ALREADY_EXISTS", 409), ("ABORTED", 409)],
)
def test_a_method_refuses_as_often_as_it_is_told_to(ask: Asking, status: str, http_status: int) -> None:
    ask.cloud.faults.refuse(status, r"topics\.create", times=2)
    answers = []
    for name in ("first", "second", "third"):
        ask.cloud.handle("GET", "pubsub.googleapis.com", f"v1/{PROJECT}/topics", {})
        answers.append(ask.cloud.handle("PUT", "pubsub.googleapis.com", f"v1/{PROJECT}/topics/{name}", {}, {})[0])

    assert answers == [http_status, http_status, 200]


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_breaks_before_or_after_a_request_is_carried_out(ask: Asking, after: bool) -> None:
    ask.cloud.faults.break_at(2, after=after)
    ask("PUT", f"{TOPICS}/first", {})
    with pytest.raises(BrokenConnection):
        ask("PUT", f"{TOPICS}/second", {})

    there = {each["name"].rpartition("/")[2] for each in ask("GET", TOPICS)["topics"]}
    assert there == ({"first", "second"} if after else {"first"})


def test_a_broken_connection_can_stay_broken(ask: Asking) -> None:
    ask.cloud.faults.break_at(1, after=True, stays=True)
    for name in ("first", "second"):
        with pytest.raises(BrokenConnection):
            ask("PUT", f"{TOPICS}/{name}", {})
    ask.cloud.faults.clear()

    assert len(ask("GET", TOPICS)["topics"]) == 1


@pytest.mark.parametrize("after", [False, True])
def test_who_asks_in_process_can_be_interrupted(ask: Asking, after: bool) -> None:
    session = InProcess(ask.cloud)
    session.interrupt_at(1, after=after)
    url = f"{session.endpoint}/pubsub.googleapis.com/v1/{PROJECT}/topics"

    with pytest.raises(Interrupted):
        session.request("PUT", f"{url}/news", json={})

    assert session.request("GET", url).json().keys() == ({"topics"} if after else set())


def test_a_new_account_and_a_new_api_are_not_known_at_once() -> None:
    ask = Asking(Facts(enabled=tuple({*ALL_APIS} - {"pubsub.googleapis.com"}), propagation_requests=2))
    email = "worker@demo-project.iam.gserviceaccount.com"
    policy = {"bindings": [{"role": "roles/viewer", "members": [f"serviceAccount:{email}"]}]}
    ask("POST", f"iam/v1/{PROJECT}/serviceAccounts", {"accountId": "worker", "serviceAccount": {}})
    assert refused(ask, "POST", f"cloudresourcemanager/v3/{PROJECT}:setIamPolicy", {"policy": policy}) == 400
    enabling = ask("POST", f"serviceusage/v1/{PROJECT}/services/pubsub.googleapis.com:enable", {})
    ask("POST", f"cloudresourcemanager/v3/{PROJECT}:setIamPolicy", {"policy": policy})
    ask.finish("serviceusage/v1", enabling)

    assert [refused(ask, "GET", TOPICS) for _ in range(2)] == [403, 403]
    assert ask("GET", TOPICS) == {}


def refused(ask: Asking, verb: str, url: str, body: object = None) -> int:
    with pytest.raises(Refused) as found:
        ask(verb, url, body)
    return found.value.http_status
