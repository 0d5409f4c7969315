"""Buckets of Cloud Storage, whose JSON API has names without a path and methods of its own."""

from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound, Refused
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API = "storage.v1"


class Bucket(Struct, frozen=True, kw_only=True):
    """A bucket of `project`, whose number is `number`. Deleting it deletes what is in it.

    Names of buckets are taken by whoever comes first, in all of Google Cloud: a stranger can make a bucket with a name
    that follows from a project's id, and open it to everybody.
    """

    title: str = "bucket"
    project: str
    number: str

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """Raises Refused for a bucket of another project."""
        try:
            found = apis.call(API, "buckets.get", {"bucket": resource.name})
        except NotFound:
            return None
        if found["projectNumber"] != self.number:
            raise Refused(
                f"{resource.id}: the bucket {resource.name} is the project {found['projectNumber']}'s, and not "
                f"{self.project}'s. Somebody took its name. Nothing of Ondol's may be put there: deploy to a project "
                "with another id."
            )
        return found

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        apis.call(API, "buckets.insert", {"project": self.project}, {**body, "name": resource.name})

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        apis.call(API, "buckets.patch", {"bucket": resource.name}, {name: body[name] for name in fields})

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        if self.read(apis, resource) is None:
            raise NotFound(f"{resource.id} does not exist any more")
        for each in listed(apis, API, "objects.list", {"bucket": resource.name}, "items"):
            with suppress(NotFound):  # its lifecycle may be faster
                apis.call(API, "objects.delete", {"bucket": resource.name, "object": each["name"]})
        apis.call(API, "buckets.delete", {"bucket": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)
