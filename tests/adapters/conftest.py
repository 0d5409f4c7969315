"""`shared.gcp` in this process, against the emulators; each test begins with an empty database."""

import urllib.request
from collections.abc import Iterator

import pytest

from tests.environment import environment
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


@pytest.fixture(scope="session")
def firestore(firestore_emulator: dict[str, str]) -> Iterator[dict[str, str]]:
    with environment(SETTINGS | firestore_emulator):
        yield firestore_emulator


@pytest.fixture
def empty_database(firestore: dict[str, str]) -> None:
    host = firestore["FIRESTORE_EMULATOR_HOST"]
    url = f"http://{host}/emulator/v1/projects/{PROJECT}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=20).close()
