"""What tests of every kind start once: a whole stack, or one emulator. On free ports, beside whatever else runs."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from xdist.remote import Producer

from tests.chromium import chromium
from tests.lots import ALONE, FILLING, Lots, folder, lot, place
from tests.running import QUICK, SOAK, Running, running

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


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config, "workerinput", {}).get("workerid") == FILLING:
        os.nice(19)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(lot(item)))
        if folder(item) not in ALONE and not SOAK:
            item.add_marker(pytest.mark.flaky(reruns=1))  # docs/decisions/0014-once-more.md
    items.sort(key=place)


def pytest_collection_finish(session: pytest.Session) -> None:
    """A lot that xdist has not heard of is none: its tests go to whoever is free, and all is started twice."""
    if hasattr(session.config, "workerinput"):
        assert all(item.nodeid.endswith(f"@{lot(item)}") for item in session.items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lots:
    return Lots(config, log)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All of Ondol with an empty state and short times, its pool warm."""
    with running(tmp_path_factory.mktemp("stack"), *QUICK, **SHORT) as started:
        yield started


@pytest.fixture(scope="module")  # Playwright keeps an event loop running, and other modules' tests start their own
def browser() -> Iterator[Browser]:
    """One Chromium; every test takes a profile of its own in it."""
    expect.set_options(timeout=30_000)  # a guard against hanging, not a measure: the machine may be busy
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def firestore_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads Google's SDK to a Firestore emulator with our rules."""
    yield from _alone("firestore", "FIRESTORE_EMULATOR_HOST", tmp_path_factory)


@pytest.fixture(scope="session")
def auth_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads Google's SDK to an Auth emulator. Its events reach nobody."""
    yield from _alone("auth", "FIREBASE_AUTH_EMULATOR_HOST", tmp_path_factory)


@pytest.fixture(scope="session")
def storage_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads Google's SDK to fake-gcs-server, with the bucket `ondol-state` in it."""
    yield from _alone("storage", "STORAGE_EMULATOR_HOST", tmp_path_factory)


@pytest.fixture(scope="session")
def tasks_standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads `shared.gcp` to a Cloud Tasks stand-in with our queues."""
    yield from _alone("tasks", "TASKS_EMULATOR_HOST", tmp_path_factory)


def _alone(part: str, variable: str, folders: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with running(folders.mktemp(part), "--only", part) as started:
        yield {variable: started.env[variable]}
