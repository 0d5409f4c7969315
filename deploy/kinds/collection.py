"""Resources that an API keeps in a collection by names that we choose: most of Google's are so."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis import refusals
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource


class Collection(Struct, frozen=True, kw_only=True):
    """Google's standard methods: get, create below a parent, patch with a mask, delete."""

    title: str
    api: str
    collection: str
    """The resource of the discovery document: `projects.locations.queues`."""
    id_parameter: str = ""
    """The query parameter of `create` that takes the last part of the name. Without it the body has the whole name."""
    update: str = "patch"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            return apis.call(self.api, f"{self.collection}.get", {"name": resource.name})
        except refusals.NotFound:
            return None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        parent, _collection, last = resource.name.rsplit("/", 2)
        parameters = {"parent": parent}
        if self.id_parameter:
            parameters[self.id_parameter] = last
        else:
            body = {**body, "name": resource.name}
        apis.call(self.api, f"{self.collection}.create", parameters, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        name = f"{self.collection}.{self.update}"
        parameters = {"name": resource.name}
        if "updateMask" in method(self.api, name).parameters:
            parameters["updateMask"] = ",".join(fields)
            body = {name: body[name] for name in fields}
        apis.call(self.api, name, parameters, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(self.api, f"{self.collection}.delete", {"name": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)
