"""Cold starts: the import and the first real answer of functions, beside the bare import of their SDKs."""

import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from bench import function
from bench.report import Beside, Figure
from bench.rig import Rig
from local.functions import Function, load
from local.parts import Part
from shared.sessions.tokens import Signer
from tests.support.checkout import ROOT
from tests.support.members.person import Person
from tests.support.records.factories import a_session
from tests.support.stack.google_clients import invoker_token
from tests.support.stack.running import Running, running

MODULES = {
    "functions-framework": "functions_framework",
    "google-cloud-firestore": "google.cloud.firestore",
    "google-cloud-run": "google.cloud.run_v2",
    "google-cloud-storage": "google.cloud.storage",
    "google-cloud-tasks": "google.cloud.tasks_v2",
    "firebase-admin": "firebase_admin.auth",
    "google-auth": "google.auth",
    "PyJWT[crypto]": "jwt, cryptography.hazmat.primitives.serialization",
    "msgspec": "msgspec",
    "httpcore": "httpcore",
    "jinja2": "jinja2",
    "opentelemetry-api": "opentelemetry.trace.propagation.tracecontext",
    "stripe": "stripe",
    "tzdata": "tzdata",
    "xlsxwriter": "xlsxwriter",
    "zstandard": "zstandard",
}
"""The modules to import of each package that functions/functions.toml names."""
SID = "s-00000000000000000000"
MEASURED = ("login", "allocate", "release", "heartbeat", "reclaim", "pool")
"""Functions for which a member waits at Open and Stop, and those that keep a session and the pool."""
TIMES = 5
PARTS = ("firestore", "auth", "storage", "tasks", "run")


def measure(rig: Rig) -> list[Figure]:
    with running(rig.folder / "cold-starts", "--only", *PARTS, POOL_WARM="0", POOL_MAX="0") as emulators:
        return [figure for one in load(ROOT) if one.name in MEASURED for figure in _figures(rig, emulators, one)]


def _figures(rig: Rig, emulators: Running, one: Function) -> list[Figure]:
    """Measures the bare SDKs, the import and the first answer by turns."""
    bare = f"import {', '.join(MODULES[name] for name in one.requires)}"
    part = function.part(one.name, rig.folder / "cold", emulators.env)
    request = _request(emulators, one)
    samples: dict[str, list[float]] = {"bare": [], "import": [], "answer": []}
    for _ in range(rig.times(TIMES)):
        samples["bare"].append(_python(part, bare))
        samples["import"].append(_python(part, "import main"))
        samples["answer"].append(_first_answer(rig, part, request))
    beside = Beside("bare SDKs", samples["bare"])
    return [
        Figure(f"Cold start: {one.name}, import", "s", samples["import"], beside, aim="1.2 times"),
        Figure(f"Cold start: {one.name}, first answer", "s", samples["answer"], beside, aim="1.2 times"),
    ]


def _python(part: Part, program: str) -> float:
    """Seconds that a fresh interpreter takes for `program`, its end not counted."""
    command = [sys.executable, "-c", f"{program}; import os; os._exit(0)"]
    started = time.monotonic()
    subprocess.run(command, env=function.environment_of(part), check=True)
    return time.monotonic() - started


def _first_answer(rig: Rig, part: Part, request: Mapping[str, Any]) -> float:
    """Seconds from the start of the process to its first answer. Raises RuntimeError for an unexpected answer."""
    with httpx.Client(timeout=60) as http:
        started = time.monotonic()
        with function.started(part, rig.folder / "cold.log") as process:
            answer = http.post(function.until_listening(part, process), **request)
            took = time.monotonic() - started
    if answer.status_code not in (200, 202, 409, 503):
        raise RuntimeError(f"{part.name} answered {answer.status_code}: {answer.text}")
    return took


def _request(emulators: Running, one: Function) -> dict[str, Any]:
    """A real request for the function, with a valid token, about records that do not exist."""
    body: dict[str, Any] = {}
    if one.browser:
        token = Person(emulators, "cold").token
        body = {"session": SID} if one.name == "release" else {}
    elif one.name == "heartbeat":
        session = a_session()
        token = Signer(emulators.env["SIGNING_KEY"]).attach(session, datetime.now(UTC))
        body = {"kind": "hello", "session": session.sid, "epoch": session.epoch, "boot": session.boot}
    else:
        token = invoker_token(emulators, one.name)
        body = {"session": SID} if one.name == "reclaim" else {}
    return {"json": body, "headers": {"Authorization": f"Bearer {token}"}}
