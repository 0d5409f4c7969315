"""Triggers of Cloud Build, which begin a build at each push."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API, TRIGGERS = "cloudbuild.v1", "projects.locations.triggers"


class BuildTrigger(Struct, frozen=True):
    """A trigger, by the `name` in its body: Google makes up its resource name. The row's name is the location."""

    title: str = "trigger"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        asked = {"parent": resource.name, "projectId": _project(resource)}
        found = listed(apis, API, f"{TRIGGERS}.list", asked, "triggers")
        return next((each for each in found if each.get("name") == resource.body["name"]), None)

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        apis.call(API, f"{TRIGGERS}.create", {"parent": resource.name, "projectId": _project(resource)}, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        live = self._live(apis, resource)
        asked = {"resourceName": live["resourceName"], "triggerId": live["id"], "projectId": _project(resource)}
        apis.call(API, f"{TRIGGERS}.patch", {**asked, "updateMask": ",".join(fields)}, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        live = self._live(apis, resource)
        asked = {"name": live["resourceName"], "triggerId": live["id"], "projectId": _project(resource)}
        apis.call(API, f"{TRIGGERS}.delete", asked)

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)

    def _live(self, apis: GoogleApis, resource: Resource) -> Json:
        found = self.read(apis, resource)
        if found is None:
            raise NotFound(f"{resource.id} does not exist any more")
        return found


def _project(resource: Resource) -> str:
    """The methods ask for it beside the name, which has it."""
    return resource.name.split("/")[1]
