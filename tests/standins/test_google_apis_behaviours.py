"""The stand-in of Google's APIs: what is special about each API."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.google_apis.cloud import Cloud
from local.google_apis.facts import Facts
from tests.support.google_apis import ALL_APIS, PLACE, PROJECT, Asking, Refused, refusal

REPOSITORY = "asia-northeast3-docker.pkg.dev/demo-project/ondol"
DATABASE = f"firestore/v1/{PROJECT}/databases/(default)"


@pytest.fixture
def ask() -> Asking:
    return Asking()


def service(image: str, **template: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"image": image}], **template}}


def build(ask: Asking, source: bytes, tag: str = "v1") -> dict[str, Any]:
    """A build that was begun."""
    upload = "storage/upload/storage/v1/b/sources/o"
    ask("POST", upload, source, uploadType="media", name="login.tar.gz")
    asked = {
        "imageUri": f"{REPOSITORY}/login:{tag}",
        "storageSource": {"bucket": "sources", "object": "login.tar.gz"},
        "buildpackBuild": {"functionTarget": "login"},
    }
    begun: dict[str, Any] = ask("POST", f"run/v2/{PLACE}/builds:submit", asked)["buildOperation"]
    return begun


def read(ask: Asking, begun: dict[str, Any]) -> dict[str, Any]:
    found = begun["metadata"]["build"]
    return ask("GET", f"cloudbuild/v1/{found['name']}", projectId=found["projectId"], id=found["id"])


def with_repository(ask: Asking) -> None:
    ask("POST", "storage/storage/v1/b", {"name": "sources"}, project="demo-project")
    begun = ask("POST", f"artifactregistry/v1/{PLACE}/repositories", {"format": "DOCKER"}, repositoryId="ondol")
    assert ask.finish("artifactregistry/v1", begun)["registryUri"] == REPOSITORY


def test_a_build_leaves_an_image_whose_digest_comes_of_the_source(ask: Asking) -> None:
    with_repository(ask)
    begun = build(ask, b"first")
    built = ask.finish("cloudbuild/v1", begun)
    name = f"{PLACE}/repositories/ondol/packages/login"
    tag = ask("GET", f"artifactregistry/v1/{name}/tags/v1")
    digest = built["results"]["images"][0]["digest"]

    assert read(ask, begun)["status"] == "SUCCESS"
    assert tag["version"] == f"{name}/versions/{digest}"
    assert ask("GET", f"artifactregistry/v1/{tag['version']}")["name"] == tag["version"]
    [image] = ask("GET", f"artifactregistry/v1/{PLACE}/repositories/ondol/dockerImages")["dockerImages"]
    assert image["uri"] == f"{REPOSITORY}/login@{digest}"
    again, other = (ask.finish("cloudbuild/v1", build(ask, each, "v2")) for each in (b"first", b"second"))
    assert again["results"]["images"][0]["digest"] == digest != other["results"]["images"][0]["digest"]


def test_a_build_fails_when_it_ends(ask: Asking) -> None:
    ask("POST", "storage/storage/v1/b", {"name": "sources"}, project="demo-project")
    begun = build(ask, b"first")

    with pytest.raises(Refused, match="repositories/ondol was not found"):
        ask.finish("cloudbuild/v1", begun)

    assert read(ask, begun)["status"] == "FAILURE"
    assert read(ask, begun)["failureInfo"]["type"] == "PUSH_FAILED"


def test_a_service_serves_its_new_revision_once_the_operation_is_done() -> None:
    ask = Asking(Facts(enabled=ALL_APIS, operation_requests=3))
    url = f"run/v2/{PLACE}/services"
    begun = ask("POST", url, service("nginx"), serviceId="web")
    going_on = ask("GET", f"{url}/web")
    busy = refusal(ask, "PATCH", f"{url}/web", service("nginx:2"))
    ask.finish("run/v2", begun)
    done = ask("GET", f"{url}/web")

    assert (going_on["reconciling"], "latestReadyRevision" in going_on) == (True, False)
    assert busy.status == "ABORTED"
    assert done["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    assert done["latestReadyRevision"] == done["latestCreatedRevision"]
    assert ask("GET", f"run/v2/{done['latestReadyRevision']}")["service"] == f"{PLACE}/services/web"
    assert f"https://web-{ask.cloud.facts.number}.asia-northeast3.run.app" in done["urls"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (service(f"{REPOSITORY}/login:none"), "not found"),
        (service("nginx", volumes=[{"name": "keys", "secret": {"secret": "none"}}]), "versions/latest was not found"),
    ],
)
def test_a_revision_fails_without_what_it_needs(ask: Asking, body: dict[str, Any], says: str) -> None:
    begun = ask("POST", f"run/v2/{PLACE}/services", body, serviceId="web")
    with pytest.raises(Refused, match=says):
        ask.finish("run/v2", begun)

    found = ask("GET", f"run/v2/{PLACE}/services/web")
    assert found["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert "latestReadyRevision" not in found


def test_a_service_is_refused_without_its_account_or_with_a_reserved_variable(ask: Asking) -> None:
    account = service("nginx", serviceAccount="none@demo-project.iam.gserviceaccount.com")
    port = {"template": {"containers": [{"image": "nginx", "env": [{"name": "PORT", "value": "1"}]}]}}

    for body in (account, port):
        assert refusal(ask, "POST", f"run/v2/{PLACE}/services", body, serviceId="web").status == "INVALID_ARGUMENT"


def test_a_secret_has_versions(ask: Asking) -> None:
    url = f"secretmanager/v1/{PROJECT}/secrets"
    made = ask("POST", url, {"replication": {"automatic": {}}}, secretId="key")
    for text in ("one", "two"):
        ask("POST", f"{url}/key:addVersion", {"payload": {"data": base64.b64encode(text.encode()).decode()}})
    latest = ask("GET", f"{url}/key/versions/latest:access")
    ask("POST", f"{url}/key/versions/2:destroy", {})

    assert made["name"] == f"projects/{ask.cloud.facts.number}/secrets/key"
    assert latest["name"].endswith("/versions/2")
    assert base64.b64decode(latest["payload"]["data"]) == b"two"
    assert refusal(ask, "GET", f"{url}/key/versions/latest:access").status == "FAILED_PRECONDITION"
    states = [each["state"] for each in ask("GET", f"{url}/key/versions")["versions"]]
    assert states == ["ENABLED", "DESTROYED"]


def test_the_name_of_a_deleted_queue_is_free_after_three_days() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    ask = Asking()
    ask.cloud = Cloud(Facts(enabled=ALL_APIS), clock=lambda: now)
    queue = {"name": f"{PLACE}/queues/reclaim"}
    ask("POST", f"cloudtasks/v2/{PLACE}/queues", queue)
    ask("DELETE", f"cloudtasks/v2/{PLACE}/queues/reclaim")

    assert "existed too recently" in refusal(ask, "POST", f"cloudtasks/v2/{PLACE}/queues", queue).error["message"]
    now += timedelta(days=4)
    assert ask("POST", f"cloudtasks/v2/{PLACE}/queues", queue)["state"] == "RUNNING"


def test_firestore_has_databases_indexes_and_fields(ask: Asking) -> None:
    body = {"locationId": "asia-northeast3", "type": "FIRESTORE_NATIVE"}
    ask.finish("firestore/v1", ask("POST", f"firestore/v1/{PROJECT}/databases", body, databaseId="(default)"))
    group = f"{DATABASE}/collectionGroups/sessions"
    index = {"queryScope": "COLLECTION", "fields": [{"fieldPath": e, "order": "ASCENDING"} for e in ("owner", "due")]}
    ask.finish("firestore/v1", ask("POST", f"{group}/indexes", index))
    inherited = ask("GET", f"{group}/fields/expires")
    ask.finish(
        "firestore/v1", ask("PATCH", f"{group}/fields/expires", {"ttlConfig": {}, "name": "x"}, updateMask="ttlConfig")
    )

    [found] = ask("GET", f"{group}/indexes")["indexes"]
    assert found["state"] == "READY"
    assert found["fields"][-1] == {"fieldPath": "__name__", "order": "ASCENDING"}
    assert refusal(ask, "POST", f"{group}/indexes", index).status == "ALREADY_EXISTS"
    assert inherited["indexConfig"]["usesAncestorConfig"] is True
    assert ask("GET", f"{group}/fields/expires")["ttlConfig"] == {"state": "ACTIVE"}
    fields = f"{DATABASE}/collectionGroups/-/fields"
    assert len(ask("GET", fields, filter="ttlConfig:*")["fields"]) == 1
    assert ask("GET", fields, filter="indexConfig.usesAncestorConfig:false") == {}
    immutable = refusal(ask, "PATCH", DATABASE, {"locationId": "us-east1"}, updateMask="locationId")
    assert immutable.status == "INVALID_ARGUMENT"


def test_a_database_has_one_daily_schedule_and_may_be_protected(ask: Asking) -> None:
    body = {"locationId": "asia-northeast3", "type": "FIRESTORE_NATIVE"}
    protected = {**body, "deleteProtectionState": "DELETE_PROTECTION_ENABLED"}
    ask("POST", f"firestore/v1/{PROJECT}/databases", protected, databaseId="(default)")
    daily = {"retention": "604800s", "dailyRecurrence": {}}
    ask("POST", f"{DATABASE}/backupSchedules", daily)

    assert refusal(ask, "POST", f"{DATABASE}/backupSchedules", daily).status == "ALREADY_EXISTS"
    assert refusal(ask, "DELETE", DATABASE).status == "FAILED_PRECONDITION"


def test_a_bucket_is_patched_by_merging_and_deleted_when_empty(ask: Asking) -> None:
    url = "storage/storage/v1/b"
    made = ask("POST", url, {"name": "state", "location": "asia-northeast3"}, project="demo-project")
    labels = ask("PATCH", f"{url}/state", {"labels": {"a": "1", "b": "2"}})
    merged = ask("PATCH", f"{url}/state", {"labels": {"a": None}})
    ask("POST", "storage/upload/storage/v1/b/state/o", b"x", uploadType="media", name="a/b")
    full = refusal(ask, "DELETE", f"{url}/state")
    twice = {"uploadType": "media", "name": "a/b", "ifGenerationMatch": "0"}
    taken = refusal(ask, "POST", "storage/upload/storage/v1/b/state/o", b"y", **twice)
    ask("DELETE", f"{url}/state/o/a%2Fb")

    assert (made["location"], made["locationType"]) == ("ASIA-NORTHEAST3", "region")
    assert labels["metageneration"] == "2"
    assert merged["labels"] == {"b": "2"}
    assert full.http_status == 409
    assert full.error["errors"][0]["reason"] == "conflict"
    assert taken.http_status == 412
    assert ask("DELETE", f"{url}/state") == {}
    assert refusal(ask, "GET", f"{url}/state").error["message"] == "The specified bucket does not exist."


def test_firebase_is_added_once_after_its_terms() -> None:
    url = f"firebase/v1beta1/{PROJECT}"
    refused = refusal(Asking(Facts(enabled=ALL_APIS, firebase_terms=False)), "POST", f"{url}:addFirebase", {})
    ask = Asking()
    ask.finish("firebase/v1beta1", ask("POST", f"{url}:addFirebase", {}))
    app = ask.finish("firebase/v1beta1", ask("POST", f"{url}/webApps", {"displayName": "page"}))

    assert "Firebase Tos Not Accepted" in refused.error["details"][0]["detail"]
    assert refusal(ask, "POST", f"{url}:addFirebase", {}).status == "ALREADY_EXISTS"
    assert ask("GET", f"firebasehosting/v1beta1/{PROJECT}/sites") == {}, "the site comes later, or never by itself"
    config = ask("GET", f"firebase/v1beta1/{app['name']}/config")
    assert config["appId"] == app["appId"]
    ask.finish("firebase/v1beta1", ask("POST", f"firebase/v1beta1/{app['name']}:remove", {}))
    assert ask("GET", f"{url}/webApps") == {}


def test_identity_platform_is_initialised_once(ask: Asking) -> None:
    url = f"identitytoolkit/v2/{PROJECT}"
    before = refusal(ask, "GET", f"{url}/config")
    ask("POST", f"{url}/identityPlatform:initializeAuth", {})
    changed = ask("PATCH", f"{url}/config", {"authorizedDomains": ["x.y"]}, updateMask="authorizedDomains")

    assert before.error["message"] == "CONFIGURATION_NOT_FOUND"
    assert "already been enabled" in refusal(ask, "POST", f"{url}/identityPlatform:initializeAuth", {}).error["message"]
    assert changed["authorizedDomains"] == ["x.y"]


def test_an_alert_needs_its_metric_and_its_channel(ask: Asking) -> None:
    url = f"monitoring/v3/{PROJECT}/alertPolicies"
    text = 'metric.type="logging.googleapis.com/user/refusals" AND resource.type="cloud_run_revision"'
    threshold = {"filter": text, "comparison": "COMPARISON_GT", "duration": "60s"}
    policy = {"displayName": "x", "combiner": "OR", "conditions": [{"conditionThreshold": threshold}]}

    assert "Cannot find metric" in refusal(ask, "POST", url, policy).error["message"]
    ask("POST", f"logging/v2/{PROJECT}/metrics", {"name": "refusals", "filter": "severity=ERROR"})
    made = ask("POST", url, policy)
    assert made["conditions"][0]["name"].startswith(f"{made['name']}/conditions/")
    channels = {"notificationChannels": [f"{PROJECT}/notificationChannels/1"]}
    assert refusal(ask, "POST", url, {**policy, **channels}).status == "NOT_FOUND"


def test_a_release_needs_its_ruleset_and_holds_it(ask: Asking) -> None:
    url = f"firebaserules/v1/{PROJECT}"
    source = {"source": {"files": [{"name": "firestore.rules", "content": "service cloud.firestore {}"}]}}
    name = f"{PROJECT}/releases/cloud.firestore"
    missing = {"name": name, "rulesetName": f"{PROJECT}/rulesets/none"}

    assert refusal(ask, "POST", f"{url}/releases", missing).status == "NOT_FOUND"
    first, second = (ask("POST", f"{url}/rulesets", source)["name"] for _ in range(2))
    ask("POST", f"{url}/releases", {"name": name, "rulesetName": first})
    assert refusal(ask, "DELETE", f"firebaserules/v1/{first}").status == "FAILED_PRECONDITION"
    ask("PATCH", f"firebaserules/v1/{name}", {"release": {"name": name, "rulesetName": second}})
    assert ask("DELETE", f"firebaserules/v1/{first}") == {}


def test_a_budget_names_projects_by_number_and_its_account_s_currency(ask: Asking) -> None:
    url = f"billingbudgets/v1/{ask.cloud.facts.billing_account}/budgets"
    dollars = {"amount": {"specifiedAmount": {"units": "200"}}, "budgetFilter": {"projects": [PROJECT]}}
    made = ask("POST", url, dollars)

    assert made["budgetFilter"]["projects"] == [f"projects/{ask.cloud.facts.number}"]
    assert made["amount"]["specifiedAmount"] == {"units": "200", "currencyCode": "USD"}
    won = {"amount": {"specifiedAmount": {"units": "1", "currencyCode": "KRW"}}}
    assert refusal(ask, "POST", url, won).status == "INVALID_ARGUMENT"


@pytest.mark.parametrize("job", [{"schedule": "every minute"}, {"schedule": "* * * * *", "timeZone": "Seoul"}])
def test_a_job_has_a_schedule_that_can_be_read(ask: Asking, job: dict[str, str]) -> None:
    whole = {"name": f"{PLACE}/jobs/pool", "httpTarget": {"uri": "https://x.y"}, **job}

    assert refusal(ask, "POST", f"cloudscheduler/v1/{PLACE}/jobs", whole).status == "INVALID_ARGUMENT"


def test_a_deleted_role_keeps_its_name(ask: Asking) -> None:
    url = f"iam/v1/{PROJECT}/roles"
    asked = {"roleId": "slots", "role": {"title": "Slots", "includedPermissions": ["run.services.get"]}}
    role = ask("POST", url, asked)
    ask("DELETE", f"iam/v1/{role['name']}")

    assert ask("GET", f"iam/v1/{role['name']}")["deleted"] is True
    assert refusal(ask, "POST", url, asked).status == "ALREADY_EXISTS"
    ask("POST", f"iam/v1/{role['name']}:undelete", {})
    assert "deleted" not in ask("GET", f"iam/v1/{role['name']}")
