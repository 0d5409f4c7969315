"""What a scan reads, the tier of each path, and what is left out."""

import os
import socket
import time
from pathlib import Path

import agent.home.scan
import pytest
from agent.home.pack import RACY_NS
from agent.home.scan import PATH_COST
from agent.home.tiers import BOOT, DEPS, MOST_BOOT, TIERS, WORK

from shared.snapshots.format.layout import LONGEST_PATH
from tests.home.saving import Saver


def tiers(saver: Saver) -> dict[str, list[str]]:
    saver.keeper.scan()
    scan = saver.keeper.last_scan
    assert scan is not None
    return {tier: [os.fsdecode(path) for path in scan.tiers[tier].marks] for tier in TIERS}


def make(home: Path, *files: str, content: str = "x") -> None:
    for file in files:
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(content)


def test_parents_come_before_what_is_in_them(saver: Saver) -> None:
    make(saver.folder, "project/node_modules/a/index.js", "project/a.txt", ".bashrc", ".cache/x", "venv/pyvenv.cfg")
    (saver.folder / "empty").mkdir()
    assert tiers(saver) == {
        BOOT: [".bashrc"],
        WORK: ["empty", "project", "project/a.txt"],
        DEPS: [
            "venv",
            "project/node_modules",
            "project/node_modules/a",
            "project/node_modules/a/index.js",
            "venv/pyvenv.cfg",
        ],
    }


def test_boot_is_bounded(saver: Saver) -> None:
    many = [f".config/{at:02}" for at in range(10)]
    for name in many:
        make(saver.folder, name, content="x" * (MOST_BOOT // 8))
    by_tier = tiers(saver)
    assert by_tier[BOOT] == [".config", *many[:8]]
    assert by_tier[WORK] == many[8:]


def test_what_the_editor_would_replace_is_in_boot_however_much_is_there(saver: Saver) -> None:
    data = ".local/share/code-server"
    needed = [f"{data}/{name}" for name in ("User/settings.json", "extensions/extensions.json", "window/1.9.jsonl.gz")]
    for name in needed:
        make(saver.folder, name)
    make(saver.folder, *(f".config/{at}" for at in range(9)), f"{data}/User/other.json", content="x" * (MOST_BOOT // 8))
    by_tier = tiers(saver)
    assert set(needed) <= set(by_tier[BOOT])
    assert {".config/8", f"{data}/User/other.json"} <= set(by_tier[WORK])


@pytest.mark.parametrize(
    ("line", "file", "tier"),
    [
        ("*.iso", "project/a.iso", None),
        ("!.cache/models/", ".cache/models/large", WORK),
        ("boot: notes/", "notes/a", BOOT),
        ("deps: data/", "data/a", DEPS),
        ("work: .config/", ".config/a", WORK),
        ("*.iso\n!kept.iso", "kept.iso", WORK),
        ("# a\n\n[\n\\", "# a", WORK),
        ("!.cache", ".cache/.ondol-restoring/work/a", None),
    ],
)
def test_a_member_overrules_the_table(saver: Saver, line: str, file: str, tier: str | None) -> None:
    make(saver.folder, file)
    (saver.folder / ".ondolignore").write_text(f"{line}\n")
    assert [each for each, paths in tiers(saver).items() if file in paths] == ([tier] if tier else [])


def test_what_is_no_text_says_nothing(saver: Saver) -> None:
    make(saver.folder, "a")
    (saver.folder / ".ondolignore").mkdir()
    assert tiers(saver)[WORK] == ["a"]
    (saver.folder / ".ondolignore").rmdir()
    os.mkfifo(saver.folder / ".ondolignore")
    assert tiers(saver)[WORK] == ["a"]


def test_the_folder_of_caches_is_one(saver: Saver) -> None:
    """Anything else by that name would be restored where tiers are unpacked."""
    (saver.folder / ".cache").symlink_to("/tmp")  # noqa: S108
    (saver.folder / ".ondolignore").write_text("boot: .cache\n")
    assert tiers(saver)[BOOT] == [".ondolignore"]


def test_sockets_pipes_and_what_is_too_deep_are_counted(saver: Saver) -> None:
    os.mkfifo(saver.folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(saver.folder / "socket"))
    ways = [os.open(saver.folder, os.O_RDONLY)]
    for _ in range(450):
        os.mkdir("d", dir_fd=ways[-1])
        ways.append(os.open("d", os.O_RDONLY, dir_fd=ways[-1]))
    scanned = saver.keeper.scan()
    assert (scanned["special"], scanned["left_out"]) == (2, 1)
    os.rename("d", "moved", src_dir_fd=ways[225], dst_dir_fd=ways[0])  # the fixture's removal does not go as deep
    for way in ways:
        os.close(way)


def test_a_path_too_long_for_whoever_reads_it_is_counted(saver: Saver) -> None:
    ways = [os.open(saver.folder, os.O_RDONLY)]
    for name in ["n" * 255] * 249 + ["n" * 250]:
        os.mkdir(name, dir_fd=ways[-1])
        ways.append(os.open(name, os.O_RDONLY, dir_fd=ways[-1]))
    for name in ("fits!", "is not", "is not either"):
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=ways[-1]))
    os.mkdir("nor is this", dir_fd=ways[-1])
    os.mkdir("nor is this/that", dir_fd=ways[-1])
    scanned = saver.keeper.scan()
    scan = saver.keeper.last_scan
    assert scan is not None
    assert max(map(len, scan.tiers[WORK].marks)) == LONGEST_PATH
    assert scanned["left_out"] == 3
    for way in ways:
        os.close(way)


def test_more_paths_than_find_room_are_counted(saver: Saver, monkeypatch: pytest.MonkeyPatch) -> None:
    make(saver.folder, *(f"d/{at}" for at in range(9)))
    monkeypatch.setattr(agent.home.scan, "MOST_SCANNED", 4 * (PATH_COST + 3))
    assert saver.keeper.scan()["left_out"] == 6
    assert tiers(saver)[WORK] == ["d", "d/0", "d/1", "d/2"]


@pytest.mark.parametrize("mode", [0, 0o100, 0o400])
def test_what_its_owner_may_not_read_is_saved_and_stays_as_it_is(saver: Saver, folder: Path, mode: int) -> None:
    make(saver.folder, "locked/inner/secret", content="saved")
    for path in ("locked/inner/secret", "locked/inner", "locked"):
        (saver.folder / path).chmod(mode)
    assert tiers(saver)[WORK] == ["locked", "locked/inner", "locked/inner/secret"]
    while saver.save():  # a file that was changed just now is saved once more, and reading it changes its times
        time.sleep(2 * RACY_NS / 1e9)
    (folder / "other").mkdir()
    other = Saver(folder / "other", saver.shelf)
    other.restore()
    for home in (saver.folder, other.folder):
        for path in ("locked", "locked/inner", "locked/inner/secret"):
            assert (home / path).stat().st_mode & 0o777 == mode
            (home / path).chmod(0o700)
        assert (home / "locked/inner/secret").read_text() == "saved"
    other.close()


def test_all_names_of_a_file_are_in_one_tier(saver: Saver, folder: Path) -> None:
    """A package store beside the projects that use it: the restored home must not be twice as large."""
    make(saver.folder, ".bun/install/cache/a", ".tool-cache/b", "src/c", content="x" * 1000)
    (saver.folder / "p/node_modules").mkdir(parents=True)
    for name, store in (("a", ".bun/install/cache/a"), ("b", ".tool-cache/b"), ("c", "src/c")):
        os.link(saver.folder / store, saver.folder / "p/node_modules" / name)
    os.link(saver.folder / "src/c", saver.folder / ".c")
    by_tier = tiers(saver)
    assert {".bun/install/cache/a", "p/node_modules/a", ".tool-cache/b", "p/node_modules/b"} <= set(by_tier[DEPS])
    assert {"src/c", "p/node_modules/c", ".c"} <= set(by_tier[WORK])
    scanned = saver.keeper.scan()["tiers"]
    assert [scanned[tier]["bytes"] for tier in TIERS] == [0, 1000, 2000]
    saver.save()
    assert sum(layer.logical_bytes for layers in saver.shelf.layers.values() for layer in layers) == 3000
    (folder / "other").mkdir()
    other = Saver(folder / "other", saver.shelf)
    other.restore()
    assert (other.folder / "p/node_modules/a").samefile(other.folder / ".bun/install/cache/a")
    assert (other.folder / ".c").samefile(other.folder / "p/node_modules/c")
    other.close()


@pytest.mark.parametrize("name", [".ssh/id_ed25519", ".gitconfig", ".config/git/config", ".bashrc"])
def test_no_cache_takes_the_place_of_what_is_needed_first(saver: Saver, name: str) -> None:
    make(saver.folder, *(f".aaa-cache/{at}" for at in range(20)), content="x" * (MOST_BOOT // 10))
    make(saver.folder, name)
    by_tier = tiers(saver)
    assert name in by_tier[BOOT]
    assert (
        sum((saver.folder / path).stat().st_size for path in by_tier[BOOT] if (saver.folder / path).is_file())
        <= MOST_BOOT
    )


def test_what_counts_as_a_change(saver: Saver) -> None:
    file = saver.folder / "a.txt"
    file.write_text("one")

    def changed() -> bool:
        return bool(saver.save())

    assert changed()
    while changed():  # a file that was written just now is saved once more
        pass
    file.chmod(0o755)
    assert changed()
    while changed():
        pass
    status = file.stat()
    file.write_text("two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert changed(), "an old mtime does not hide a new content"
    file.rename(saver.folder / "b.txt")
    assert changed()
    while changed():
        pass
    (saver.folder / ".cache").mkdir()
    assert not changed()


def test_the_largest_folders_are_told(saver: Saver) -> None:
    make(saver.folder, "a/b/c/large", content="x" * 5000)
    make(saver.folder, "other/small")
    make(saver.folder, "a/b/d/one", "a/b/d/two", content="x" * 3000)
    told = saver.keeper.scan()["largest"]
    assert told[:3] == [("a/b", 11000, False), ("a/b/d", 6000, False), ("a/b/c/large", 5000, False)]


def test_what_tools_can_make_again_is_told_apart_from_a_folder_with_work_in_it(saver: Saver) -> None:
    make(saver.folder, "proj/node_modules/one/a", "proj/node_modules/two/b", content="x" * 8000)
    make(saver.folder, "proj/data/rows", content="x" * 4000)
    make(saver.folder, ".m2/repository/large.jar", content="x" * 7000)
    assert {path: again for path, _, again in saver.keeper.scan()["largest"]} == {
        "proj": False,
        "proj/node_modules": True,
        "proj/node_modules/one/a": True,
        "proj/node_modules/two/b": True,
        ".m2/repository/large.jar": True,
    }
