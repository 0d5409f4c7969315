"""Firestore's indexes, and the rules that it is closed to browsers with."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import AlreadyExists, NotFound
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import Found, listed
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API = "firestore.v1"
RULES_API = "firebaserules.v1"
FIELDS = "projects.databases.collectionGroups.fields"


class CompositeIndex(Found, frozen=True, kw_only=True):
    """An index of several fields, which never changes: another one is made beside it. The row's name is that of the
    collection group."""

    title: str = "index"
    api: str = API
    collection: str = "projects.databases.collectionGroups.indexes"
    items: str = "indexes"
    known_by: Sequence[str] = ("queryScope", "fields")

    def is_same(self, wanted: Json, live: Json) -> bool:
        """Google adds `__name__` as the last field, in the direction of the one before it."""
        fields = live.get("fields", [])
        if fields and fields[-1]["fieldPath"] == "__name__":
            fields = fields[:-1]
        return super().is_same(wanted, {**live, "fields": fields})


class BackupSchedule(Found, frozen=True, kw_only=True):
    """A database has one daily schedule and one weekly one at most: what is known of ours is which of them it is. The
    row's name is the database's."""

    title: str = "backup schedule"
    api: str = API
    collection: str = "projects.databases.backupSchedules"
    items: str = "backupSchedules"

    def is_same(self, wanted: Json, live: Json) -> bool:
        return wanted.keys() <= live.keys()


class FieldIndexes(Struct, frozen=True):
    """The indexes of one field, in the place of those that each field has. The field itself always exists."""

    title: str = "indexes of a field"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            found = apis.call(API, f"{FIELDS}.get", {"name": resource.name})
        except NotFound:
            return None
        config = found.get("indexConfig", {})
        return None if config.get("usesAncestorConfig") or config.get("reverting") else found

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        self.change(apis, resource, body, ["indexConfig"])

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        apis.call(API, f"{FIELDS}.patch", {"name": resource.name, "updateMask": ",".join(fields)}, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(API, f"{FIELDS}.patch", {"name": resource.name, "updateMask": "indexConfig"}, {})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        """Google answers in an order of its own."""
        return [] if _indexes(body) == _indexes(live) else ["indexConfig"]


def _indexes(field: Json) -> set[tuple[str, str]]:
    """The scope, and the direction or `CONTAINS`, of each index."""
    return {
        (index["queryScope"], each.get("order") or each.get("arrayConfig", ""))
        for index in field.get("indexConfig", {}).get("indexes", [])
        for each in index["fields"]
    }


class ReleasedRules(Struct, frozen=True):
    """A release, by its name, of the rules whose `source` is in the body. Rules never change: others are released."""

    title: str = "rules"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """The release with the source of its rules."""
        try:
            release = apis.call(RULES_API, "projects.releases.get", {"name": resource.name})
            rules = apis.call(RULES_API, "projects.rulesets.get", {"name": release["rulesetName"]})
        except NotFound:
            return None
        return {**release, "source": rules.get("source", {})}

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        release = {"name": resource.name, "rulesetName": self._ruleset(apis, resource, body)}
        try:
            apis.call(RULES_API, "projects.releases.create", {"name": _project(resource)}, release)
        except AlreadyExists:  # of rules that somebody deleted
            self._release(apis, resource, release)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        release = {"name": resource.name, "rulesetName": self._ruleset(apis, resource, body)}
        self._release(apis, resource, release)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(RULES_API, "projects.releases.delete", {"name": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)

    def _release(self, apis: GoogleApis, resource: Resource, release: Json) -> None:
        apis.call(RULES_API, "projects.releases.patch", {"name": resource.name}, {"release": release})

    def _ruleset(self, apis: GoogleApis, resource: Resource, body: Json) -> str:
        """The name of rules with the source. The newest are taken if they have it: a run that was interrupted before it
        released them made them."""
        found = listed(apis, RULES_API, "projects.rulesets.list", {"name": _project(resource)}, "rulesets")
        newest = max(found, key=lambda each: each["createTime"], default=None)
        if newest is not None:
            rules = apis.call(RULES_API, "projects.rulesets.get", {"name": newest["name"]})
            if not self.differences(body, rules):
                return rules["name"]  # type: ignore[no-any-return]
        made = apis.call(RULES_API, "projects.rulesets.create", {"name": _project(resource)}, body)
        return made["name"]  # type: ignore[no-any-return]


def _project(resource: Resource) -> str:
    return "/".join(resource.name.split("/")[:2])
