"""Custom roles of a project: sets of permissions that no predefined role of Google's has alone."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API = "iam.v1"


class CustomRole(Struct, frozen=True):
    """IAM's roles of a project. A role that somebody deleted is there for seven days more, and its name is taken for
    another thirty (https://cloud.google.com/iam/docs/creating-custom-roles): it is taken back instead of made anew."""

    title: str = "role"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        found = self._found(apis, resource)
        return None if found is None or found.get("deleted") else found

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        if self._found(apis, resource) is not None:
            apis.call(API, "projects.roles.undelete", {"name": resource.name}, {})
            self.change(apis, resource, body, list(body))
            return
        parent, _collection, last = resource.name.rsplit("/", 2)
        apis.call(API, "projects.roles.create", {"parent": parent}, {"roleId": last, "role": body})

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        parameters = {"name": resource.name, "updateMask": ",".join(fields)}
        apis.call(API, "projects.roles.patch", parameters, {name: body[name] for name in fields})

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(API, "projects.roles.delete", {"name": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        """Google answers with the permissions in an order of its own."""
        return difference.differences(
            body, {**live, "includedPermissions": sorted(live.get("includedPermissions", []))}
        )

    def _found(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            return apis.call(API, "projects.roles.get", {"name": resource.name})
        except NotFound:
            return None
