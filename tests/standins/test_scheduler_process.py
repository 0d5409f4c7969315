"""The Cloud Scheduler stand-in as a process: it calls what is due, by a clock that the test moves."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import jwt
import pytest

from local.oidc import Issuer
from tests.support.standins.process import free_port, python, running
from tests.support.standins.target import Received, Target

EMAIL = "invoker@demo.iam.gserviceaccount.com"
TABLE = """
[pool]
timeout = 60
schedule = "0 3 1 1 *"

[meter]
timeout = 60
schedule = "0 4 1 1 *"
"""


@contextlib.contextmanager
def scheduler(folder: Path, target: Target, *options: object) -> Iterator[httpx.Client]:
    """A client of a scheduler whose jobs call `target`."""
    port = free_port()
    table = folder / "functions.toml"
    table.write_text(TABLE)
    arguments = ["--port", port, "--oidc-key", folder / "oidc.pem", "--functions-url", f"{target.url}/{{function}}"]
    argv = python("-m", "local.scheduler", *arguments, "--table", table, "--invoker", EMAIL, *options)
    with (
        running(argv, folder / "scheduler.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}/_standin", timeout=60) as client,
    ):
        yield client


@pytest.fixture
def target() -> Iterator[Target]:
    with Target.serving() as target:
        yield target


def test_a_job_that_is_run_by_hand_calls_with_a_token_for_its_address(tmp_path: Path, target: Target) -> None:
    with scheduler(tmp_path, target) as client:
        assert client.post("/run/pool").json() == {"status": 200}
        assert client.get("/jobs").json()["jobs"]["pool"]["status"] == 200
    [received] = target.received
    assert received.path == "/pool"
    assert received.headers["X-CloudScheduler-JobName"] == "pool"
    assert received.headers["User-Agent"] == "Google-Cloud-Scheduler"
    token = received.headers["Authorization"].removeprefix("Bearer ")
    [key] = jwt.PyJWKSet.from_dict(Issuer.load(tmp_path / "oidc.pem").certs()).keys
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience=f"{target.url}/pool", issuer="https://accounts.google.com"
    )
    assert claims["email"] == EMAIL


def test_moving_the_clock_runs_what_came_due_once(tmp_path: Path, target: Target) -> None:
    with scheduler(tmp_path, target) as client:
        jobs = client.get("/jobs").json()
        assert jobs["jobs"]["meter"]["due"] - jobs["jobs"]["pool"]["due"] == 3600
        ahead = jobs["jobs"]["pool"]["due"] - jobs["now"]
        assert client.post("/advance", json={"seconds": ahead - 60}).json()["ran"] == {}
        assert client.post("/advance", json={"seconds": 61}).json()["ran"] == {"pool": 200}
        moved = client.post("/advance", json={"seconds": 10 * 366 * 86400}).json()
        assert moved["ran"] == {"pool": 200, "meter": 200}
        assert client.get("/jobs").json()["now"] >= moved["now"]
    assert [received.path for received in target.received].count("/pool") == 2


def test_an_interval_brings_run_after_run(tmp_path: Path, target: Target) -> None:
    with scheduler(tmp_path, target, "--every", "0.1"):
        paths = {received.path for received in target.wait_for(6)}
    assert paths == {"/pool", "/meter"}


def test_a_function_that_fails_or_is_not_there_is_told_and_called_again(tmp_path: Path, target: Target) -> None:
    target.answer = lambda _: 503
    with scheduler(tmp_path, target) as client:
        assert client.post("/run/pool").json() == {"status": 503}
        target.answer = lambda _: 200
        assert client.post("/run/pool").json() == {"status": 200}
    with Target.serving() as gone:
        pass
    with scheduler(tmp_path, gone) as client:
        assert client.post("/run/pool").json() == {"status": None}


def test_a_job_never_runs_twice_at_once(tmp_path: Path, target: Target) -> None:
    calls = threading.Semaphore(1)
    overlaps = []

    def answer(received: Received) -> int:
        if not calls.acquire(blocking=False):
            overlaps.append(received)
            return 200
        threading.Event().wait(0.05)  # long enough for a second call to show
        calls.release()
        return 200

    target.answer = answer
    with scheduler(tmp_path, target) as client, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post("/run/pool").json(), range(4)))
    assert answers == [{"status": 200}] * 4
    assert len(target.received) == 4
    assert not overlaps


def test_what_makes_no_sense_is_refused(tmp_path: Path, target: Target) -> None:
    with scheduler(tmp_path, target) as client:
        unknown = client.post("/run/login")
        assert (unknown.status_code, unknown.text) == (404, "No such job. There are: pool, meter.")
        for body in (b"", b"[]", b'{"seconds": -1}', b'{"seconds": "soon"}', b'{"seconds": NaN}'):
            assert client.post("/advance", content=body).status_code == 400
