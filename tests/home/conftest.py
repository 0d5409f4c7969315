"""A home to save, and what to take from what was saved."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home.photo import as_member, given_to_member
from tests.home.saving import Saver, Shelf


@pytest.fixture
def folder() -> Iterator[Path]:
    """For homes; everything in the test is done as an ordinary user."""
    with tempfile.TemporaryDirectory(prefix="ondol-home-") as name:
        given = given_to_member(Path(name))
        with as_member():
            yield given


@pytest.fixture
def saver(folder: Path) -> Iterator[Saver]:
    """Of an empty home."""
    (folder / "home").mkdir()
    saver = Saver(folder / "home", Shelf())
    yield saver
    saver.close()
