"""Each function alone, as it is deployed: the archive that is uploaded, its packages in an empty environment, and the
environment of its service; started and called."""

import io
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.deployment import Deployment
from deploy.resources.functions import functions, functions_table
from deploy.source_archive import archive
from deploy.sources import source_of
from local.ports import answers, free_base
from shared.settings import NO_KEY
from tests.support.stack.environment import PROJECT, SETTINGS

UV = Path(sys.executable).with_name("uv")
TABLE = functions_table()
DEPLOYMENT = Deployment(project=PROJECT, number="123456789", region="asia-northeast3")
SERVICES = {each.id: each for each in functions(DEPLOYMENT, TABLE)}


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


@pytest.mark.parametrize("name", TABLE)
def test_a_function_installs_starts_and_answers_as_it_is_deployed(
    name: str, emulators: dict[str, str], install: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / name
    with tarfile.open(fileobj=io.BytesIO(archive(source_of(name))), mode="r:gz") as tar:
        tar.extractall(folder, filter="data")
    programs = install((folder / "requirements.txt").read_text())
    given = {**deployed_environment(name), "FUNCTION_TARGET": name, **emulators}  # the buildpack gives FUNCTION_TARGET
    with started(folder, programs, given) as (url, process):
        # some answer only below their own name
        answer = httpx.post(url + "".join(TABLE[name].get("paths", [])[:1]), json={}, timeout=60)
        used = used_memory(process)
    # who comes without a token is told so by our own code, in the contract's form; who shows a signature and no token,
    # that nothing is sold yet; what anybody may ask is got, and not posted
    others = {
        "stripe-signature": (404, "payments-off"),
        "mail-link": (400, "bad-request"),
        "nothing": (405, "bad-request"),
    }
    status, told = others.get(TABLE[name]["verifies"], (401, "not-signed-in"))
    assert answer.status_code == status
    assert f"https://ondol.dev/problems/{told}".encode() in answer.content
    assert used < memory_of(name) / 2, "the other half is for requests"


def deployed_environment(name: str) -> dict[str, str]:
    """The variables of the function's service, with the tests' keys for its secrets, NO_KEY for those that an operator
    adds, and some text for what the cloud would tell."""
    [container] = SERVICES[f"function {name}"].body["template"]["containers"]
    given = {}
    for each in container["env"]:
        variable = each["name"]
        given[variable] = SETTINGS.get(variable, NO_KEY) if "valueSource" in each else str(each["value"])
    return given


def memory_of(name: str) -> int:
    """Bytes."""
    [container] = SERVICES[f"function {name}"].body["template"]["containers"]
    size, unit = re.fullmatch(r"(\d+)(Mi|Gi)", container["resources"]["limits"]["memory"]).groups()  # type: ignore[union-attr]
    return int(size) * {"Mi": 1 << 20, "Gi": 1 << 30}[unit]


def used_memory(process: subprocess.Popen[bytes]) -> int:
    """Bytes of a process and its children, each shared page once."""
    parent = psutil.Process(process.pid)
    return sum(each.memory_full_info().pss for each in (parent, *parent.children(recursive=True)))


@contextmanager
def started(folder: Path, programs: Path, given: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The function in its folder, as the buildpack has it started, with what it is `given` and nothing else; the URL at
    which it answers, and its process."""
    port = free_base()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PORT": str(port), "HOST": "127.0.0.1", **given}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "functions-framework"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        while not answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/", process
    finally:
        process.terminate()
        process.wait(40)
