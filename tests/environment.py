"""What the functions are given in the environment, and `shared` in this process with it."""

import os
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import firebase_admin

from shared.gcp import buckets, identity, run, tasks
from shared.gcp.store.database import database
from shared.settings import settings
from tests.keys import SIGNING_KEY

PROJECT = "demo-ondol"
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "REGION": "asia-northeast3",
    "PAGE_ORIGIN": "http://127.0.0.1:1",
    "FUNCTIONS_URL": "http://127.0.0.1:2",
    "STATE_BUCKET": "ondol-state",
    "SLOT_IMAGE": "workspace-image",
    "SLOT_SERVICE_ACCOUNT": "slot@demo-ondol.iam.gserviceaccount.com",
    "STATE_SERVICE_ACCOUNT": "state@demo-ondol.iam.gserviceaccount.com",
    "INVOKER_SERVICE_ACCOUNT": "invoker@demo-ondol.iam.gserviceaccount.com",
    "SIGNING_KEY": SIGNING_KEY,
}
"""Every setting that has no default."""


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
    if identity._firebase.cache_info().currsize:
        firebase_admin.delete_app(identity._firebase())
    for made_once in (
        settings, database, buckets._client, tasks._client, run._client, identity._certs, identity._firebase
    ):  # fmt: skip
        made_once.cache_clear()
