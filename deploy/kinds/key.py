"""Keys in Secret Manager: the newest enabled version of a secret. Ondol makes the first; `make rotate-keys` the others.

A key is nowhere but in Secret Manager and in the memory of the run that makes it: no line of output has it. To plan
takes the content of no secret: an annotation says whose content a version has, where somebody else than Ondol made it.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler.resource import Resource

API = "secretmanager.v1"
VERSIONS = "projects.secrets.versions"
OF = "content-of"
"""The annotation that says whose content a version has: `2:we_123`."""


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


class GivenKey(Struct, frozen=True, kw_only=True):
    """A secret's content that the operator gives. The row's name is the secret's."""

    text: str
    title: str = "key"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """The newest version, with its number as `version` only where it has this content."""
        version, of = newest_of(apis, resource.name)
        if not version:
            return None
        return {"version": version} if of == self._fingerprint() else {}

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        add_of(apis, resource.name, self.text, self._fingerprint())

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        self.create(apis, resource, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("a key goes with its secret")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return [] if "version" in live else ["version"]

    def reason(self, live: Json, fields: Sequence[str]) -> str:
        """Why there is to be another version."""
        return "the key that was given is not its newest version"

    def _fingerprint(self) -> str:
        """Tells keys apart, and tells nobody the key: it is too long to be guessed."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


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


def add(apis: GoogleApis, secret: str, text: str) -> str:
    """Adds a version, which is the newest from now on, and answers its number."""
    data = base64.b64encode(text.encode()).decode()
    made = apis.call(API, "projects.secrets.addVersion", {"parent": secret}, {"payload": {"data": data}})
    return str(made["name"].rpartition("/")[2])


def add_of(apis: GoogleApis, secret: str, text: str, of: str) -> None:
    """Adds a version, and says whose content it has. A run that dies in between leaves a version of nobody's."""
    annotate(apis, secret, OF, f"{add(apis, secret, text)}:{of}")


def newest_of(apis: GoogleApis, secret: str) -> tuple[str, str]:
    """The number of the newest version, and whose content it has; each empty where there is none, or nobody says."""
    found = newest(apis, secret)
    if found is None:
        return "", ""
    version, _, of = annotations(apis, secret).get(OF, "").partition(":")
    return found["version"], of if version == found["version"] else ""


def annotations(apis: GoogleApis, secret: str) -> Mapping[str, str]:
    """Raises NotFound."""
    found: Mapping[str, str] = apis.call(API, "projects.secrets.get", {"name": secret}).get("annotations", {})
    return found


def annotate(apis: GoogleApis, secret: str, name: str, value: str) -> None:
    """Leaves the other annotations."""
    changed = {"annotations": {**annotations(apis, secret), name: value}}
    apis.call(API, "projects.secrets.patch", {"name": secret, "updateMask": "annotations"}, changed)


def disable(apis: GoogleApis, secret: str, version: str) -> None:
    """Nobody is given that version any more. `enable` of Secret Manager undoes it."""
    apis.call(API, f"{VERSIONS}.disable", {"name": f"{secret}/versions/{version}"}, {})
