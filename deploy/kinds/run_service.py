"""Services of Cloud Run. One whose newest revision failed is not as it should be, though its body may be."""

from collections.abc import Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds.collection import Collection
from deploy.reconciler.resource import Resource

SERVICES = Collection(
    title="function", api="run.v2", collection="projects.locations.services", id_parameter="serviceId"
)
STATE = "terminalCondition"
"""The field that says whether the newest revision serves."""
RECONCILING_SECONDS = 300.0
PAUSE = 2.0


class RunService(Struct, frozen=True, kw_only=True):
    """A service, which is read when Cloud Run has made of it what it was told before."""

    title: str = SERVICES.title

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """An earlier run may have been interrupted while a revision was made. Raises TimeoutError where that goes on
        for RECONCILING_SECONDS."""
        waited = 0.0
        while (found := SERVICES.read(apis, resource)) is not None and found.get("reconciling"):
            if waited > RECONCILING_SECONDS:
                raise TimeoutError(f"{resource.id}: Cloud Run still makes a revision after {waited:.0f} s")
            apis.pause(PAUSE)
            waited += PAUSE
        return found

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        SERVICES.create(apis, resource, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        written = dict.fromkeys("template" if name == STATE else name for name in fields)
        parameters = {"name": resource.name, "updateMask": ",".join(written)}
        if STATE in fields:  # the same template makes no revision by itself
            parameters["forceNewRevision"] = "true"
        asked = {name: body[name] for name in written}
        apis.call(SERVICES.api, f"{SERVICES.collection}.patch", parameters, asked)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        SERVICES.delete(apis, resource)

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        failed = live.get(STATE, {}).get("state") == "CONDITION_FAILED"
        return [*SERVICES.differences(body, live), *([STATE] if failed else [])]
