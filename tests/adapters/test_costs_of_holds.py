"""What a background hold costs, counted: `shared.economics` counts with the same figures."""

import inspect
import json
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

pytestmark = pytest.mark.usefixtures("all_services")


@pytest.fixture
def url() -> Iterator[str]:
    """A container that holds a request until its time is over, which takes no time here."""

    class Requests(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = json.dumps({"boot": BOOT, "why": "time"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Requests) as url:
        yield url


def test_a_job_goes_on_without_a_browser(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold of the whole length, which schedules the next one."""
    now = datetime.now(UTC)
    opened = in_use("u-1", "pro", now - 4 * BEAT, url)
    found = read_session(opened.sid)
    assert found is not None
    busy = replace(found.record, connected=False, seen=now - BEAT / 2, signals={"editor": opened.seen, "process": now})
    commit_session(found, busy)
    scheduled = list[str]()
    monkeypatch.setattr(tasks, "schedule_background_hold", lambda sid, _seq: scheduled.append(sid))
    hold = function("background_hold")
    with counted() as cost:
        answer = inspect.unwrap(hold.background_hold)("", hold.HoldRequest(opened.sid), now)
    assert (answer.outcome, scheduled) == ("time", [opened.sid])
    assert cost == lowest(USES[Event.HOLD])
