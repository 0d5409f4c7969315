"""A home larger than the plan's storage: what fits is saved in each checkpoint, and the rest is named."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent.home.storage_quota import Quota
from agent.home.tiers import DEPS, WORK

from tests.home.saving import Saver
from tests.home.test_scan import make

MB = 10**6


@pytest.fixture
def full(saver: Saver) -> Saver:
    """A quota of 1 MB."""
    saver.quota = Quota(1 * MB, 5 * MB // 4, 5 * MB)
    return saver


@pytest.fixture
def back(full: Saver, folder: Path) -> Iterator[Saver]:
    (folder / "back").mkdir()
    other = Saver(folder / "back", full.shelf)
    yield other
    other.close()


def fill(home: Path, path: str, size: int) -> None:
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_bytes(os.urandom(size))


def names(left_out: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(entry["path"], entry["kind"], entry["kept"]) for entry in left_out["entries"]]


def files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_a_small_file_beside_a_huge_one_is_saved(full: Saver, back: Saver) -> None:
    make(full.folder, "proj/small.txt", content="mine")
    fill(full.folder, "proj/clip.mp4", 2 * MB)
    full.save()
    assert names(full.left_out) == [("proj/clip.mp4", "file", True)]
    assert (full.left_out["count"], full.left_out["bytes"], full.left_out["lost_bytes"]) == (1, 2 * MB, 0)
    back.restore()
    assert files(back.folder) == {"proj/small.txt"}


def test_whole_folders_of_dependencies_go_first(full: Saver, back: Saver) -> None:
    for number in range(8):
        fill(full.folder, f"proj/node_modules/p{number}/index.js", 100_000)
    fill(full.folder, "proj/node_modules/deep/node_modules/inner/index.js", 100_000)
    fill(full.folder, "venv/lib/a.py", 100_000)
    make(full.folder, "venv/pyvenv.cfg")
    fill(full.folder, "proj/film.mp4", 700_000)
    full.save()
    assert names(full.left_out) == [("proj/node_modules", "dependencies", True)]
    assert full.left_out["own"] == {"count": 0, "bytes": 0, "lost_bytes": 0}
    back.restore()
    assert files(back.folder) == {"proj/film.mp4", "venv/lib/a.py", "venv/pyvenv.cfg"}


def test_what_was_saved_and_is_left_out_now_is_taken_out_of_the_head(full: Saver, back: Saver) -> None:
    fill(full.folder, "proj/log", 900_000)
    make(full.folder, "proj/a")
    full.save()
    assert full.left_out["count"] == 0
    fill(full.folder, "proj/log", 2 * MB)
    make(full.folder, "proj/b")
    full.save()
    assert names(full.left_out) == [("proj/log", "file", True)]
    back.restore()
    assert files(back.folder) == {"proj/a", "proj/b"}


def test_it_comes_back_when_there_is_room(full: Saver, back: Saver) -> None:
    fill(full.folder, "a", 700_000)
    fill(full.folder, "b", 600_000)
    full.save()
    assert names(full.left_out) == [("a", "file", True)]
    while full.save():  # a file that was written just now is saved once more
        pass
    assert names(full.left_out) == [("a", "file", True)], "nothing comes and goes while nothing changes"
    (full.folder / "b").unlink()
    full.save()
    assert full.left_out["count"] == 0
    back.restore()
    assert files(back.folder) == {"a"}


def test_a_larger_plan_takes_it_in(full: Saver, back: Saver) -> None:
    fill(full.folder, "clip.mp4", 2 * MB)
    full.save()
    full.quota = Quota(10 * MB, 12 * MB, 50 * MB)
    full.save()
    back.restore()
    assert files(back.folder) == {"clip.mp4"}


def test_holes_count_as_nothing(full: Saver, back: Saver) -> None:
    make(full.folder, "proj/small.txt")
    with (full.folder / "disk.img").open("wb") as disk:
        disk.truncate(5 << 30)
        disk.write(b"x" * 1000)
    full.save()
    assert full.left_out["count"] == 0
    assert sum(told["bytes"] for told in full.keeper.scan()["tiers"].values()) < 100_000
    back.restore()
    assert (back.folder / "disk.img").stat().st_size == 5 << 30
    assert (back.folder / "disk.img").stat().st_blocks * 512 < MB


def test_all_names_of_a_file_are_left_out_or_none(full: Saver, back: Saver) -> None:
    fill(full.folder, "store/large", 2 * MB)
    os.link(full.folder / "store/large", full.folder / "large")
    make(full.folder, "small")
    full.save()
    assert full.left_out["count"] == 1 and full.left_out["bytes"] == 2 * MB
    back.restore()
    assert files(back.folder) == {"small"}


@pytest.mark.parametrize("log", ["-wal", "-journal", ".wal"])
@pytest.mark.parametrize("sizes", [(2 * MB, 1000), (1000, 2 * MB)])
def test_a_database_goes_with_its_log(full: Saver, back: Saver, log: str, sizes: tuple[int, int]) -> None:
    fill(full.folder, "app.db", sizes[0])
    fill(full.folder, f"app.db{log}", sizes[1])
    make(full.folder, "small")
    full.save()
    assert names(full.left_out) == [("app.db", "file", True)]
    back.restore()
    assert files(back.folder) == {"small"}


@pytest.mark.parametrize("sizes", [(2 * MB, 1000), (1000, 2 * MB)])
def test_a_database_among_settings_goes_with_its_log(full: Saver, back: Saver, sizes: tuple[int, int]) -> None:
    """A large setting is saved with the member's work, and the other file of the database with it."""
    fill(full.folder, ".tool/app.db", sizes[0])
    fill(full.folder, ".tool/app.db-wal", sizes[1])
    make(full.folder, ".tool/small")
    full.save()
    assert names(full.left_out) == [(".tool/app.db", "file", True)]
    back.restore()
    assert files(back.folder) == {".tool/small"}
    back.shelf = full.keep_apart()
    back.restore()
    assert files(back.folder) == {".tool/app.db", ".tool/app.db-wal"}


def test_a_git_repository_goes_whole(full: Saver, back: Saver) -> None:
    """A repository without its objects is useless."""
    make(full.folder, "proj/a.py", "proj/.git/HEAD", "proj/.git/refs/heads/main", "proj/.git/index")
    make(full.folder, "other/.git/HEAD")
    fill(full.folder, "proj/.git/objects/pack/pack-1.pack", 2 * MB)
    full.save()
    assert names(full.left_out) == [("proj/.git", "folder", True)]
    back.restore()
    assert files(back.folder) == {"proj/a.py", "other/.git/HEAD"}
    assert not (back.folder / "proj/.git").exists(), "an empty one would hide the repository above"
    back.shelf = full.keep_apart()
    back.restore()
    assert len(files(back.folder)) == 4


def test_a_repository_among_settings_goes_whole(full: Saver, back: Saver) -> None:
    make(full.folder, ".tool/.git/HEAD", ".tool/a")
    fill(full.folder, ".tool/.git/objects/pack/pack-1.pack", 2 * MB)
    full.save()
    back.restore()
    assert files(back.folder) == {".tool/a"}


def test_a_database_of_a_folder_goes_whole(full: Saver, back: Saver) -> None:
    make(full.folder, "level/CURRENT", "level/MANIFEST-000004", "level/000005.log", "small")
    fill(full.folder, "level/000003.ldb", 2 * MB)
    make(full.folder, "pg/PG_VERSION", "pg/global/pg_control")
    fill(full.folder, "pg/base/5/16384", 3 * MB)
    full.save()
    back.restore()
    assert files(back.folder) == {"small"}


def test_settings_are_saved_whatever_else_is_there(full: Saver, back: Saver) -> None:
    make(full.folder, ".ssh/id_ed25519", ".config/tool")
    for number in range(30):
        fill(full.folder, f"photos/{number}.jpg", 200_000)
    full.save()
    back.restore()
    assert {".ssh/id_ed25519", ".config/tool"} <= files(back.folder)
    assert len(files(back.folder)) == 2 + 6


def test_what_exceeds_even_the_bound_is_named_as_not_kept(full: Saver) -> None:
    fill(full.folder, "clip.mp4", 3 * MB)
    fill(full.folder, "film.mp4", 6 * MB)
    full.save()
    assert names(full.left_out) == [("film.mp4", "file", False), ("clip.mp4", "file", True)]
    assert full.left_out["lost_bytes"] == 6 * MB
    assert full.left_out["own"] == {"count": 2, "bytes": 9 * MB, "lost_bytes": 6 * MB}


def test_during_a_restore_what_is_to_come_has_its_room(full: Saver, folder: Path) -> None:
    fill(full.folder, "proj/a", 900_000)
    full.save()
    other_home = folder / "other"
    other_home.mkdir()
    other = Saver(other_home, full.shelf.copy())
    other.begin()
    fill(other.folder, "new", 500_000)
    make(other.folder, "small")
    told = other.keeper.scan(**vars(full.quota), taken=900_000)
    assert names(told["over_quota"]) == [("new", "file", True)]
    assert told["tiers"][WORK]["files"] == 1 and told["tiers"][DEPS]["files"] == 0
    other.close()


def test_the_largest_things_are_named_whether_file_or_folder(full: Saver) -> None:
    fill(full.folder, "clip.mp4", 900_000)
    fill(full.folder, "data/one/part", 50_000)
    make(full.folder, "notes/a")
    largest = full.keeper.scan()["largest"]
    assert largest[0] == ("clip.mp4", 900_000, False)
    assert ("data/one/part", 50_000, False) in largest


def test_what_is_left_out_is_kept_apart_as_far_as_there_is_room(full: Saver, back: Saver) -> None:
    make(full.folder, "proj/small.txt")
    fill(full.folder, "proj/clip.mp4", 2 * MB)
    fill(full.folder, "proj/film.mp4", 6 * MB)
    for number in range(20):
        fill(full.folder, f"proj/node_modules/p{number}/index.js", 70_000)
    full.save()
    assert [entry["kept"] for entry in full.left_out["entries"]] == [False, True, True]
    back.shelf = full.keep_apart()
    back.restore()
    kept = files(back.folder)
    assert "proj/clip.mp4" in kept and "proj/node_modules/p7/index.js" in kept
    assert not kept & {"proj/small.txt", "proj/film.mp4"}
    assert (back.folder / "proj/clip.mp4").read_bytes() == (full.folder / "proj/clip.mp4").read_bytes()
