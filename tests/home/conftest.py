"""Fixtures: a home to save, and parts of a saved state."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import forking
from tests.home.saving import Saver, Shelf
from tests.home.tree_contents import as_member, given_to_member


@pytest.fixture(scope="session", autouse=True)
def forking_process() -> Iterator[None]:
    """Starts at the first test that needs it, and ends with the last test."""
    yield
    forking.end()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for homes, owned by an ordinary user, who runs the test."""
    with tempfile.TemporaryDirectory(prefix="ondol-home-") as name:
        given = given_to_member(Path(name))
        with as_member():
            yield given


@pytest.fixture
def saver(folder: Path) -> Iterator[Saver]:
    """The keeper of an empty home."""
    (folder / "home").mkdir()
    saver = Saver(folder / "home", Shelf())
    yield saver
    saver.close()
