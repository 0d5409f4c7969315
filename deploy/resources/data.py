"""Where data is kept: Firestore with its backups, indexes and rules, and the buckets."""

import json
import tomllib
from collections.abc import Iterable

from deploy.deployment import LABELS, ROOT, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.bucket import Bucket
from deploy.kinds.collection import Collection
from deploy.kinds.firestore import BackupSchedule, CompositeIndex, FieldIndexes, ReleasedRules
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api

DATABASE = "database"
"""The database's id in the table."""
DAY = 86400
DAILY_KEPT = 7 * DAY
WEEKLY_KEPT = 28 * DAY
"""For how long a backup is kept. docs/erasing.md says so: until then a backup has what was erased."""
SOURCES_DAYS = 30
"""After so many days the source of a function is deleted, from which its image was built."""


def data(deployment: Deployment) -> list[Resource]:
    """All of what stays when Ondol is taken out of a project, and the bucket of sources, which does not."""
    indexes = json.loads((ROOT / "firestore.indexes.json").read_text())
    return [
        _database(deployment),
        _backups(deployment, "daily", DAILY_KEPT, {"dailyRecurrence": {}}),
        _backups(deployment, "weekly", WEEKLY_KEPT, {"weeklyRecurrence": {"day": "SUNDAY"}}),
        *(_index(deployment, each) for each in indexes["indexes"]),
        *(_field(deployment, each) for each in indexes["fieldOverrides"]),
        _rules(deployment),
        _bucket(
            deployment,
            "state",
            tomllib.loads((ROOT / "functions/bucket.toml").read_text()),
            "keeps members' work",
            holds_data=True,
        ),
        _bucket(
            deployment,
            "sources",
            {
                "storageClass": "STANDARD",
                "softDeletePolicy": {"retentionDurationSeconds": "0"},
                "iamConfiguration": {
                    "publicAccessPrevention": "enforced",
                    "uniformBucketLevelAccess": {"enabled": True},
                },
                "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": SOURCES_DAYS}}]},
            },
            "holds the sources of functions until they are built",
            holds_data=False,
        ),
    ]


def _database(deployment: Deployment) -> Resource:
    project = deployment.project
    return Resource(
        id=DATABASE,
        kind=Collection(
            title="database", api="firestore.v1", collection="projects.databases", id_parameter="databaseId"
        ),
        name=_database_name(deployment),
        body={
            "type": "FIRESTORE_NATIVE",
            "databaseEdition": "STANDARD",
            "locationId": deployment.region,
            "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_ENABLED",
            "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
        },
        why="keeps the records, and each state of them for a week",
        needs=(api("firestore"),),
        holds_data=True,
        removed_by=(
            f"gcloud firestore databases update --database='(default)' --no-delete-protection --project={project}"
            f" && gcloud firestore databases delete --database='(default)' --project={project}"
        ),
    )


def _backups(deployment: Deployment, name: str, kept: int, recurrence: Json) -> Resource:
    return Resource(
        id=f"backups {name}",
        kind=BackupSchedule(known_by=tuple(recurrence)),
        name=_database_name(deployment),
        body={"retention": f"{kept}s", **recurrence},
        why=f"makes a {name} backup of the records, which is kept for {kept // DAY} days",
        needs=(DATABASE,),
        holds_data=True,
    )


def _index(deployment: Deployment, row: Json) -> Resource:
    group = row["collectionGroup"]
    return Resource(
        id=f"index of {group} by {', '.join(each['fieldPath'] for each in row['fields'])}",
        kind=CompositeIndex(),
        name=f"{_database_name(deployment)}/collectionGroups/{group}",
        body={"queryScope": row["queryScope"], "fields": row["fields"]},
        why=f"answers queries of {group}",
        needs=(DATABASE,),
        holds_data=True,
    )


def _field(deployment: Deployment, row: Json) -> Resource:
    group, field = row["collectionGroup"], row["fieldPath"]
    return Resource(
        id=f"indexes of {group} by {field} alone",
        kind=FieldIndexes(),
        name=f"{_database_name(deployment)}/collectionGroups/{group}/fields/{field}",
        body={"indexConfig": {"indexes": list(_single(field, row["indexes"]))}},
        why=f"answers queries of all {group} at once",
        needs=(DATABASE,),
        holds_data=True,
    )


def _single(field: str, rows: Iterable[Json]) -> Iterable[Json]:
    for row in rows:
        how = {name: value for name, value in row.items() if name != "queryScope"}
        yield {"queryScope": row["queryScope"], "fields": [{"fieldPath": field, **how}]}


def _rules(deployment: Deployment) -> Resource:
    content = (ROOT / "firestore.rules").read_text()
    return Resource(
        id="rules of the database",
        kind=ReleasedRules(),
        name=f"projects/{deployment.project}/releases/cloud.firestore",
        body={"source": {"files": [{"name": "firestore.rules", "content": content}]}},
        why="closes the records to browsers",
        needs=(DATABASE, api("firebaserules")),
        # without rules that close it, a database that stays would be open to what anybody releases next
        holds_data=True,
    )


def _bucket(deployment: Deployment, name: str, body: Json, why: str, *, holds_data: bool) -> Resource:
    bucket = f"{deployment.project}-{name}"
    return Resource(
        id=f"bucket {name}",
        kind=Bucket(project=deployment.project, number=deployment.number),
        name=bucket,
        # Cloud Storage writes the names of regions so
        body={**body, "location": deployment.region.upper(), "labels": LABELS},
        why=why,
        needs=(api("storage"),),
        holds_data=holds_data,
        removed_by=f"gcloud storage rm gs://{bucket} --recursive" if holds_data else "",
    )


def _database_name(deployment: Deployment) -> str:
    return f"projects/{deployment.project}/databases/(default)"
