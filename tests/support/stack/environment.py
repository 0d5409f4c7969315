"""What the functions are given in the environment, and `shared` in this process with it."""

import os
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import firebase_admin

from shared.gcp import buckets, identity, tasks
from shared.gcp.engines import cloud_run
from shared.gcp.store.database import database
from shared.settings import settings
from tests.support.records.factories import IMAGE
from tests.support.records.keys import SIGNING_KEY, VERIFYING_KEY

PROJECT = "demo-ondol"
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "REGION": "asia-northeast3",
    "PAGE_ORIGIN": "http://127.0.0.1:1",
    "FUNCTIONS_URL": "http://127.0.0.1:2/{function}",
    "STATE_BUCKET": "ondol-state",
    "SLOT_IMAGE": IMAGE,
    "SLOT_SERVICE_ACCOUNT": "slot@demo-ondol.iam.gserviceaccount.com",
    "STATE_SERVICE_ACCOUNT": "state@demo-ondol.iam.gserviceaccount.com",
    "INVOKER_SERVICE_ACCOUNT": "invoker@demo-ondol.iam.gserviceaccount.com",
    "SIGNING_KEY": SIGNING_KEY,
    "VERIFYING_KEY": VERIFYING_KEY,
    "WINDOW_KEY": "the key of the tests' windows' keys",
    "ADDRESS_MARK_KEY": "the key of the tests' address marks",
    "UNSUBSCRIBE_KEY": "the key of the links in the tests' mails",
}
"""Every setting that has no default."""


def called_at(function: str) -> str:
    """The URL at which a function is called that has these settings."""
    return SETTINGS["FUNCTIONS_URL"].replace("{function}", function.replace("_", "-"))


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set them, and leave the environment as it was. `shared` makes its clients anew on both occasions."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    _forget_clients()
    try:
        yield
    finally:
        _forget_clients()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def forget_documents(host: str) -> None:
    """Empty the database of the Firestore emulator at `host`."""
    url = f"http://{host}/emulator/v1/projects/{PROJECT}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=20).close()


def _forget_clients() -> None:
    if identity.firebase_app.cache_info().currsize:
        firebase_admin.delete_app(identity.firebase_app())
    for made_once in (
        settings,
        database,
        buckets.storage_client,
        tasks.tasks_client,
        cloud_run.services_client,
        cloud_run.http_session,
        identity.google_keys,
        identity.firebase_app,
    ):
        made_once.cache_clear()
