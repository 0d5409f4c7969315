"""Cloud Tasks: check sessions when they are due, run the pool soon, export and erase, ask about payers, send mails.

A task only makes prompt what a record already says. A task's name contains the time that it is for, so that two
requests for the same check make one task. A name stays taken for up to a day after its task has run.
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

from shared import traces
from shared.gcp import emulators
from shared.gcp.store import clock
from shared.settings import LONGEST_TASK_SECONDS, settings

RECLAIM = "reclaim"
BACKGROUND_HOLD = "background_hold"
POOL = "pool"
EXPORT = "export"
EXPORT_SECONDS = 900
"""How long one delivery may take; the function's own timeout is the same."""
ERASE = "erase"
ERASE_SECONDS = 60
"""How long one delivery may take; the function's own timeout is the same."""
PAYER = "payer"
PAYER_SECONDS = 120
"""How long one delivery may take; the function's own timeout is the same."""
MAIL = "mail"
MAIL_SECONDS = 180
"""How long one delivery may take; the function's own timeout is the same."""
CALL_SECONDS = 5.0
LATE = timedelta(milliseconds=50)
"""Tasks come this much late. A task that came a moment early would find nothing due, and its name would be taken
already."""


@lru_cache(maxsize=1)
def tasks_client() -> tasks_v2.CloudTasksClient:
    return tasks_v2.CloudTasksClient(**emulators.rest_client("TASKS_EMULATOR_HOST"))


def schedule_reclaim_check(sid: str, due: datetime, *, again: str = "") -> None:
    """Schedules `reclaim` for the session's due time. `again` distinguishes a further task for the same time from the
    first."""
    _create(RECLAIM, f"{sid}-{_moment(due, again)}", {"session": sid}, due + LATE)


def schedule_background_hold(sid: str, seq: int) -> None:
    """Schedules `background_hold` for the session. `seq`: the heartbeat that made the hold necessary."""
    _create(BACKGROUND_HOLD, f"{sid}-{seq}", {"session": sid}, clock.now(), LONGEST_TASK_SECONDS)


def run_pool(seconds: int = 1, *, audit: bool = False) -> None:
    """Schedules a run of `pool` over the unsettled slots, or over all for an `audit`, at the next full second or
    `seconds` later. All requests within one second share the run that starts after it.

    The second is that of this call, not of the request that makes it. By the end of a long request, the run of the
    second after its beginning may be over: then its name is taken, and no run would see what happened since.
    """
    second = math.floor(clock.now().timestamp()) + seconds
    name = f"pool-audit-{second}" if audit else f"pool-{second}"
    _create(POOL, name, {"audit": audit}, datetime.fromtimestamp(second, UTC))


def export_home(wid: str, snapshot: str, now: datetime) -> None:
    """Schedules `export`. Requests within the same hour share one task and its retries."""
    name = f"{wid}-{snapshot}-{int(now.timestamp() // 3600)}"
    _create(EXPORT, name, {"workspace": wid, "snapshot": snapshot}, now, EXPORT_SECONDS)


def erase_workspace(wid: str, due: datetime, *, again: str = "") -> None:
    """Schedules `erase` for the closed workspace's due time. `again` as in `schedule_reclaim_check`."""
    _create(ERASE, f"{wid}-{_moment(due, again)}", {"workspace": wid}, due + LATE, ERASE_SECONDS)


def ask_about_customer(customer: str) -> None:
    """Schedules `payer` for whoever is this customer at the payment provider, at the next full second. All events of
    one second share the question that is asked after it; the second is chosen as in `run_pool`."""
    _ask(customer, {"customer": customer})


def ask_about_billing(bid: str) -> None:
    """Schedules `payer` for who pays for this billing account, at the next full second."""
    _ask(bid, {"billing": bid})


def _ask(about: str, body: dict[str, Any]) -> None:
    second = math.floor(clock.now().timestamp()) + 1
    _create(PAYER, f"{about}-{second}", body, datetime.fromtimestamp(second, UTC), PAYER_SECONDS)


def send_mail(name: str, due: datetime) -> None:
    """Schedules `mail` for the time at which the mail is due."""
    _create(MAIL, f"{name}-{_moment(due, '')}", {"mail": name}, due + LATE, MAIL_SECONDS)


def _moment(due: datetime, again: str) -> str:
    return f"{int(due.timestamp() * 1000)}{'-' * bool(again)}{again}"


def _create(function: str, name: str, body: dict[str, Any], when: datetime, seconds: int = 300) -> None:
    config = settings()
    queue = tasks_client().queue_path(config.project, config.region, function.replace("_", "-"))
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
            headers={"Content-Type": "application/json", **traces.headers()},
            body=json.dumps(body).encode(),
            oidc_token=tasks_v2.OidcToken(service_account_email=config.invoker_service_account, audience=url),
        ),
    )
    with suppress(Conflict):  # this check was scheduled before under the same name
        tasks_client().create_task(parent=queue, task=task, timeout=CALL_SECONDS)
