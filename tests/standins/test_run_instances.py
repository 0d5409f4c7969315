"""Instances: when they start, when they have CPU, and when they go; seen from outside."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core import exceptions

from tests.support.stack.processes import is_alive
from tests.support.standins.cloud_run import CloudRun, cloud_run, eventually, name


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudRun]:
    with cloud_run(tmp_path_factory.mktemp("run") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def clock(run: CloudRun) -> Iterator[Path]:
    """The log of a container that always runs: when it has ticked on, any other had time to tick too."""
    made = run.create("clock", container={"resources": {"cpu_idle": False, "limits": {"cpu": "1"}}}, minimum=1)
    yield run.state / "logs" / f"{made.latest_ready_revision.rpartition('/')[2]}-1.log"


def ticks(log: Path, word: str = "tick") -> int:
    return log.read_text().count(f"{word}\n")


def lasted(clock: Path) -> None:
    """Returns when a running container has ticked thirty times."""
    begin = ticks(clock)
    eventually(lambda: ticks(clock) >= begin + 30)


def log_of(run: CloudRun, service_id: str) -> Path:
    found = run.instance(service_id)
    return run.state / "logs" / f"{found['revision']}-{found['number']}.log"


def moves(log: Path, word: str = "tick") -> bool:
    """Returns when the container has ticked on."""
    begin = ticks(log, word)
    return eventually(lambda: ticks(log, word) > begin)


def test_without_a_request_it_stands_still_and_with_a_websocket_it_runs(run: CloudRun, clock: Path) -> None:
    run.create("frozen", minimum=1)
    run.frozen("frozen")
    log = log_of(run, "frozen")
    before = ticks(log)
    lasted(clock)
    assert ticks(log) == before

    with run.tunnel("frozen") as tunnel:
        assert not run.instance("frozen")["frozen"]
        assert moves(log) and moves(log)
        tunnel.sendall(b"hello")
        assert tunnel.recv(100) == b"HELLO"
        assert run.instance("frozen")["open_requests"] == 1
    run.frozen("frozen")


def test_a_connection_that_is_only_kept_alive_counts_for_nothing(run: CloudRun, clock: Path) -> None:
    run.create("idle", minimum=1)
    with run.connection("idle") as connection:
        assert connection.ask("GET", "/").read()
        log = log_of(run, "idle")
        run.frozen("idle")
        before = ticks(log)
        lasted(clock)
        assert ticks(log) == before
        assert connection.ask("GET", "/").status == 200, "the same connection, and the container thaws for it"


def test_an_orphan_does_not_escape_the_freeze(run: CloudRun, clock: Path) -> None:
    run.create("orphans", minimum=1)
    with run.connection("orphans") as connection:
        assert connection.ask("GET", "/orphan").read() == b""
    log = log_of(run, "orphans")
    run.frozen("orphans")
    before = ticks(log, "orphan")
    lasted(clock)
    assert ticks(log, "orphan") == before
    with run.tunnel("orphans"):
        assert moves(log, "orphan")


def test_what_the_member_suspended_stays_suspended(run: CloudRun, clock: Path) -> None:
    run.create("suspended", minimum=1)
    with run.connection("suspended") as connection:
        connection.ask("GET", "/suspended").read()
    run.frozen("suspended")
    log = log_of(run, "suspended")
    before = ticks(log, "suspended")
    with run.tunnel("suspended"):
        lasted(clock)
        assert ticks(log, "suspended") == before


def test_cpu_is_always_there_when_the_template_names_resources_without_idle(run: CloudRun, clock: Path) -> None:
    assert moves(clock) and moves(clock)
    assert not run.instance("clock")["frozen"]


def test_a_cold_service_starts_with_the_first_request_and_goes_when_idle(tmp_path: Path) -> None:
    with cloud_run(tmp_path / "state", "--idle-seconds", "0.2") as run:
        run.create("cold")
        eventually(lambda: not run.instances("cold"))
        first = run.about("cold")["boot"]
        with run.tunnel("cold") as tunnel:
            warm = run.about("cold")["boot"]
            tunnel.sendall(b"x")
            assert tunnel.recv(1) == b"X"
        eventually(lambda: not run.instances("cold"))
        assert run.about("cold")["boot"] not in (first, warm)


def test_requests_that_come_at_once_share_one_cold_start(tmp_path: Path) -> None:
    with cloud_run(tmp_path / "state", "--idle-seconds", "0.2") as run:
        run.create("shared")
        eventually(lambda: not run.instances("shared"))
        with run.connection("shared") as one, run.connection("shared") as two:
            for connection in (one, two):
                connection.putrequest("GET", "/", skip_host=True)
                connection.putheader("Host", "shared.localhost")
                connection.endheaders()
            assert one.getresponse().read()[:20] == two.getresponse().read()[:20]


@pytest.mark.parametrize("how", ["killed", "by itself"])
def test_a_container_that_ends_is_replaced(run: CloudRun, how: str) -> None:
    service_id = f"replaced-{how.split()[0]}"
    run.create(service_id, minimum=1)
    before = run.instance(service_id)
    if how == "killed":
        os.kill(before["pid"], signal.SIGKILL)
    else:
        with run.connection(service_id) as connection:
            assert connection.ask("GET", "/exit").status == 503
    eventually(lambda: any(i["number"] == 2 and i["serving"] for i in run.instances(service_id)))
    assert run.about(service_id)["env"]["K_REVISION"] == before["revision"]
    assert run.get(service_id).generation == 1


def test_a_rollover_lets_open_requests_go_on_until_the_old_container_ends(run: CloudRun) -> None:
    made = run.create("rolling", minimum=1, env={"STUBBORN": "yes"})
    old = run.instance("rolling")
    with run.tunnel("rolling") as tunnel:
        after = run.update("rolling", "template")
        assert after.latest_ready_revision != made.latest_ready_revision
        eventually(lambda: "SIGTERM" in run.log(old["revision"]))
        tunnel.sendall(b"still here")
        assert tunnel.recv(100) == b"STILL HERE"
        assert run.about("rolling")["env"]["K_REVISION"] != old["revision"]
        os.kill(old["pid"], signal.SIGKILL)
        assert tunnel.recv(100) == b"", "the container's end ends its WebSockets"


def test_a_container_that_does_not_end_in_its_grace_is_killed(tmp_path: Path) -> None:
    with cloud_run(tmp_path / "state", "--grace-seconds", "0.5") as run:
        run.create("stubborn", minimum=1, env={"STUBBORN": "yes"})
        old = run.instance("stubborn")
        run.update("stubborn", "template")
        eventually(lambda: all(i["pid"] != old["pid"] for i in run.instances("stubborn")))
        assert not Path(f"/proc/{old['pid']}").exists()
        assert "SIGTERM" in run.log(old["revision"])


def test_a_revision_has_the_time_that_its_startup_probe_grants(run: CloudRun) -> None:
    probe = {"startup_probe": {"http_get": {"path": "/silence"}, "period_seconds": 1, "failure_threshold": 1}}
    with pytest.raises(exceptions.FailedPrecondition, match="It had 1 seconds"):
        run.create("deaf", container=probe)
    assert not run.instances("deaf")
    ready = {"startup_probe": {"http_get": {"path": "/"}, "period_seconds": 10, "failure_threshold": 3}}
    assert run.update("deaf", "template", container=ready).uri
    assert run.services.get_service(name=name("deaf")).generation == 2


def test_no_container_outlives_a_stand_in_that_was_killed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with cloud_run(state) as run:
        run.create("orphaned", minimum=1)
        found = run.frozen("orphaned")
        parent = int(Path(f"/proc/{found['pid']}/stat").read_text().rpartition(")")[2].split()[1])
        stand_in = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(stand_in, signal.SIGKILL)
        eventually(lambda: not is_alive(found["pid"]))
