"""Cloud Build's triggers, whose ids Google makes up; `name` is the operator's
(https://cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.triggers)."""

import re

from local.api_error import ApiError
from local.google_apis import operations
from local.google_apis.behaviours.images import BUILDS
from local.google_apis.documents import Json
from local.google_apis.registry import methods
from local.google_apis.standard import resource_in
from local.google_apis.state import Record
from local.google_apis.world import Call, World

TRIGGERS = "projects.locations.triggers"


@methods("cloudbuild.v1", f"{TRIGGERS}.create")
def create(world: World, call: Call) -> Json:
    body, _mask = resource_in(call)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]", body.get("name", "")):
        raise ApiError("INVALID_ARGUMENT", f"A trigger can't be called {body.get('name')}.")
    if not body.get("serviceAccount"):
        raise ApiError("INVALID_ARGUMENT", "A trigger of a project without the old service account needs one.")
    others = [each.body for each in world.state.resources.values() if each.kind == TRIGGERS]
    if any(each["name"] == body["name"] for each in others):
        raise ApiError("ALREADY_EXISTS", f"There is a trigger {body['name']}.")
    unique = world.uuid()
    name = f"{call.name}/{unique}"
    made = {**body, "id": unique, "resourceName": world.by_id(name), "createTime": world.now()}
    record = Record(api="cloudbuild.v1", kind=TRIGGERS, collection=call.name, body=made)
    world.keep(BUILDS, name, record)
    return operations.show(world, call.kind, name, record)
