"""Topics and subscriptions of Pub/Sub, whose methods are older than Google's standard ones: `create` is a PUT to the
whole name, and `patch` takes the resource and the mask in its body."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API = "pubsub.v1"


class PubSub(Struct, frozen=True, kw_only=True):
    """`title` is `topic` or `subscription`, as the parameter of the methods is named."""

    title: str

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        try:
            return apis.call(API, f"{self._collection}.get", {self.title: resource.name})
        except NotFound:
            return None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        apis.call(API, f"{self._collection}.create", {"name": resource.name}, {**body, "name": resource.name})

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        changed = {name: body[name] for name in fields} | {"name": resource.name}
        request = {self.title: changed, "updateMask": ",".join(fields)}
        apis.call(API, f"{self._collection}.patch", {"name": resource.name}, request)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(API, f"{self._collection}.delete", {self.title: resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)

    @property
    def _collection(self) -> str:
        return f"projects.{self.title}s"
