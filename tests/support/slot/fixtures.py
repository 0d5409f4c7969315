"""What tests of the slot run against: a bucket, a control plane, and warm slots."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.slot import container, control_plane
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member, opened


@pytest.fixture
def store(storage_emulator: dict[str, str]) -> Bucket:
    bucket = Bucket(storage_emulator["STORAGE_EMULATOR_HOST"], f"test-{uuid4()}")
    bucket.create()
    return bucket


@pytest.fixture
def plane(store: Bucket) -> Iterator[ControlPlane]:
    with control_plane.running(store) as plane:
        yield plane


@pytest.fixture
def start(tmp_path: Path, plane: ControlPlane) -> Iterator[Callable[..., Container]]:
    """Starts a warm slot; environment values by name, `mounted` as container.running takes it."""
    with ExitStack() as stack:
        count = 0

        def start(*mounted: tuple[Path, str], **environment: str) -> Container:
            nonlocal count
            count += 1
            log = tmp_path / f"slot-{count}.log"
            key, runtime = plane.signer.public_pem, container.RUNTIME
            return stack.enter_context(container.running(log, key, PAGE_ORIGIN, runtime, mounted, **environment))

        yield start


@pytest.fixture
def slot(start: Callable[..., Container]) -> Container:
    """A warm slot."""
    return start()


@pytest.fixture(scope="module")
def standing(storage_emulator: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    """A member whom all tests of a module meet, one after the other: each leaves them in their editor."""
    bucket = Bucket(storage_emulator["STORAGE_EMULATOR_HOST"], f"test-{uuid4()}")
    bucket.create()
    log = tmp_path_factory.mktemp("standing") / "slot.log"
    with control_plane.running(bucket) as plane, container.running(log, plane.signer.public_pem, PAGE_ORIGIN) as slot:
        member = opened(slot, plane)
        member.enter()
        yield member


@pytest.fixture
def member(slot: Container, plane: ControlPlane) -> Member:
    """A member who has opened their new workspace on `slot`, and whose browser was let in."""
    member = opened(slot, plane)
    member.enter()
    return member
