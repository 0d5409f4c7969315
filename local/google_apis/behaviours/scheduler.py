"""Cloud Scheduler's jobs (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs)."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.registry import methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

JOBS = "projects.locations.jobs"
TARGETS = ("appEngineHttpTarget", "httpTarget", "pubsubTarget")


@writing("cloudscheduler.v1", JOBS)
def written(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    if sum(each in body for each in TARGETS) != 1:
        raise ApiError("INVALID_ARGUMENT", f"A job has one of {', '.join(TARGETS)}.")
    _check_schedule(body)
    http = body.get("httpTarget")
    if http is not None:
        http.setdefault("httpMethod", "POST")
        if not http.get("uri", "").startswith(("http://", "https://")):
            raise ApiError("INVALID_ARGUMENT", "httpTarget.uri must begin with http:// or https://.")
        token = http.get("oidcToken")
        if token:
            token.setdefault("audience", http["uri"])
    body.setdefault("timeZone", "Etc/UTC")
    body.setdefault("attemptDeadline", "180s")
    retries = {"retryCount": 0, "maxRetryDuration": "0s", "minBackoffDuration": "5s"}
    defaults: Json = {**retries, "maxBackoffDuration": "3600s", "maxDoublings": 5}
    body["retryConfig"] = {**defaults, **body.get("retryConfig", {})}
    body["state"] = (before or {}).get("state", "ENABLED")
    body["userUpdateTime"] = body["scheduleTime"] = world.now()


@methods("cloudscheduler.v1", f"{JOBS}.pause", f"{JOBS}.resume")
def turn(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    record.body["state"] = "PAUSED" if call.method.action == "pause" else "ENABLED"
    return record.body


def _check_schedule(body: Json) -> None:
    try:
        zone = ZoneInfo(body.get("timeZone", "Etc/UTC"))
        CronSim(body.get("schedule", ""), datetime.now(zone))
    except (CronSimError, ZoneInfoNotFoundError, ValueError) as e:
        raise ApiError("INVALID_ARGUMENT", f"Schedule or time zone is invalid: {e}") from e
