"""Keys in Secret Manager: the newest enabled version of a secret. Ondol makes the first; `make rotate-keys` the others.

A key is nowhere but in Secret Manager and in the memory of the run that makes it: no line of output has it.
"""

import base64
from collections.abc import Callable, Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler.resource import Resource

API = "secretmanager.v1"
VERSIONS = "projects.secrets.versions"


class Key(Struct, frozen=True, kw_only=True):
    """A secret's content. The row's name is the secret's. `make` answers the first content."""

    make: Callable[[GoogleApis], str]
    title: str = "key"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """The version, without its content; `version` is its number."""
        return newest(apis, resource.name)

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        add(apis, resource.name, self.make(apis))

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        raise AssertionError("a version never changes")

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("a key goes with its secret")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return []


def enabled(apis: GoogleApis, secret: str) -> list[Json]:
    """The enabled versions of a secret, the newest first, each with its number as `version`."""
    parameters = {"parent": secret, "filter": "state:ENABLED"}
    found = listed(apis, API, f"{VERSIONS}.list", parameters, "versions")
    numbered = [{**each, "version": each["name"].rpartition("/")[2]} for each in found if each["state"] == "ENABLED"]
    return sorted(numbered, key=lambda each: int(each["version"]), reverse=True)


def newest(apis: GoogleApis, secret: str) -> Json | None:
    return next(iter(enabled(apis, secret)), None)


def content(apis: GoogleApis, secret: str, version: str = "latest") -> str:
    """Raises NotFound where there is no such version, and Refused where it is disabled."""
    answer = apis.call(API, f"{VERSIONS}.access", {"name": f"{secret}/versions/{version}"})
    return base64.b64decode(answer["payload"]["data"]).decode()


def add(apis: GoogleApis, secret: str, text: str) -> None:
    """Adds a version, which is the newest from now on."""
    data = base64.b64encode(text.encode()).decode()
    apis.call(API, "projects.secrets.addVersion", {"parent": secret}, {"payload": {"data": data}})


def disable(apis: GoogleApis, secret: str, version: str) -> None:
    """Nobody is given that version any more. `enable` of Secret Manager undoes it."""
    apis.call(API, f"{VERSIONS}.disable", {"name": f"{secret}/versions/{version}"}, {})
