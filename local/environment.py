"""The environment of the functions on this machine: what a deployment sets in the cloud, and the local endpoints."""

import os
from collections.abc import Mapping
from pathlib import Path

from local.ports import Ports

PROJECT = "demo-ondol"
REGION = "asia-northeast3"
BUCKET = "ondol-state"
INVOKER = f"invoker@{PROJECT}.iam.gserviceaccount.com"

OPERATOR = (
    "POOL_WARM",
    "POOL_MAX",
    "POOL_WRITES",
    "SLOT_SESSIONS",
    "FIRST_PLAN",
    "IDLE_SECONDS",
    "BUSY_SECONDS",
    "IDLE_WARNING_SECONDS",
    "QUIET_SECONDS",
    "HOLD_SECONDS",
    "LEASE_SECONDS",
    "HEARTBEAT_SECONDS",
    "CHECKPOINT_SECONDS",
    "OPENING_SECONDS",
    "DRAINING_SECONDS",
    "KEPT_SNAPSHOTS",
    "SWEEP_SECONDS",
    "LEFT_OUT_TIMES",
    "REQUEST_RATE_TIMES",
    "UPLOADS_TIMES",
)
"""Settings that an operator may give to `make up` in the environment; the functions have defaults for all of them."""

INHERITED = ("HOME", "USER", "LANG", "TZ", "TMPDIR", "JAVA_HOME", "JAVA", "CLOUD_SDK")
"""What a process of the stack sees of the terminal's environment. A proxy or a credential would mislead it."""


def base(root: Path) -> dict[str, str]:
    """The environment that every process of the stack starts with."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    # servers such as nginx live in sbin, which is not on an ordinary user's PATH
    path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
    return inherited | {"PATH": path, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}


REACHED = ("firestore", "auth", "storage", "tasks", "run_admin")
"""The emulators and stand-ins that functions call."""


def endpoints(ports: Mapping[str, int]) -> dict[str, str]:
    """Where the emulators and stand-ins answer, or where functions find them: `ports` has one for each of REACHED."""
    at = {name: f"127.0.0.1:{ports[name]}" for name in REACHED}
    return {
        "FIRESTORE_EMULATOR_HOST": at["firestore"],
        "FIREBASE_AUTH_EMULATOR_HOST": at["auth"],
        "STORAGE_EMULATOR_HOST": f"http://{at['storage']}",
        "TASKS_EMULATOR_HOST": f"http://{at['tasks']}",
        "RUN_EMULATOR_HOST": f"http://{at['run_admin']}",
    }


def settings(ports: Ports, signing_key: str) -> dict[str, str]:
    """Every setting that the functions read, with the operator's own among them."""
    fixed = {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "REGION": REGION,
        "PAGE_ORIGIN": ports.url("front"),
        "FUNCTIONS_URL": ports.url("gateway"),
        "STATE_BUCKET": BUCKET,
        "SLOT_IMAGE": "workspace-image",
        "SLOT_SERVICE_ACCOUNT": f"slot@{PROJECT}.iam.gserviceaccount.com",
        "STATE_SERVICE_ACCOUNT": f"state@{PROJECT}.iam.gserviceaccount.com",
        "INVOKER_SERVICE_ACCOUNT": INVOKER,
        "SIGNING_KEY": signing_key,
    }
    return endpoints(ports.all()) | fixed | _operators(os.environ)


def _operators(environ: Mapping[str, str]) -> dict[str, str]:
    given = {name: environ[name] for name in OPERATOR if environ.get(name)}
    if "IDLE_SECONDS" in given and "IDLE_WARNING_SECONDS" not in given:
        # a warning comes before the end: the default of two minutes would not fit a short idle time
        given["IDLE_WARNING_SECONDS"] = str(min(120.0, float(given["IDLE_SECONDS"]) / 2))
    return given
