"""What a background hold costs, counted: `shared.economics` counts with the same figures."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from shared.economics.quantities import USES, Event
from shared.gcp import tasks
from shared.gcp.operation_counts import counted
from shared.gcp.store.sessions import commit_session, read_session
from tests.adapters.costed_sessions import BEAT, function, in_use, lowest
from tests.support.http_server import Handler, serving
from tests.support.records.factories import BOOT
from tests.support.stack.environment import SETTINGS
from tests.support.stack.google_clients import delete_tasks

pytestmark = pytest.mark.usefixtures("all_services")


@pytest.fixture
def url() -> Iterator[str]:
    """A container that holds a request until its time is over, which takes no time here."""

    class Requests(Handler):
        def do_POST(self) -> None:
            self.take_body()
            self.answer_json({"boot": BOOT, "why": "time"})

    with serving(Requests) as url:
        yield url


def test_a_job_goes_on_without_a_browser(url: str) -> None:
    """A hold of the whole length, which schedules the next one."""
    now = datetime.now(UTC)
    opened = in_use("u-1", "pro", now - 4 * BEAT, url)
    found = read_session(opened.sid)
    assert found is not None
    busy = replace(found.record, connected=False, seen=now - BEAT / 2, signals={"editor": opened.seen, "process": now})
    commit_session(found, busy)
    hold = function("background_hold")
    with counted() as cost:
        answer = inspect.unwrap(hold.background_hold)("", hold.HoldRequest(opened.sid), now)
    assert answer.outcome == "time"
    queue = tasks.tasks_client().queue_path(SETTINGS["GOOGLE_CLOUD_PROJECT"], SETTINGS["REGION"], "background-hold")
    assert delete_tasks(tasks.tasks_client(), queue, opened.sid) == 1, "the next hold is scheduled"
    assert cost == lowest(USES[Event.HOLD])
