"""Firestore's administration (https://firebase.google.com/docs/firestore/reference/rest/v1/projects.databases)."""

from local.api_error import ApiError
from local.google_apis import standard
from local.google_apis.documents import Json
from local.google_apis.listing import listed
from local.google_apis.registry import NAMING, Naming, deleting, finishing, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

DATABASES = "projects.databases"
FIELDS, INDEXES = f"{DATABASES}.collectionGroups.fields", f"{DATABASES}.collectionGroups.indexes"
SCHEDULES = f"{DATABASES}.backupSchedules"
NAMING[("firestore.v1", INDEXES)] = Naming(made_up=lambda world: f"CICAgO{world.hexadecimal(6)}")
NAMING[("firestore.v1", SCHEDULES)] = Naming(made_up=World.uuid)


@writing("firestore.v1", DATABASES)
def database(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    if before is not None and before.get("locationId") != body.get("locationId"):
        raise ApiError("INVALID_ARGUMENT", "The location of a database can't be changed.")
    body.setdefault("concurrencyMode", "PESSIMISTIC")
    body.setdefault("appEngineIntegrationMode", "DISABLED")
    body.setdefault("databaseEdition", "STANDARD")
    body.setdefault("pointInTimeRecoveryEnablement", "POINT_IN_TIME_RECOVERY_DISABLED")
    body.setdefault("deleteProtectionState", "DELETE_PROTECTION_DISABLED")
    recovers = body["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    body["versionRetentionPeriod"] = "604800s" if recovers else "3600s"
    body["earliestVersionTime"] = world.now()


@deleting("firestore.v1", DATABASES)
def delete(world: World, call: Call, name: str, record: Record) -> None:
    if record.body["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED":
        raise ApiError("FAILED_PRECONDITION", "The database is protected against deletion.")


@writing("firestore.v1", SCHEDULES)
def schedule(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    """A database has at most one daily and one weekly schedule
    (https://firebase.google.com/docs/firestore/backups#limits)."""
    rhythms = [each for each in ("dailyRecurrence", "weeklyRecurrence") if each in record.body]
    if len(rhythms) != 1 or "retention" not in record.body:
        raise ApiError("INVALID_ARGUMENT", "A backup schedule has a retention and one recurrence.")
    if before is not None and rhythms[0] not in before:
        raise ApiError("INVALID_ARGUMENT", "The recurrence of a backup schedule can't be changed.")
    others = world.below(call.host, name.rpartition("/")[0]).items()
    if any(rhythms[0] in other.body for key, other in others if key != name):
        raise ApiError("ALREADY_EXISTS", f"The database has a schedule with {rhythms[0]} already.")


@writing("firestore.v1", INDEXES)
def index(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    """Google adds `__name__` as the last field, in the direction of the one before it
    (https://firebase.google.com/docs/firestore/query-data/index-overview)."""
    body = record.body
    fields = body.get("fields", [])
    if sum(each["fieldPath"] != "__name__" for each in fields) < 2:
        raise ApiError("INVALID_ARGUMENT", "This index is not necessary, configure using single field index controls.")
    if fields[-1]["fieldPath"] != "__name__":
        body["fields"] = [*fields, {"fieldPath": "__name__", "order": fields[-1].get("order", "ASCENDING")}]
    body["state"] = "CREATING"
    body.setdefault("queryScope", "COLLECTION")
    for other in world.below(call.host, name.rpartition("/")[0]).values():
        if all(other.body.get(each) == body.get(each) for each in ("fields", "queryScope", "apiScope")):
            raise ApiError("ALREADY_EXISTS", "index already exists")


@finishing("firestore.v1", INDEXES)
def indexed(world: World, name: str, record: Record) -> None:
    record.body["state"] = "READY"


@methods("firestore.v1", f"{FIELDS}.get")
def get_field(world: World, call: Call) -> Json:
    """Every field exists, with the configuration that it inherits where nobody gave it one of its own."""
    world.need(call.host, call.name.partition("/collectionGroups/")[0])
    found = world.find(call.host, call.name)
    return found.body if found else _inherited(call.name)


@methods("firestore.v1", f"{FIELDS}.patch")
def patch_field(world: World, call: Call) -> Json:
    if world.find(call.host, call.name) is None:
        world.need(call.host, call.name.partition("/collectionGroups/")[0])
        kept = Record(api="firestore.v1", kind=FIELDS, collection=call.name.rpartition("/")[0], body={})
        kept.body = _inherited(call.name)
        world.keep(call.host, call.name, kept)
    return standard.patch(world, call)


@writing("firestore.v1", FIELDS)
def field(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    if "ttlConfig" in record.body:
        record.body["ttlConfig"] = {**record.body["ttlConfig"], "state": "CREATING"}
    if "indexConfig" not in record.body:
        record.body["indexConfig"] = _inherited(name)["indexConfig"]
    config = record.body["indexConfig"]
    if before is not None and config != before["indexConfig"]:
        for each in config.get("indexes", []):
            each |= {"queryScope": each.get("queryScope", "COLLECTION"), "state": "CREATING"}
        config.pop("usesAncestorConfig", None)
        config["ancestorField"] = _inherited(name)["indexConfig"]["ancestorField"]


@finishing("firestore.v1", FIELDS)
def field_ready(world: World, name: str, record: Record) -> None:
    if "ttlConfig" in record.body:
        record.body["ttlConfig"]["state"] = "ACTIVE"
    for each in record.body["indexConfig"].get("indexes", []):
        each["state"] = "READY"


@methods("firestore.v1", f"{FIELDS}.list")
def list_fields(world: World, call: Call) -> Json:
    """The documents say: only fields with a configuration of their own can be listed, by either of two filters."""
    asked = call.asked("filter").replace(" ", "")
    if asked not in ("indexConfig.usesAncestorConfig:false", "ttlConfig:*", "indexConfig.usesAncestorConfig=false"):
        raise ApiError("UNIMPLEMENTED", "The filter must be indexConfig.usesAncestorConfig:false or ttlConfig:*.")
    unfiltered = Call(method=call.method, host=call.host, name=call.name, path=call.path, query={}, body=call.body)
    found: list[Json] = listed(world, unfiltered).get("fields", [])
    ttl = asked == "ttlConfig:*"
    kept = [e for e in found if ("ttlConfig" in e if ttl else not e["indexConfig"].get("usesAncestorConfig"))]
    return {"fields": kept} if kept else {}


def _inherited(name: str) -> Json:
    ancestor = f"{name.partition('/collectionGroups/')[0]}/collectionGroups/__default__/fields/*"
    indexes = [
        {"queryScope": "COLLECTION", "fields": [{"fieldPath": "*", "order": "ASCENDING"}], "state": "READY"},
        {"queryScope": "COLLECTION", "fields": [{"fieldPath": "*", "order": "DESCENDING"}], "state": "READY"},
        {"queryScope": "COLLECTION", "fields": [{"fieldPath": "*", "arrayConfig": "CONTAINS"}], "state": "READY"},
    ]
    config: Json = {"usesAncestorConfig": True, "ancestorField": ancestor, "indexes": indexes}
    return {"name": name, "indexConfig": config}
