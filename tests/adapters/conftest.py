"""`shared.gcp` in this process, against the emulators; each test begins with an empty database."""

from collections.abc import Iterator

import pytest

from shared.request_rates import BUCKETS
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


@pytest.fixture
def people_call(empty_database: None, tasks_standin: dict[str, str], auth_emulator: dict[str, str]) -> Iterator[None]:
    """Functions that people call can be called in this process: queues and sign-ins are there, and nobody has called
    any function yet."""
    BUCKETS.clear()
    with environment(tasks_standin | auth_emulator):
        yield


@pytest.fixture
def all_services(
    empty_database: None,
    storage_emulator: dict[str, str],
    tasks_standin: dict[str, str],
    auth_emulator: dict[str, str],
) -> Iterator[None]:
    """Every function can be called in this process."""
    with environment(SETTINGS | storage_emulator | tasks_standin | auth_emulator):
        yield
