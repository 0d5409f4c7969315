"""Attacks on one slot run against the same bucket, control plane and warm slots as the tests of the slot."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.slot import container, control_plane
from tests.slot.bucket import Bucket
from tests.slot.conftest import member, plane, slot, start, store
from tests.slot.member import PAGE_ORIGIN, Member, opened

__all__ = ["member", "plane", "slot", "start", "store"]


@pytest.fixture(scope="module")
def standing(storage_emulator: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    """A member whom all tests of a module attack, one after the other: each leaves them in their editor."""
    bucket = Bucket(storage_emulator["STORAGE_EMULATOR_HOST"], f"test-{uuid4()}")
    bucket.create()
    log = tmp_path_factory.mktemp("standing") / "slot.log"
    with control_plane.running(bucket) as plane, container.running(log, plane.signer.public_pem, PAGE_ORIGIN) as slot:
        member = opened(slot, plane)
        member.enter()
        yield member
