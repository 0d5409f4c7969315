"""Cloud Tasks' queues (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues)."""

from datetime import datetime, timedelta

from local.api_error import ApiError
from local.google_apis import masks
from local.google_apis.documents import Json
from local.google_apis.registry import deleting, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

QUEUES = "projects.locations.queues"
TOMBSTONE = timedelta(days=3)
"""How long the name of a deleted queue can't be used again: the description of `queues.delete` says up to 3 days."""
RATES: Json = {"maxDispatchesPerSecond": 500, "maxBurstSize": 100, "maxConcurrentDispatches": 1000}
RETRIES: Json = {"maxAttempts": 100, "minBackoff": "0.100s", "maxBackoff": "3600s", "maxDoublings": 16}


@writing("cloudtasks.v2", QUEUES)
def written(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    gone = world.state.deleted.get(f"{call.host}/{name}")
    if before is None and gone and datetime.fromisoformat(world.now()) - datetime.fromisoformat(gone) < TOMBSTONE:
        message = "The queue cannot be created because a queue with this name existed too recently."
        raise ApiError("FAILED_PRECONDITION", message)
    body["rateLimits"] = masks.merged(RATES, body.get("rateLimits", {}))
    body["retryConfig"] = masks.merged(RETRIES, body.get("retryConfig", {}))
    body["state"] = (before or {}).get("state", "RUNNING")
    if not 0 < body["rateLimits"]["maxDispatchesPerSecond"] <= 500:
        raise ApiError("INVALID_ARGUMENT", "maxDispatchesPerSecond is above 0 and at most 500.")
    if body["rateLimits"]["maxConcurrentDispatches"] > 5000:
        raise ApiError("INVALID_ARGUMENT", "maxConcurrentDispatches is at most 5000.")


@deleting("cloudtasks.v2", QUEUES)
def deleted(world: World, call: Call, name: str, record: Record) -> None:
    world.state.deleted[f"{call.host}/{name}"] = world.now()


@methods("cloudtasks.v2", f"{QUEUES}.pause", f"{QUEUES}.resume")
def turn(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    record.body["state"] = "PAUSED" if call.method.action == "pause" else "RUNNING"
    return record.body


@methods("cloudtasks.v2", f"{QUEUES}.purge")
def purge(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    record.body["purgeTime"] = world.now()
    return record.body
