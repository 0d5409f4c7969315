"""`shared.gcp` in this process, against the emulators; each test begins with an empty database."""

import urllib.request
from collections.abc import Iterator

import pytest

from tests.environment import PROJECT, SETTINGS, environment


@pytest.fixture(scope="session")
def firestore(firestore_emulator: dict[str, str]) -> Iterator[dict[str, str]]:
    with environment(SETTINGS | firestore_emulator):
        yield firestore_emulator


@pytest.fixture
def empty_database(firestore: dict[str, str]) -> None:
    host = firestore["FIRESTORE_EMULATOR_HOST"]
    url = f"http://{host}/emulator/v1/projects/{PROJECT}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=20).close()
