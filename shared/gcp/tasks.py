"""Cloud Tasks: look at a session when it is due, and run the pool soon.

A task only makes prompt what a record already says. Its name carries the moment that it is for, so that asking twice
for the same look makes one task; a name stays taken for up to a day after its task has run.
"""

import json
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from google.api_core.exceptions import Conflict
from google.cloud import tasks_v2
from google.protobuf import duration_pb2, timestamp_pb2

from shared.gcp import emulators
from shared.gcp.store import clock
from shared.settings import settings

RECLAIM = "reclaim"
BACKGROUND = "background"
BACKGROUND_SECONDS = 1800
"""The longest that Cloud Tasks waits for an answer; the function's own timeout is the same."""
POOL = "pool"
EXPORT = "export"
EXPORT_SECONDS = 900
"""How long one delivery may take; the function's own timeout is the same."""
ERASE = "erase"
ERASE_SECONDS = 60
"""How long one delivery may take; the function's own timeout is the same."""
CALL_SECONDS = 5.0
LATE = timedelta(milliseconds=50)
"""A reminder that came a moment early would find that it is not due yet, and its name already taken."""


@lru_cache(maxsize=1)
def _client() -> tasks_v2.CloudTasksClient:
    return tasks_v2.CloudTasksClient(**emulators.rest_client("TASKS_EMULATOR_HOST"))


def schedule_reclaim_check(sid: str, due: datetime, *, again: str = "") -> None:
    """Have `reclaim` look at the session when it is due. `again` tells a later task for that moment from the first."""
    _create(RECLAIM, f"{sid}-{_moment(due, again)}", {"session": sid}, due + LATE)


def schedule_background_hold(sid: str, seq: int) -> None:
    """Have `background` hold a request open to the session's container. `seq`: the heartbeat after which."""
    _create(BACKGROUND, f"{sid}-{seq}", {"session": sid}, clock.now(), BACKGROUND_SECONDS)


def run_pool(seconds: int = 1) -> None:
    """Have `pool` run at the next full second, or so many of them later: whoever asks within one second shares the run
    that starts after it.

    The second is that of the call, not of the request which makes it: by the end of a long one, a run for the second
    after its beginning may be over, its name taken, and what happened since seen by nobody.
    """
    second = math.floor(clock.now().timestamp()) + seconds
    _create(POOL, f"pool-{second}", {}, datetime.fromtimestamp(second, UTC))


def export_home(wid: str, snapshot: str, now: datetime) -> None:
    """Have `export` put a home together. Whoever asks again within the hour shares the task, with its retries."""
    name = f"{wid}-{snapshot}-{int(now.timestamp() // 3600)}"
    _create(EXPORT, name, {"workspace": wid, "snapshot": snapshot}, now, EXPORT_SECONDS)


def erase_workspace(wid: str, due: datetime, *, again: str = "") -> None:
    """Have `erase` erase a piece of the closed workspace when that is due. `again` as in `schedule_reclaim_check`."""
    _create(ERASE, f"{wid}-{_moment(due, again)}", {"workspace": wid}, due + LATE, ERASE_SECONDS)


def _moment(due: datetime, again: str) -> str:
    return f"{int(due.timestamp() * 1000)}{'-' * bool(again)}{again}"


def _create(function: str, name: str, body: dict[str, Any], when: datetime, seconds: int = 300) -> None:
    config = settings()
    queue = _client().queue_path(config.project, config.region, function)
    url = config.function_url(function)
    schedule = timestamp_pb2.Timestamp()
    schedule.FromDatetime(when)
    task = tasks_v2.Task(
        name=f"{queue}/tasks/{name}",
        schedule_time=schedule,
        dispatch_deadline=duration_pb2.Duration(seconds=seconds),
        http_request=tasks_v2.HttpRequest(
            http_method=tasks_v2.HttpMethod.POST,
            url=url,
            headers={"Content-Type": "application/json"},
            body=json.dumps(body).encode(),
            oidc_token=tasks_v2.OidcToken(service_account_email=config.invoker_service_account, audience=url),
        ),
    )
    with suppress(Conflict):  # this look was asked for before: one name, one task
        _client().create_task(parent=queue, task=task, timeout=CALL_SECONDS)
