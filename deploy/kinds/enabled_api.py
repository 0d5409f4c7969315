"""A Google API that the project has enabled. It is never disabled again: others may use it."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API = "serviceusage.v1"


class EnabledApi(Struct, frozen=True):
    """Service Usage's `services`: their names are given, and each is enabled or not."""

    title: str = "API"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        service = apis.call(API, "services.get", {"name": resource.name})
        return service if service.get("state") == "ENABLED" else None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        apis.call(API, "services.enable", {"name": resource.name}, {})

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        raise AssertionError("an API is enabled or not")

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("an API stays enabled")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)
