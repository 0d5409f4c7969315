"""The stand-in of Google's APIs: what all resources have in common."""

from typing import Any

import pytest

from local.google_apis.facts import Facts
from tests.support.google_apis import ALL_APIS, PLACE, PROJECT, Asking, refusal

IMAGE = "docker.io/library/nginx"
SERVICE = {"template": {"containers": [{"image": IMAGE}]}}
QUEUE = f"cloudtasks/v2/{PLACE}/queues"


@pytest.fixture
def ask() -> Asking:
    return Asking()


def status(ask: Asking, *asked: Any, **query: Any) -> str:
    return refusal(ask, *asked, **query).status


def test_a_resource_is_made_read_changed_and_deleted(ask: Asking) -> None:
    name = f"{PLACE}/queues/reclaim"
    made = ask("POST", QUEUE, {"name": name, "rateLimits": {"maxConcurrentDispatches": 5}})
    changed = ask(
        "PATCH", f"{QUEUE}/reclaim", {"retryConfig": {"maxAttempts": 3}}, updateMask="retryConfig.maxAttempts"
    )

    assert made["name"] == name
    assert made["rateLimits"] == {"maxDispatchesPerSecond": 500, "maxBurstSize": 100, "maxConcurrentDispatches": 5}
    assert changed["retryConfig"]["maxAttempts"] == 3
    assert changed["rateLimits"] == made["rateLimits"]
    assert ask("GET", f"{QUEUE}/reclaim") == changed
    assert status(ask, "POST", QUEUE, {"name": name}) == "ALREADY_EXISTS"
    assert ask("DELETE", f"{QUEUE}/reclaim") == {}
    assert status(ask, "GET", f"{QUEUE}/reclaim") == status(ask, "DELETE", f"{QUEUE}/reclaim") == "NOT_FOUND"


@pytest.mark.parametrize("mask", ["color", "rateLimits.color", "retryConfig,color"])
def test_a_mask_that_names_no_field_is_refused(ask: Asking, mask: str) -> None:
    ask("POST", QUEUE, {"name": f"{PLACE}/queues/reclaim"})

    assert status(ask, "PATCH", f"{QUEUE}/reclaim", {}, updateMask=mask) == "INVALID_ARGUMENT"


def test_a_named_field_that_the_body_lacks_is_cleared(ask: Asking) -> None:
    secret = {"replication": {"automatic": {}}, "labels": {"a": "1", "b": "2"}, "annotations": {"c": "3"}}
    ask("POST", f"secretmanager/v1/{PROJECT}/secrets", secret, secretId="key")

    url = f"secretmanager/v1/{PROJECT}/secrets/key"
    assert ask("PATCH", url, {"labels": {"a": "9"}}, updateMask="labels.a")["labels"] == {"a": "9", "b": "2"}
    assert "annotations" not in ask("PATCH", url, {}, updateMask="annotations")
    assert status(ask, "PATCH", url, {"labels": {}}) == "INVALID_ARGUMENT", "the mask is required here"
    assert status(ask, "PATCH", url, {}, updateMask="createTime") == "INVALID_ARGUMENT"


def test_an_old_etag_is_refused(ask: Asking) -> None:
    url = f"secretmanager/v1/{PROJECT}/secrets"
    old = ask("POST", url, {"replication": {"automatic": {}}}, secretId="key")["etag"]
    new = ask("PATCH", f"{url}/key", {"labels": {"a": "1"}, "etag": old}, updateMask="labels")["etag"]

    assert status(ask, "PATCH", f"{url}/key", {"labels": {}, "etag": old}, updateMask="labels") == "ABORTED"
    assert status(ask, "DELETE", f"{url}/key", etag=old) == "ABORTED"
    assert ask("DELETE", f"{url}/key", etag=new) == {}


def test_a_list_has_pages_and_filters() -> None:
    ask = Asking(Facts(enabled=ALL_APIS, page_size=2))
    for each in "abc":
        channel = {"type": "email", "labels": {"email_address": f"{each}@x.y"}, "displayName": each}
        ask("POST", f"monitoring/v3/{PROJECT}/notificationChannels", channel)
    url = f"monitoring/v3/{PROJECT}/notificationChannels"

    first = ask("GET", url)
    second = ask("GET", url, pageToken=first["nextPageToken"])
    found = first["notificationChannels"] + second["notificationChannels"]

    assert sorted(each["displayName"] for each in found) == ["a", "b", "c"]
    assert "nextPageToken" not in second
    [only] = ask("GET", url, filter='display_name="b" AND type="email"')["notificationChannels"]
    assert only["labels"] == {"email_address": "b@x.y"}
    assert ask("GET", url, filter='display_name="z"') == {}
    assert status(ask, "GET", url, filter="display_name != 'b'") == "UNIMPLEMENTED"


def test_what_has_a_parent_needs_it(ask: Asking) -> None:
    schedule = {"retention": "604800s", "dailyRecurrence": {}}

    assert status(ask, "POST", f"firestore/v1/{PROJECT}/databases/(default)/backupSchedules", schedule) == "NOT_FOUND"


def test_an_operation_ends_after_a_number_of_requests() -> None:
    ask = Asking(Facts(enabled=ALL_APIS, operation_requests=3))
    begun = ask("POST", f"run/v2/{PLACE}/services", SERVICE, serviceId="web")

    polled = [ask("GET", f"run/v2/{begun['name']}").get("done", False) for _ in range(3)]

    assert polled == [False, False, True]
    ended = ask("GET", f"run/v2/{begun['name']}")
    assert ended["response"]["@type"] == "type.googleapis.com/google.cloud.run.v2.Service"
    assert ended["response"]["name"] == f"{PLACE}/services/web"


def test_validate_only_writes_nothing(ask: Asking) -> None:
    ask("POST", f"run/v2/{PLACE}/services", SERVICE, serviceId="web", validateOnly="true")

    assert status(ask, "GET", f"run/v2/{PLACE}/services/web") == "NOT_FOUND"


def test_a_policy_is_guarded_by_its_etag_and_normalised(ask: Asking) -> None:
    url = f"cloudresourcemanager/v3/{PROJECT}"
    policy = ask("POST", f"{url}:getIamPolicy", {})
    stale = policy["etag"]
    twice = [{"role": "roles/viewer", "members": [f"user:{each}@x.y"]} for each in "ba"]
    policy["bindings"] += [*twice, {"role": "roles/editor", "members": []}]
    written = ask("POST", f"{url}:setIamPolicy", {"policy": policy})

    viewers = [each for each in written["bindings"] if each["role"] == "roles/viewer"]
    assert viewers == [{"role": "roles/viewer", "members": ["user:a@x.y", "user:b@x.y"]}]
    assert status(ask, "POST", f"{url}:setIamPolicy", {"policy": {"etag": stale}}) == "ABORTED"
    assert ask("POST", f"{url}:getIamPolicy", {}) == written


def test_a_policy_names_only_accounts_that_exist(ask: Asking) -> None:
    url, email = f"cloudresourcemanager/v3/{PROJECT}:setIamPolicy", "worker@demo-project.iam.gserviceaccount.com"
    policy = {"policy": {"bindings": [{"role": "roles/viewer", "members": [f"serviceAccount:{email}"]}]}}

    assert status(ask, "POST", url, policy) == "INVALID_ARGUMENT"
    account = ask("POST", f"iam/v1/{PROJECT}/serviceAccounts", {"accountId": "worker", "serviceAccount": {}})
    ask("POST", url, policy)
    ask("DELETE", f"iam/v1/{account['name']}")
    [left] = ask("POST", f"cloudresourcemanager/v3/{PROJECT}:getIamPolicy", {})["bindings"]
    assert left["members"] == [f"deleted:serviceAccount:{email}?uid={account['uniqueId']}"]


def test_put_makes_a_topic_once_and_a_metric_anew(ask: Asking) -> None:
    topic, metric = f"pubsub/v1/{PROJECT}/topics/news", f"logging/v2/{PROJECT}/metrics/opens"
    ask("PUT", topic, {})
    for text in ("severity=INFO", "severity=ERROR"):
        ask("PUT", metric, {"name": "opens", "filter": text})

    assert status(ask, "PUT", topic, {}) == "ALREADY_EXISTS"
    assert ask("GET", metric)["filter"] == "severity=ERROR"
    assert status(ask, "PUT", metric, {"name": "other", "filter": "x"}) == "INVALID_ARGUMENT"
    patched = ask("PATCH", topic, {"topic": {"labels": {"a": "1"}}, "updateMask": "labels"})
    assert patched["labels"] == {"a": "1"}
