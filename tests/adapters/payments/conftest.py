"""Payments on the emulators, with Stripe's stand-in."""

from collections.abc import Iterator

import pytest

from shared.request_rates import BUCKETS
from tests.adapters.payments.functions import Buyer, Deliveries, functions_behind
from tests.adapters.payments.paying import new_account
from tests.support.standins.stripe import Standin, stripe_standin


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


@pytest.fixture(scope="module")
def came(
    standin: Standin,
    firestore: dict[str, str],
    storage_emulator: dict[str, str],
    auth_emulator: dict[str, str],
    tasks_standin: dict[str, str],
) -> Iterator[Deliveries]:
    with functions_behind(standin, firestore | storage_emulator | auth_emulator | tasks_standin) as came:
        yield came


@pytest.fixture
def ada(empty_database: None, came: Deliveries, standin: Standin) -> Iterator[Buyer]:
    BUCKETS.clear()
    yield Buyer("ada")
    standin.control("hold", held=False)
    standin.control("faults")


@pytest.fixture
def bid() -> str:
    return new_account()
