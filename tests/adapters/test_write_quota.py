"""The Admin API takes so many writes a minute: what is beyond them waits, without an alarm for each."""

import importlib
import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from shared.gcp.engines.cloud_run import NAME, CloudRun
from shared.gcp.engines.registry import engines
from shared.policies import slot_shape
from shared.slots.engine import QuotaSpent, Verb, Write
from tests.support.http_server import Handler, serving
from tests.support.records.factories import a_slot
from tests.support.stack.environment import SETTINGS, environment

QUOTA = 3


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The writes that came to an Admin API whose quota is spent after a few."""
    asked = list[str]()

    class Admin(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(self.path.rpartition("serviceId=")[2].partition("&")[0])
            spent = len(asked) > QUOTA
            error = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded"}}
            content = json.dumps(error if spent else {"name": "operations/1", "done": False}).encode()
            self.send_response(429 if spent else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Admin) as url, environment(SETTINGS | {"RUN_EMULATOR_HOST": url}):
        yield asked


@pytest.fixture
def pool(asked: list[str]) -> ModuleType:
    return importlib.import_module("functions.pool.main")


def writes(count: int) -> list[Write]:
    return [Write(Verb.CREATE, f"ws-{n}", a_slot(f"ws-{n}"), NAME) for n in range(count)]


def test_a_run_stops_at_a_spent_quota_and_tells_it_once(
    asked: list[str], pool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pool.apply_writes(writes(10), engines(pool.verifying_key, pool.shape)) is False
    assert len(asked) == QUOTA + 1, "the first one beyond it is the last that is tried"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [told] = [line for line in lines if line["message"] != "slot-written"]
    assert (told["message"], told["severity"], told["count"]) == ("writes-deferred", "INFO", 7)


def test_a_quota_that_is_not_spent_takes_all(asked: list[str], pool: ModuleType) -> None:
    assert pool.apply_writes(writes(QUOTA), engines(pool.verifying_key, pool.shape)) is True
    assert len(asked) == QUOTA


def test_a_write_beyond_the_quota_is_told_from_one_that_is_refused(asked: list[str]) -> None:
    for write in writes(QUOTA):
        CloudRun("key", slot_shape()).apply(write)
    with pytest.raises(QuotaSpent):
        CloudRun("key", slot_shape()).apply(writes(1)[0])
