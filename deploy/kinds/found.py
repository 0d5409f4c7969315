"""Resources whose names Google chooses: ours is the one in its parent's list that is what the table wants."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.discovery import method
from deploy.google_apis.refusals import NotFound
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource


class Found(Struct, frozen=True, kw_only=True):
    """Google's standard methods on a list. The row's name is the parent's. A run that was interrupted after it made one
    finds it again by what it is."""

    title: str
    api: str
    collection: str
    items: str
    """The field of the list's answer that has the resources."""
    known_by: Sequence[str]
    """The fields of the body that tell ours from the others of the same parent. They never change."""
    asked: Mapping[str, str] = {}
    """Parameters of the list beside its parent."""
    parent: str = "parent"
    """The parameter of `list` and `create` that takes the parent's name."""

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        wanted = {name: resource.body[name] for name in self.known_by}
        parameters = {self.parent: resource.name, **self.asked}
        found = listed(apis, self.api, f"{self.collection}.list", parameters, self.items)
        return next((each for each in found if self.is_same(wanted, each)), None)

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        apis.call(self.api, f"{self.collection}.create", {self.parent: resource.name}, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        parameters = {"name": self._name(apis, resource), "updateMask": ",".join(fields)}
        apis.call(self.api, f"{self.collection}.patch", parameters, {name: body[name] for name in fields})

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        apis.call(self.api, f"{self.collection}.delete", {"name": self._name(apis, resource)})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        changeable = {name: value for name, value in body.items() if name not in self.known_by}
        return difference.differences(changeable, live)

    def is_same(self, wanted: Json, live: Json) -> bool:
        """Whether `live` is the resource that has the fields `wanted`."""
        return wanted.keys() <= live.keys() and not difference.differences(wanted, live)

    def _name(self, apis: GoogleApis, resource: Resource) -> str:
        found = self.read(apis, resource)
        if found is None:
            raise NotFound(f"{resource.id} does not exist any more")
        name: str = found["name"]
        return name


def listed(apis: GoogleApis, api: str, name: str, parameters: Mapping[str, str], items: str) -> Iterator[Json]:
    """Every resource of a list, of all its pages; none where the parent does not exist."""
    token = ""
    while True:
        asked = {**parameters, "pageToken": token} if token else dict(parameters)
        try:
            page = apis.call(api, name, asked)
        except NotFound:
            return
        yield from page.get(items, [])
        token = page.get("nextPageToken", "")
        if not token or "pageToken" not in method(api, name).parameters:
            return
