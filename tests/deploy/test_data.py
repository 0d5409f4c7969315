"""What Google answers of the data's resources is no difference, and a drift is one."""

from typing import Any

import pytest

from deploy.deployment import Deployment, OperatorFile
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import Json, check
from deploy.reconciler.resource import Resource
from deploy.resources.data import data
from deploy.resources.schedules import schedules
from deploy.resources.sign_in import sign_in

DEPLOYMENT = Deployment(
    project="my-project",
    number="123456789012",
    region="asia-northeast3",
    operator=OperatorFile(domain="ondol.example", github_client_id="Iv1.0123"),
)
TABLE = {each.id: each for each in [*data(DEPLOYMENT), *sign_in(DEPLOYMENT), *schedules(DEPLOYMENT)]}
INDEX, FIELD = "index of lines by uid, period, at", "indexes of lines by at alone"
BUCKET = "projects/my-project/databases/(default)/collectionGroups"

LIVE: dict[str, Json] = {
    "database": {
        **TABLE["database"].body,
        "name": TABLE["database"].name,
        "uid": "c0ffee",
        "concurrencyMode": "PESSIMISTIC",
        "appEngineIntegrationMode": "DISABLED",
        "versionRetentionPeriod": "604800s",
        "etag": "x",
    },
    "backups daily": {
        "name": "projects/1/databases/d/backupSchedules/a",
        "retention": "604800s",
        "dailyRecurrence": {},
    },
    "backups weekly": {
        "name": "projects/1/databases/d/backupSchedules/b",
        "retention": "2419200s",
        "weeklyRecurrence": {"day": "SUNDAY"},
    },
    INDEX: {
        "name": f"{BUCKET}/lines/indexes/CICAgOi3kJAK",
        "queryScope": "COLLECTION",
        "fields": [
            {"fieldPath": "uid", "order": "ASCENDING"},
            {"fieldPath": "period", "order": "DESCENDING"},
            {"fieldPath": "at", "order": "DESCENDING"},
            {"fieldPath": "__name__", "order": "DESCENDING"},
        ],
        "state": "READY",
        "density": "SPARSE_ALL",
    },
    FIELD: {
        "name": f"{BUCKET}/lines/fields/at",
        "indexConfig": {
            "ancestorField": f"{BUCKET}/__default__/fields/*",
            "indexes": [
                {"queryScope": scope, "fields": [{"fieldPath": "at", "order": order}], "state": "READY"}
                for scope, order in (
                    ("COLLECTION_GROUP", "ASCENDING"),
                    ("COLLECTION", "DESCENDING"),
                    ("COLLECTION", "ASCENDING"),
                )
            ],
        },
    },
    "bucket state": {
        "kind": "storage#bucket",
        "id": "my-project-state",
        "name": "my-project-state",
        "location": "ASIA-NORTHEAST3",
        "locationType": "region",
        "storageClass": "STANDARD",
        "labels": {"ondol": "platform"},
        "softDeletePolicy": {"retentionDurationSeconds": "0", "effectiveTime": "2026-11-29T00:00:00Z"},
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": True, "lockedTime": "2027-02-27T00:00:00Z"},
            "uniformBucketLevelAccess": {"enabled": True, "lockedTime": "2027-02-27T00:00:00Z"},
            "publicAccessPrevention": "enforced",
        },
        "lifecycle": {
            "rule": [
                {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}},
                {"action": {"type": "Delete"}, "condition": {"age": 3, "matchesPrefix": ["exports/"]}},
            ]
        },
    },
    "sign-ins": {
        "name": "projects/123456789012/config",
        "signIn": {"email": {"enabled": True, "passwordRequired": False}, "hashConfig": {"algorithm": "SCRYPT"}},
        "authorizedDomains": ["my-project.web.app", "ondol.example", "my-project.firebaseapp.com"],
        "emailPrivacyConfig": {"enableImprovedEmailPrivacy": True},
        "subtype": "IDENTITY_PLATFORM",
    },
    "schedule pool": {
        "name": "projects/my-project/locations/asia-northeast3/jobs/pool",
        "schedule": "* * * * *",
        "timeZone": "Etc/UTC",
        "attemptDeadline": "300s",
        "state": "ENABLED",
        "retryConfig": {"maxRetryDuration": "0s", "minBackoffDuration": "5s", "maxDoublings": 5},
        "httpTarget": {
            "uri": "https://pool-123456789012.asia-northeast3.run.app/",
            "httpMethod": "POST",
            "headers": {"User-Agent": "Google-Cloud-Scheduler"},
            "oidcToken": {
                "serviceAccountEmail": "ondol-invoker@my-project.iam.gserviceaccount.com",
                "audience": "https://pool-123456789012.asia-northeast3.run.app",
            },
        },
    },
}
"""As Google answers a second run, with what Google fills in and in an order of Google's own."""


@pytest.mark.parametrize("name", LIVE)
def test_what_google_answers_later_is_no_difference(name: str) -> None:
    resource = TABLE[name]
    assert list(resource.kind.differences(resource.body, LIVE[name])) == []


@pytest.mark.parametrize(
    ("name", "drift", "field"),
    [
        ("database", {"deleteProtectionState": "DELETE_PROTECTION_DISABLED"}, "deleteProtectionState"),
        ("backups daily", {"retention": "86400s"}, "retention"),
        ("bucket state", {"softDeletePolicy": {"retentionDurationSeconds": "604800"}}, "softDeletePolicy"),
        ("bucket state", {"cors": [{"origin": ["*"]}]}, "cors"),
        ("bucket state", {"iamConfiguration": {"publicAccessPrevention": "inherited"}}, "iamConfiguration"),
        ("bucket state", {"versioning": {"enabled": True}}, "versioning"),
        ("sign-ins", {"authorizedDomains": ["localhost", "my-project.web.app"]}, "authorizedDomains"),
        ("sign-ins", {"signIn": {"email": {"enabled": False}}}, "signIn"),
        ("schedule pool", {"attemptDeadline": "180s"}, "attemptDeadline"),
        (FIELD, {"indexConfig": {"indexes": []}}, "indexConfig"),
    ],
)
def test_a_drift_is_a_difference(name: str, drift: Json, field: str) -> None:
    resource = TABLE[name]
    assert list(resource.kind.differences(resource.body, LIVE[name] | drift)) == [field]


class Lists:
    """Answers lists, `size` items on each page."""

    def __init__(self, field: str, items: list[Json], size: int = 1) -> None:
        self.field = field
        self.items = items
        self.size = size

    def request(self, method: str, url: str, **more: Any) -> Any:
        at = int(more["params"].get("pageToken", 0))
        after = at + self.size
        more = {"nextPageToken": str(after)} if after < len(self.items) else {}
        body = {self.field: self.items[at:after], **more}
        return type("Answer", (), {"status_code": 200, "json": lambda self: body})()


def found(name: str, field: str, items: list[Json], size: int = 1) -> Json | None:
    resource = TABLE[name]
    return resource.kind.read(GoogleApis(Lists(field, items, size)), resource)


def test_an_index_is_found_by_its_fields_on_any_page() -> None:
    other = {**LIVE[INDEX], "name": "other", "queryScope": "COLLECTION_GROUP"}
    longer = {
        **LIVE[INDEX],
        "name": "longer",
        "fields": [{"fieldPath": "sid", "order": "ASCENDING"}, *LIVE[INDEX]["fields"]],
    }
    assert found(INDEX, "indexes", [other, longer, LIVE[INDEX]]) == LIVE[INDEX]
    assert found(INDEX, "indexes", [other, longer]) is None
    assert found(INDEX, "indexes", []) is None


def test_a_backup_schedule_is_found_by_its_recurrence() -> None:
    daily, weekly = LIVE["backups daily"], LIVE["backups weekly"]
    assert found("backups weekly", "backupSchedules", [daily, weekly], size=2) == weekly
    assert found("backups daily", "backupSchedules", [weekly]) is None


@pytest.mark.parametrize(
    ("name", "api", "called", "parameters"),
    [
        ("database", "firestore.v1", "projects.databases.create", {"parent": "projects/p", "databaseId": "(default)"}),
        (
            "backups daily",
            "firestore.v1",
            "projects.databases.backupSchedules.create",
            {"parent": "projects/p/databases/d"},
        ),
        (
            "backups weekly",
            "firestore.v1",
            "projects.databases.backupSchedules.create",
            {"parent": "projects/p/databases/d"},
        ),
        (
            INDEX,
            "firestore.v1",
            "projects.databases.collectionGroups.indexes.create",
            {"parent": "projects/p/databases/d/collectionGroups/lines"},
        ),
        (
            FIELD,
            "firestore.v1",
            "projects.databases.collectionGroups.fields.patch",
            {"name": "projects/p/databases/d/collectionGroups/lines/fields/at", "updateMask": "indexConfig"},
        ),
        ("rules of the database", "firebaserules.v1", "projects.rulesets.create", {"name": "projects/p"}),
        ("bucket state", "storage.v1", "buckets.insert", {"project": "p"}),
        ("bucket sources", "storage.v1", "buckets.insert", {"project": "p"}),
        ("web app", "firebase.v1beta1", "projects.webApps.create", {"parent": "projects/p"}),
        ("sign-ins", "identitytoolkit.v2", "projects.updateConfig", {"name": "projects/p/config"}),
        (
            "sign-in GitHub",
            "identitytoolkit.v2",
            "projects.defaultSupportedIdpConfigs.create",
            {"parent": "projects/p"},
        ),
        ("schedule meter", "cloudscheduler.v1", "projects.locations.jobs.create", {"parent": "projects/p/locations/r"}),
    ],
)
def test_a_body_is_one_that_google_describes(name: str, api: str, called: str, parameters: dict[str, str]) -> None:
    check(method(api, called), parameters, TABLE[name].body)


def test_what_holds_data_stays_and_says_what_removes_it() -> None:
    removed = {each.id: each.removed_by for each in TABLE.values() if each.holds_data and each.removed_by}
    assert removed["bucket state"] == "gcloud storage rm gs://my-project-state --recursive"
    assert "--no-delete-protection" in removed["database"]
    goes = {each.id for each in TABLE.values() if not each.holds_data}
    assert goes == {"bucket sources", "web app", "sign-in GitHub", "schedule pool", "schedule meter"}


def test_schedules_are_those_of_the_functions_table() -> None:
    jobs: dict[str, Resource] = {each.id: each for each in schedules(DEPLOYMENT)}
    assert {id: each.body["schedule"] for id, each in jobs.items()} == {
        "schedule pool": "* * * * *",
        "schedule meter": "*/15 * * * *",
    }
