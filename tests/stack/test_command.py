"""The command from outside: what it says when it cannot start, and that nothing of it stays behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local.ports import answers, free_base, is_free
from tests.support.checkout import ROOT
from tests.support.stack.observe import until
from tests.support.stack.processes import descendants, function_process, is_alive, kill_function, words
from tests.support.stack.running import Running, running

DOCUMENTS = "v1/projects/demo-ondol/databases/(default)/documents/people"
OWNER = {"Authorization": "Bearer owner"}


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    argv = [sys.executable, "-m", "local", *arguments]
    return subprocess.run(
        argv, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


def write(stack: Running, name: str) -> None:
    url = f"{stack.at('firestore')}/{DOCUMENTS}?documentId={name}"
    httpx.post(url, json={"fields": {}}, headers=OWNER, timeout=60).raise_for_status()


def names(stack: Running) -> list[str]:
    answer = httpx.get(f"{stack.at('firestore')}/{DOCUMENTS}", headers=OWNER, timeout=60).json()
    return sorted(document["name"].rpartition("/")[2] for document in answer.get("documents", []))


def test_a_port_in_use_ends_it_with_one_line_that_names_port_part_holder_and_remedy(tmp_path: Path) -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + 3)):
        ended = command("up", "--no-setup", "--port", str(base), "--state", str(tmp_path))
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert f"port {base + 3}, of storage, is in use by" in line
    assert f"(process {os.getpid()})" in line
    assert line.endswith(f"make up PORT={base + 1000}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.once
def test_a_signal_stops_every_process(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, "--only", "firestore", "storage", "tasks") as stack:
        processes = descendants(stack.process.pid)
        assert len(processes) >= 4  # three parts, one of them with a Java below it
        stack.process.send_signal(number)
        assert stack.process.wait(60) == 0
        assert [pid for pid in processes if is_alive(pid)] == []


@pytest.mark.once
def test_a_killed_command_takes_every_process_with_it_and_loses_no_document(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "firestore", "storage", "tasks") as stack:
        write(stack, "first")
        processes = descendants(stack.process.pid)
        stack.process.kill()
        until(lambda: not any(is_alive(pid) for pid in processes), "every process ends")
    with running(tmp_path, "--only", "firestore") as again:
        assert names(again) == ["first"]
        write(again, "second")
    with running(tmp_path, "--only", "firestore") as once_more:
        assert names(once_more) == ["first", "second"]


@pytest.mark.once
def test_a_part_that_dies_ends_it_with_one_line_that_names_the_part_and_its_log(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "storage", "tasks") as stack:
        (storage,) = [pid for pid in descendants(stack.process.pid) if "fake-gcs" in words(pid)[0]]
        os.kill(storage, signal.SIGKILL)
        assert stack.process.wait(60) == 1
        assert not answers(stack.ports["tasks"])
    last = (tmp_path / "output").read_text().splitlines()[-1]
    assert last == f"Ondol: storage ended by itself with exit code -9; its log: {tmp_path}/logs/storage.log."


@pytest.mark.once
def test_a_function_that_dies_is_started_again_as_the_cloud_replaces_an_instance(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "login") as stack:
        killed = kill_function(stack, "login")
        until(lambda: "login: ready" in since(stack, "login: ended by itself with exit code -9"), "it is ready again")
        assert function_process(stack, "login") != killed
        # what answered may have been a worker of the one that was killed, in the moment before it noticed
        until(lambda: answer(stack, "login") == 401, "it answers")
        assert stack.process.poll() is None


def answer(stack: Running, function: str) -> int | None:
    """Its status for a stranger; None if nobody is there."""
    try:
        return httpx.post(stack.at(function), json={}).status_code
    except httpx.TransportError:
        return None


def since(stack: Running, words: str) -> str:
    """What the command has said after these words."""
    return (stack.state / "output").read_text().partition(words)[2]


@pytest.mark.once
def test_a_function_that_cannot_start_again_ends_it_with_one_line(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "login") as stack, socket.socket() as taken:
        kill_function(stack, "login")
        until(lambda: takes(taken, stack.ports["login"]), "its port is somebody else's")
        assert stack.process.wait(60) == 1
    last = (tmp_path / "output").read_text().splitlines()[-1]
    assert last == f"Ondol: login ended by itself with exit code 1; its log: {tmp_path}/logs/login.log."


def test_settings_that_a_function_refuses_end_it_with_the_line_that_says_what_to_set(tmp_path: Path) -> None:
    refused = pytest.raises(AssertionError, match="the stack did not start")
    with refused, running(tmp_path, "--only", "allocate", SLOT_HOME_MEDIUM="memory"):
        pass
    last = (tmp_path / "output").read_text().splitlines()[-1]
    assert last.startswith("Ondol: allocate did not start: plans sell more storage than a slot's home holds (pro ")
    assert "set SLOT_HOME_MEDIUM to disk" in last
    assert last.endswith(f"; its log: {tmp_path}/logs/allocate.log.")


def takes(taken: socket.socket, port: int) -> bool:
    """Whether `taken` has the port now, without listening on it."""
    try:
        taken.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_functions_reach_a_part_by_a_detour_and_nobody_else_does(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "login", "--via", "firestore=1234", "--via", "storage=4321") as stack:
        given = words(function_process(stack, "login"), "environ")
        assert "FIRESTORE_EMULATOR_HOST=127.0.0.1:1234" in given
        assert "STORAGE_EMULATOR_HOST=http://127.0.0.1:4321" in given
        assert f"TASKS_EMULATOR_HOST={stack.at('tasks')}" in given
        assert stack.env["STORAGE_EMULATOR_HOST"] == stack.at("storage")
    refused = command("up", "--no-setup", "--via", "login=1")
    assert refused.returncode == 2
    assert "login=1" in refused.stderr


def test_one_state_serves_one_stack_and_is_not_forgotten_under_it(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "storage") as stack:
        again = command("up", "--no-setup", "--port", "0", "--state", str(tmp_path))
        assert (again.returncode, again.stdout) == (
            0,
            f"Ondol is already up at {stack.url}. Ctrl-C where it runs stops it.\n",
        )
        forgotten = command("reset", "--state", str(tmp_path))
        assert forgotten.returncode == 1
        assert f"Ondol is already up at {stack.url}" in forgotten.stderr
        told = command("doctor", "--port", str(stack.ports["front"]), "--state", str(tmp_path)).stdout
        assert f"ok     ports               Ondol is already up at {stack.url}" in told


def test_reset_forgets_the_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(state, "--only", "storage"):
        pass
    assert command("reset", "--state", str(state)).returncode == 0
    assert not state.exists()


def test_an_operators_settings_reach_the_functions(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "storage", IDLE_SECONDS="60", POOL_WARM="3") as stack:
        assert (stack.env["IDLE_SECONDS"], stack.env["POOL_WARM"]) == ("60", "3")
        assert float(stack.env["IDLE_WARNING_SECONDS"]) < 60
        assert stack.env["PAGE_ORIGIN"] == stack.url == stack.at("front")
        assert is_free(stack.ports["front"])  # only the parts that were asked for are there


def test_the_signing_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        with running(tmp_path, "--only", "storage") as stack:
            keys.append(stack.env["SIGNING_KEY"])
    assert keys[0] == keys[1]
    assert (tmp_path / "keys/signing.pem").stat().st_mode & 0o077 == 0
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0
