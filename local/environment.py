"""The environment of the functions on this machine: what a deployment sets in the cloud, and the local endpoints."""

import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from local import keys
from local.functions import Function
from local.ports import Ports

PROJECT = "demo-ondol"
REGION = "asia-northeast3"
BUCKET = "ondol-state"
IMAGE = "workspace-image"
"""The name of the installed image, in the folder of images that the stack makes in its state."""
IMAGE_FOLDER = "IMAGE_FOLDER"
"""The variable that names another folder than the installed image's: the file system of a built image."""
INVOKER = f"invoker@{PROJECT}.iam.gserviceaccount.com"

STRIPE_KEY = "sk_test_local"
"""The stand-in of Stripe takes any key of test mode."""

NOT_FOR_OPERATORS = ("SLOT_ORIGIN",)
"""Locally a slot's address is what the Cloud Run stand-in says."""

INHERITED = ("HOME", "USER", "LANG", "TZ", "TMPDIR", "JAVA_HOME", "JAVA", "CLOUD_SDK")
"""Variables of the terminal that a process of the stack inherits. A proxy or a credential would mislead the process."""


def base(root: Path) -> dict[str, str]:
    """The environment that every process of the stack starts with."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    # servers such as nginx live in sbin, which is not on an ordinary user's PATH
    path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
    return inherited | {"PATH": path, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}


def image_folder(root: Path) -> Path:
    """The image that containers run here."""
    return root / (os.environ.get(IMAGE_FOLDER) or "build/image")


BACKENDS = ("firestore", "auth", "storage", "tasks", "run_admin", "stripe", "smtp")
"""The emulators and stand-ins that functions call."""


def endpoints(ports: Mapping[str, int]) -> dict[str, str]:
    """The variables that lead the SDKs to the emulators and stand-ins. `ports` has a port for each of BACKENDS."""
    at = {name: f"127.0.0.1:{ports[name]}" for name in BACKENDS}
    return {
        "FIRESTORE_EMULATOR_HOST": at["firestore"],
        "FIREBASE_AUTH_EMULATOR_HOST": at["auth"],
        "STORAGE_EMULATOR_HOST": f"http://{at['storage']}",
        "TASKS_EMULATOR_HOST": f"http://{at['tasks']}",
        "RUN_EMULATOR_HOST": f"http://{at['run_admin']}",
        "STRIPE_EMULATOR_HOST": f"http://{at['stripe']}",
        "SMTP_EMULATOR_HOST": at["smtp"],
    }


def settings(table: Sequence[Function], ports: Ports, secrets: keys.Keys) -> dict[str, str]:
    """Every setting that any function of the `table` is given, an operator's own among them."""
    fixed = {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "REGION": REGION,
        "PAGE_ORIGIN": ports.url("front"),
        "FUNCTIONS_URL": ports.url("gateway") + "/{function}",
        "STATE_BUCKET": BUCKET,
        "SLOT_IMAGE": os.environ.get("SLOT_IMAGE") or IMAGE,
        "SLOT_SERVICE_ACCOUNT": f"slot@{PROJECT}.iam.gserviceaccount.com",
        "STATE_SERVICE_ACCOUNT": f"state@{PROJECT}.iam.gserviceaccount.com",
        "INVOKER_SERVICE_ACCOUNT": INVOKER,
        "SIGNING_KEY": secrets.signing,
        "VERIFYING_KEY": secrets.verifying,
        "WINDOW_KEY": secrets.window,
        "ADDRESS_MARK_KEY": secrets.address_mark,
        "UNSUBSCRIBE_KEY": secrets.unsubscribe,
        "STRIPE_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRET": secrets.stripe_webhook,
    }
    return _operators(table, os.environ, {*fixed, *NOT_FOR_OPERATORS}) | fixed


def of_function(function: Function, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that functions.toml lists for this function. The function's environment has no others."""
    return {name: settings[name] for name in function.settings if name in settings}


def _operators(table: Sequence[Function], environ: Mapping[str, str], others: Container[str]) -> dict[str, str]:
    """The settings that an operator gives to `make up` in the environment. The functions have a default for each."""
    names = {name for function in table for name in function.settings}
    given = {name: environ[name] for name in sorted(names) if name not in others and environ.get(name)}
    if "IDLE_SECONDS" in given and "IDLE_WARNING_SECONDS" not in given:
        # a warning comes before the end: the default of two minutes would not fit a short idle time
        given["IDLE_WARNING_SECONDS"] = str(min(120.0, float(given["IDLE_SECONDS"]) / 2))
    return given
