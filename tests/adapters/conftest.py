"""`shared.gcp` in this process, against the emulators; each test begins with an empty database."""

from collections.abc import Iterator

import pytest

from tests.support.stack.environment import SETTINGS, environment, forget_documents
from tests.support.stack.patient_clients import patient_clients


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    with patient_clients():
        yield


@pytest.fixture(scope="session")
def firestore(firestore_emulator: dict[str, str]) -> Iterator[dict[str, str]]:
    with environment(SETTINGS | firestore_emulator):
        yield firestore_emulator


@pytest.fixture
def empty_database(firestore: dict[str, str]) -> None:
    forget_documents(firestore["FIRESTORE_EMULATOR_HOST"])
