"""Each function alone, as it is uploaded: its own folder, its packages in an empty environment, started and called."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import pytest

from deploy.stage import stage
from local.functions import Function, load
from local.ports import answers, free_base
from tests.environment import SETTINGS
from tests.running import ROOT

UV = Path(sys.executable).with_name("uv")
FUNCTIONS = load(ROOT)


@pytest.fixture
def emulators(
    firestore_emulator: dict[str, str], auth_emulator: dict[str, str], tasks_standin: dict[str, str]
) -> dict[str, str]:
    return firestore_emulator | auth_emulator | tasks_standin


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes an empty virtual environment with these requirements and nothing else, one for all functions that require
    the same; its programs' folder."""

    @cache
    def made(requirements: str) -> Path:
        folder = tmp_path_factory.mktemp("install")
        wanted, venv = folder / "requirements.txt", folder / "venv"
        wanted.write_text(requirements)
        python = venv / "bin" / "python"
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, venv], check=True, timeout=120)
        into: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", python]
        subprocess.run([*into, "-r", str(wanted)], check=True, timeout=280)
        return venv / "bin"

    return made


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_staged_function_installs_starts_and_answers(
    function: Function, emulators: dict[str, str], install: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / function.name
    stage(function.name, folder)
    programs = install((folder / "requirements.txt").read_text())
    with started(function, folder, programs, emulators) as url:
        status, body = call(function, url)
    if function.trigger == "event":
        assert (status, body) == (200, b"OK")  # a person deleted of whom nothing is known: there is nothing to do
    else:
        assert status == 401  # who comes without a token is told so by our own code, in the contract's form
        assert b"https://ondol.dev/problems/not-signed-in" in body


@contextmanager
def started(function: Function, folder: Path, programs: Path, emulators: dict[str, str]) -> Iterator[str]:
    """The function in its folder, as the cloud starts it. The URL at which it answers."""
    port = free_base()
    command = [str(programs / "functions-framework"), "--target", function.name, "--signature-type", function.signature]
    command += ["--port", str(port), "--host", "127.0.0.1"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **SETTINGS, **emulators}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        while not answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(40)


def call(function: Function, url: str) -> tuple[int, bytes]:
    """Status and body of one call that everybody may make."""
    headers = {"Content-Type": "application/json"}
    body = b"{}"
    if function.trigger == "event":
        headers |= {
            "ce-id": "1",
            "ce-specversion": "1.0",
            "ce-type": "google.firebase.auth.user.v1.deleted",
            "ce-source": "//firebaseauth.googleapis.com/projects/demo-ondol",
            "ce-subject": "users/nobody",
        }
        body = b'{"uid": "nobody", "metadata": {"createdAt": "2026-01-01T00:00:00Z"}}'
    # some answer only below their own name
    answer = httpx.post(url + "".join(function.paths[:1]), content=body, headers=headers, timeout=60)
    return answer.status_code, answer.content
