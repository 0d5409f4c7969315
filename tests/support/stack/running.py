"""A stack, or some parts of one, started for tests by the very command that people use."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.checkout import ROOT

STARTED: dict[Path, subprocess.Popen[bytes]] = {}
"""Stacks that this process of pytest has started, by their folder: tests/support/stack/failure_logs.py looks into their
logs, and forgets those that have ended."""
READY = "Ondol is ready: "
WITHIN = 240  # seconds; a guard against hanging
QUICK = ("--schedule-every", "4", "--writes-per-minute", "600")
"""Arguments for a stack that does in seconds what its timetable and the Admin API's quota spread over minutes."""
SESSIONS = (
    *("--only", "firestore", "auth", "storage", "tasks", "front", "run", "scheduler"),
    *("login", "allocate", "heartbeat", "release", "reclaim", "background_hold", "pool", "meter"),
)
"""Arguments for a stack in which members open, work and close, and nothing else: a third of what a whole one's start
costs is left out."""
UNLIMITED = {"FIRST_PLAN": "enterprise", "REQUEST_RATE_TIMES": "1000"}
"""What a test is about is seldom what a plan grants, or how often a member asks: its members have no limit, unless it
says so."""
SHORT = {
    "IDLE_SECONDS": "20",
    "IDLE_WARNING_SECONDS": "10",
    "HEARTBEAT_SECONDS": "2",
    "LEASE_SECONDS": "10",
    "CHECKPOINT_SECONDS": "3",
    "OPENING_SECONDS": "30",
    "POOL_MAX": "6",
}
"""Times that let a session end by itself within a test."""


@dataclass(frozen=True)
class Running:
    """A stack that is up. All of it is on 127.0.0.1."""

    url: str
    """the page's origin"""
    ports: Mapping[str, int]
    """by part and function, as local/ports.py names them"""
    env: Mapping[str, str]
    """what the functions are given: settings, and where the emulators are"""
    state: Path
    """its folder; logs are in `logs`"""
    process: subprocess.Popen[bytes]

    def at(self, name: str) -> str:
        """The base URL of a part or a function."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def called_at(self, function: str) -> str:
        """The URL at which tasks, schedules and slots call a function; also the audience of tokens for it."""
        return self.env["FUNCTIONS_URL"].replace("{function}", function.replace("_", "-"))


@contextmanager
def running(state: Path, *arguments: str, **settings: str) -> Iterator[Running]:
    """`python -m local up` on free ports with its state in `state`, ready. `settings` are an operator's, by variable,
    beside UNLIMITED.

    Stopped as by Ctrl-C at the end, and it must then end by itself.
    """
    state.mkdir(parents=True, exist_ok=True)
    output = state / "output"
    command = [sys.executable, "-m", "local", "up", "--no-setup", "--port", "0", "--state", str(state), *arguments]
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | UNLIMITED | settings, stdout=file, stderr=file)
    STARTED[state] = process
    try:
        _await_ready(process, output)
        told = json.loads((state / "stack.json").read_text())
        yield Running(told["url"], told["ports"], told["env"], state, process)
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def _await_ready(process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + WITHIN
    while READY not in output.read_text():
        assert process.poll() is None, f"the stack did not start:\n{output.read_text()}"
        assert time.monotonic() < deadline, f"the stack is not ready:\n{output.read_text()}"
        time.sleep(0.1)
