"""What tests of every kind start once: a whole stack, or one emulator. On free ports, beside whatever else runs."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect
from xdist.remote import Producer

from local.environment import IMAGE_FOLDER
from tests.support.browser.chromium import PROGRAM, WITHOUT_WINDOWS, chromium
from tests.support.left_processes import LeftProcesses
from tests.support.scheduling import (
    FILLER,
    GIVES_WAY_SECONDS,
    NEED_NO_CONTAINER,
    GroupScheduling,
    group_of,
    position,
    suite_of,
)
from tests.support.second_tries import SecondTries, check_mark, may_try_again
from tests.support.shared_by_group import SHARED, SharedByGroup
from tests.support.slowest import Slowest
from tests.support.soak_marks import check_soak_mark
from tests.support.stack.failure_logs import FailureLogs
from tests.support.stack.running import QUICK, SHORT, Running, running

collect_ignore = [] if os.environ.get(IMAGE_FOLDER) else ["image"]
"""Tests of a built image are for `make image-test`, which names one."""


# On a busy machine any example can take long, and so can drawing it: neither is a failure.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config, "workerinput", {}).get("workerid") == FILLER:
        os.nice(10)
    config.pluginmanager.register(LeftProcesses())
    config.pluginmanager.register(Slowest())
    config.pluginmanager.register(FailureLogs())
    config.stash[SHARED] = SharedByGroup()
    config.pluginmanager.register(config.stash[SHARED])
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SecondTries())


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
        if suite_of(item) in NEED_NO_CONTAINER and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(GIVES_WAY_SECONDS))
        check_mark(item)
        check_soak_mark(item)
        if may_try_again(item):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=position)


def pytest_collection_finish(session: pytest.Session) -> None:
    """A group that xdist has not heard of is none: its tests go to whoever is free, and all is started twice."""
    if hasattr(session.config, "workerinput"):
        assert all(item.nodeid.endswith(f"@{group_of(item)}") for item in session.items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    return GroupScheduling(config, log)


@pytest.fixture(scope="module")
def stack(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """All of Ondol with an empty state and short times, its pool warm. The same one for all modules of a group."""
    return pytestconfig.stash[SHARED]("stack", lambda: running(tmp_path_factory.mktemp("stack"), *QUICK, **SHORT))


@pytest.fixture(scope="module")  # Playwright keeps an event loop running, and other modules' tests start their own
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One Chromium, with windows only where a test needs what they have. Each test takes a profile of its own in it."""
    expect.set_options(timeout=30_000)  # a guard against hanging, not a measure: the machine may be busy
    with chromium(PROGRAM if request.node.get_closest_marker("whole_browser") else WITHOUT_WINDOWS) as browser:
        yield browser


@pytest.fixture(scope="session")
def firestore_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads Google's SDK to a Firestore emulator with our rules."""
    yield from _alone("firestore", "FIRESTORE_EMULATOR_HOST", tmp_path_factory)


@pytest.fixture(scope="session")
def auth_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads Google's SDK to an Auth emulator."""
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
