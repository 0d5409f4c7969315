"""Times that a file system holds and that a tar of eleven digits does not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared.snapshots.format.layout import END, FURTHEST
from shared.snapshots.format.tar_writer import header
from tests.home.saving import Saver, Shelf
from tests.home.tree_contents import as_member, given_to_member
from tests.support.records.raw_tar import read

SECOND = 10**9
FAR = [far * sign for far in (10**11 * SECOND, 10**12 * SECOND + 5, 10**15 * SECOND) for sign in (1, -1)]
NEAR = [0, 1, -1, 8**11 * SECOND, FURTHEST, -FURTHEST, FURTHEST - 1, 1 - FURTHEST]


@pytest.fixture
def room() -> Iterator[Path]:
    """A file system in memory, like a home: it holds any second of 64 bits."""
    with TemporaryDirectory(prefix="ondol-home-", dir="/dev/shm") as name:
        given = given_to_member(Path(name))
        with as_member():
            yield given


@pytest.mark.parametrize("moment", FAR + NEAR)
@pytest.mark.parametrize("kind", [b"0", b"2", b"5"])
def test_what_is_written_can_be_read(moment: int, kind: bytes) -> None:
    tar = header(b"path", kind, 0o755, moment, link=b"target" if kind == b"2" else b"") + END
    (entry,), _ = read(tar)
    assert entry.mtime_ns == max(-FURTHEST, min(moment, FURTHEST))


@pytest.mark.parametrize("moment", FAR)
def test_a_home_with_a_time_far_away_comes_back(room: Path, moment: int) -> None:
    home, other = room / "home", room / "other"
    for each in (home, other):
        each.mkdir()
    (home / "folder").mkdir()
    (home / "file").write_text("x")
    os.truncate(home / "file", 1 << 20)  # sparse
    (home / "small").write_text("x")
    (home / "link").symlink_to("file")
    os.link(home / "small", home / "same")
    for path in home.iterdir():
        os.utime(path, ns=(0, moment), follow_symlinks=False)
    saver = Saver(home, Shelf())
    saver.save()
    restored = Saver(other, saver.shelf)
    restored.restore()
    held = max(-FURTHEST, min((home / "file").lstat().st_mtime_ns, FURTHEST))
    assert {path.name: path.lstat().st_mtime_ns for path in other.iterdir()} == {
        path.name: held for path in home.iterdir()
    }
    assert stat.S_ISLNK((other / "link").lstat().st_mode)
    assert restored.save() == {}, "what was restored did not change"
    saver.close()
    restored.close()
