"""Requests that reach a process at once before it has answered any."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import firebase_admin
import pytest

from shared.gcp import identity
from tests.support.stack.environment import environment

ROUNDS = 30
AT_ONCE = 4


@pytest.fixture
def eager_switches() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_switches")
def test_all_of_them_get_the_same_firebase_app() -> None:
    """Whoever came second was told that their sign-in is not valid: the library refuses to make a second app."""
    with environment({"GOOGLE_CLOUD_PROJECT": "demo-ondol"}), ThreadPoolExecutor(AT_ONCE) as requests:
        for _ in range(ROUNDS):
            begin = Barrier(AT_ONCE)

            def app(begin: Barrier = begin) -> firebase_admin.App:
                begin.wait()
                return identity.firebase_app()

            apps = [each.result() for each in [requests.submit(app) for _ in range(AT_ONCE)]]
            assert len({id(app) for app in apps}) == 1
            firebase_admin.delete_app(apps[0])
            identity.firebase_app.cache_clear()
