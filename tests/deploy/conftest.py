"""What the tests of deployment deploy as the page, and archives that are made once."""

from collections.abc import Iterator
from functools import cache

import pytest

from deploy.kinds import built_images
from deploy.resources import images, page
from deploy.source_archive import archive, fingerprint


@pytest.fixture(scope="session", autouse=True)
def built_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A page of two files."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "main.js").write_text("page")
    (folder / "index.html").write_text("<!doctype html>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "BUILT", folder)
        yield


@pytest.fixture(scope="module")
def archived_once() -> Iterator[None]:
    """For tests that change no source: an archive's name, nine tenths of a table's time, is made once, and the archive
    once too."""
    named = cache(lambda files, how: fingerprint(dict(files), how))
    packed = cache(lambda files: archive(dict(files)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "fingerprint", lambda files, how: named(tuple(files.items()), how))
        patch.setattr(built_images, "archive", lambda files: packed(tuple(files.items())))
        yield
