"""Cloud Run services that are ours by their label and that the table does not name one by one."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import ApiDisabled, NotFound
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler.resource import Resource

API, SERVICES = "run.v2", "projects.locations.services"
NAMES = "services"
"""The body's one field: the last parts of the names of the services that may be there."""


class OwnServices(Struct, frozen=True, kw_only=True):
    """The services with the label `ondol: LABEL` of one location, which is the row's name. Those that the body does not
    name are surplus, and go. A body without names lets every service stay, until all of them are deleted."""

    label: str
    title: str = "service"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            found = list(listed(apis, API, f"{SERVICES}.list", {"parent": resource.name}, "services"))
        except ApiDisabled:
            found = []
        ours = [each["name"] for each in found if each.get("labels", {}).get("ondol") == self.label]
        return {NAMES: sorted(name.rpartition("/")[2] for name in ours)}

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        raise AssertionError("there is always a list of services, if an empty one")

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        for name in self._surplus(body, self.read(apis, resource) or {}):
            _delete(apis, resource, name)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        for name in (self.read(apis, resource) or {}).get(NAMES, []):
            _delete(apis, resource, name)

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return self._surplus(body, live)

    def _surplus(self, body: Json, live: Json) -> list[str]:
        return [name for name in live[NAMES] if NAMES in body and name not in body[NAMES]]


def _delete(apis: GoogleApis, resource: Resource, name: str) -> None:
    try:
        apis.call(API, f"{SERVICES}.delete", {"name": f"{resource.name}/services/{name}"})
    except NotFound:
        return
