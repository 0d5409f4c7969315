"""Service accounts: the identities that programs run as."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import ApiDisabled, Denied, NotFound
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

API = "iam.v1"
SEEN_SECONDS = 120.0
"""For how long a new account is looked for: IAM may answer for up to a minute that it does not exist
(https://cloud.google.com/iam/docs/service-accounts-create)."""
PAUSE = 2.0


class ServiceAccount(Struct, frozen=True):
    """IAM's service accounts, whose names end with their address. The body has `displayName` and `description`."""

    title: str = "identity"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """IAM also answers 403 of an account that it does not know (yet)."""
        try:
            return apis.call(API, "projects.serviceAccounts.get", {"name": resource.name})
        except ApiDisabled:
            raise
        except (NotFound, Denied):
            return None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        project, _collection, address = resource.name.rsplit("/", 2)
        asked = {"accountId": address.partition("@")[0], "serviceAccount": body}
        apis.call(API, "projects.serviceAccounts.create", {"name": project}, asked)
        waited = 0.0
        while self.read(apis, resource) is None and waited < SEEN_SECONDS:
            apis.pause(PAUSE)
            waited += PAUSE

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        asked = {"serviceAccount": {name: body[name] for name in fields}, "updateMask": ",".join(fields)}
        apis.call(API, "projects.serviceAccounts.patch", {"name": resource.name}, asked)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(API, "projects.serviceAccounts.delete", {"name": resource.name})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)
