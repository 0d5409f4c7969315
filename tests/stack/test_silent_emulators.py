"""An emulator that is silent for a while is an outage: it ends nothing. Only the end of its process does."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.stack.observe import until
from tests.support.stack.processes import descendants, is_alive, words
from tests.support.stack.running import Running, running

DOCUMENTS = "v1/projects/demo-ondol/databases/(default)/documents/people"
OWNER = {"Authorization": "Bearer owner"}


@pytest.mark.once
def test_a_silent_firestore_emulator_ends_nothing_and_is_kept_once_it_speaks_again(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "firestore") as stack:
        write(stack, "before")
        emulator = java(stack)
        os.kill(emulator, signal.SIGSTOP)
        until(lambda: "were not exported" in said(stack), "an export is given up")
        os.kill(emulator, signal.SIGCONT)
        assert stack.process.poll() is None
        assert is_alive(emulator)
        write(stack, "after")
    with running(tmp_path, "--only", "firestore") as stack:
        assert names(stack) == ["after", "before"]


@pytest.mark.once
def test_a_firestore_emulator_that_dies_ends_the_stack(tmp_path: Path) -> None:
    with running(tmp_path, "--only", "firestore") as stack:
        os.kill(java(stack), signal.SIGKILL)
        assert stack.process.wait(60) == 1


def java(stack: Running) -> int:
    [pid] = [pid for pid in descendants(stack.process.pid) if Path(words(pid)[0]).name == "java"]
    return pid


def said(stack: Running) -> str:
    return (stack.state / "logs/firestore.log").read_text()


def write(stack: Running, name: str) -> None:
    url = f"{stack.at('firestore')}/{DOCUMENTS}?documentId={name}"
    httpx.post(url, json={"fields": {}}, headers=OWNER, timeout=60).raise_for_status()


def names(stack: Running) -> list[str]:
    answer = httpx.get(f"{stack.at('firestore')}/{DOCUMENTS}", headers=OWNER, timeout=60).json()
    return sorted(document["name"].rpartition("/")[2] for document in answer.get("documents", []))
