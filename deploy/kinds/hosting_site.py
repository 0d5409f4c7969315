"""The site of Firebase Hosting that has the project's id for its name, at PROJECT.web.app."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler.resource import Resource

API, SITES = "firebasehosting.v1beta1", "projects.sites"


class HostingSite(Struct, frozen=True):
    """Google may have made the site with Firebase, or not: "the default site might not yet be provisioned", as the
    description of Firebase's projects says. The row's name is the site's."""

    title: str = "site"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        project, _collection, site = resource.name.rsplit("/", 2)
        found = listed(apis, API, f"{SITES}.list", {"parent": project}, "sites")
        return next((each for each in found if each["name"].endswith(f"/sites/{site}")), None)

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        """Raises AlreadyExists where the site's name is another project's."""
        project, _collection, site = resource.name.rsplit("/", 2)
        apis.call(API, f"{SITES}.create", {"parent": project, "siteId": site}, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        raise AssertionError("a site exists or not")

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("the site stays: its name is the page's address")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return []
