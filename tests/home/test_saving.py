"""The content of a layer when the home changes meanwhile; and what wins where the member was faster than the
restore."""

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from agent.home.move_into_place import Placing
from agent.home.open_below import FOLDER
from agent.home.pack import pack
from agent.home.scan import scan_home
from agent.home.tiers import BOOT, DEPS, WORK
from agent.state.layers import How

from tests.home.saving import Saver, Shelf
from tests.home.test_scan import make
from tests.home.tree_contents import Thing, contents_of


def test_everybody_can_open_a_layer(saver: Saver, folder: Path) -> None:
    home = saver.folder
    make(home, "a/deep/file", "a/other", "b", "c" * 120)
    os.link(home / "b", home / "linked")
    (home / "link").symlink_to("t" * 150)
    os.truncate(home / "b", 1 << 20)
    os.utime(home / "a/other", ns=(5, 1_234_567_890_123_456_789))
    saver.save()
    first = contents_of(home)
    _open(saver, folder / "out")
    assert contents_of(folder / "out").things == first.things
    assert contents_of(folder / "out").linked(first.things) == first.linked(first.things)
    make(home, "a/other", content="changed")
    saver.save(How.DELTA)
    _open(saver, folder / "out")
    # without folders that the layer does not name
    times = [path for path, it in first.things.items() if stat.S_ISDIR(it.kind)]
    out, original = contents_of(folder / "out").things, contents_of(home).things
    assert {path: out[path] for path in out if path not in times} == {
        path: original[path] for path in original if path not in times
    }


def _files(folder: Path) -> dict[bytes, Thing]:
    """Without the folders, whose time tar changes when it writes into them."""
    return {path: it for path, it in contents_of(folder).things.items() if not stat.S_ISDIR(it.kind)}


def _open(saver: Saver, into: Path) -> None:
    into.mkdir(exist_ok=True)
    layer = saver.shelf.layers[WORK][-1]
    (into.parent / "layer").write_bytes(saver.shelf.contents[layer.name])
    tar = ["tar", "--zstd", "--delay-directory-restore", "-xpf", str(into.parent / "layer"), "-C", str(into)]
    subprocess.run(tar, check=True, timeout=60)


def test_a_file_that_changes_all_the_time_is_saved_again(saver: Saver, folder: Path) -> None:
    """Each restored version is one that the file had, and only the last one counts as saved."""
    busy, ended = saver.folder / "busy", Event()
    busy.write_bytes(b"a" * 100_000)

    def change() -> None:
        at = 0
        while not ended.is_set():
            at += 1
            busy.write_bytes(b"%d" % (at % 10) * (100_000 + at % 7))

    changing = Thread(target=change)
    changing.start()
    try:
        for _ in range(20):
            saver.save()
    finally:
        ended.set()
        changing.join()
    saver.save()
    other = _another(saver, folder)
    assert (other.folder / "busy").read_bytes() == busy.read_bytes()
    other.close()


def _another(saver: Saver, folder: Path) -> Saver:
    (folder / "other").mkdir()
    other = Saver(folder / "other", saver.shelf)
    other.restore()
    return other


def test_what_vanishes_or_becomes_something_else_is_no_error(saver: Saver, folder: Path) -> None:
    make(saver.folder, "a/gone", "b", "c", "d")
    saver.keeper.scan()
    (saver.folder / "a/gone").unlink()
    (saver.folder / "a").rmdir()
    (saver.folder / "b").unlink()
    os.mkfifo(saver.folder / "b")
    (saver.folder / "c").unlink()
    (saver.folder / "c").mkdir()
    saver.shelf.layers[WORK] = (saver.pack(WORK, How.WHOLE),)
    saver.keeper.adopt([WORK])
    saver.save()
    (saver.folder / "b").unlink()
    other = _another(saver, folder)
    assert {path: it.what for path, it in contents_of(other.folder).things.items() if path != b".cache"} == {
        path: it.what for path, it in contents_of(saver.folder).things.items()
    }
    other.close()


def test_a_file_that_shrinks_leaves_the_layer_whole(folder: Path) -> None:
    """The header with the size is written already: zeros stand for missing bytes, and the next entry follows at the
    right place."""
    home, out = folder / "home", folder / "layer"
    home.mkdir()
    large = home / "large"
    large.write_bytes(b"x" * (5 << 20))
    descriptor = os.open(home, FOLDER)
    scan = scan_home(descriptor)
    read, write = os.pipe()
    packed = []
    packing = Thread(target=lambda: packed.append(pack(descriptor, list(scan.tiers[WORK].marks), [], write)))
    os.truncate(large, 4_500_000)
    packing.start()
    os.truncate(large, 0)
    with os.fdopen(read, "rb") as pipe, out.open("wb") as file:

        def close() -> None:
            packing.join()
            os.close(write)

        closing = Thread(target=close)
        closing.start()
        file.write(pipe.read())
        closing.join()
    os.close(descriptor)
    subprocess.run(["tar", "--zstd", "-xf", out, "-C", folder], check=True, timeout=60)
    assert (folder / "large").read_bytes().strip(b"x\0") == b""


class TestPlacing:
    def test_the_settings_replace_what_the_editor_made(self, saver: Saver, folder: Path) -> None:
        make(saver.folder, ".config/tool", content="saved")
        saver.save()
        other = _partial(saver, folder)
        make(other.folder, ".config/tool", ".config/new", content="made")
        other.bring(BOOT)
        assert (other.folder / ".config/tool").read_text() == "saved"
        assert (other.folder / ".config/new").read_text() == "made"
        other.close()

    def test_work_gives_way_to_the_members(self, saver: Saver, folder: Path) -> None:
        make(saver.folder, "project/a", "project/b", content="saved")
        saver.save()
        other = _partial(saver, folder)
        make(other.folder, "project/a", content="made")
        other.bring(WORK)
        assert (other.folder / "project/a").read_text() == "made"
        assert (other.folder / "project/b").read_text() == "saved"
        other.close()

    def test_packages_are_there_whole_or_not_at_all(self, saver: Saver, folder: Path) -> None:
        make(saver.folder, "one/node_modules/a", "two/node_modules/a", "two/venv/pyvenv.cfg", content="saved")
        saver.save()
        other = _partial(saver, folder)
        make(other.folder, "one/node_modules/b", "two/venv/b", content="made")
        other.bring(DEPS)
        assert _names(other.folder / "one/node_modules") == ["b"]
        assert _names(other.folder / "two/venv") == ["b"]
        assert _names(other.folder / "two/node_modules") == ["a"]
        other.close()

    def test_extensions_come_beside_what_the_editor_made_first(self, saver: Saver, folder: Path) -> None:
        extensions = ".local/share/code-server/extensions"
        make(saver.folder, f"{extensions}/a.b-1/package.json", f"{extensions}/c.d-1/package.json", content="saved")
        saver.save()
        other = _partial(saver, folder)
        make(other.folder, f"{extensions}/extensions.json", content="made")
        other.bring(DEPS)
        assert _names(other.folder / extensions) == ["a.b-1", "c.d-1", "extensions.json"]
        other.close()

    def test_folders_on_the_way_are_nobodys_change(self, saver: Saver, folder: Path) -> None:
        """Before their tier is restored, such folders have no mode or time of their own. What the member sets
        counts."""
        extensions = ".local/share/code-server/extensions"
        make(saver.folder, f"{extensions}/extensions.json", "project/a", content="saved")
        (saver.folder / extensions).chmod(0o700)
        saver.save()
        other = _partial(saver, folder)
        other.bring(BOOT)
        assert (other.folder / extensions).stat().st_mode & 0o777 == 0o755
        assert other.save() == {}
        (other.folder / extensions).chmod(0o711)
        (other.folder / ".local/mine").mkdir()
        assert other.save().keys() == {WORK, DEPS}
        other.bring(WORK)
        other.bring(DEPS)
        assert (other.folder / extensions).stat().st_mode & 0o777 == 0o711
        assert (other.folder / "project/a").read_text() == "saved"
        other.close()

    def test_what_comes_to_lie_in_a_folder_on_the_way_changes_nothing_of_it(self, saver: Saver, folder: Path) -> None:
        """The session may end before the tier is restored: the next one must not find a private folder open."""
        extensions = ".local/share/code-server/extensions"
        make(saver.folder, f"{extensions}/extensions.json", f"{extensions}/a.b-1/package.json", content="saved")
        (saver.folder / extensions).chmod(0o700)
        saver.save()
        other = _partial(saver, folder)
        other.bring(BOOT)
        make(other.folder, f"{extensions}/c.d-1/package.json", content="made")
        assert other.save() == {DEPS: How.DELTA}
        other.close()
        (folder / "after").mkdir()
        after = Saver(folder / "after", other.shelf)
        after.restore()
        assert (after.folder / extensions).stat().st_mode & 0o777 == 0o700
        assert _names(after.folder / extensions) == ["a.b-1", "c.d-1", "extensions.json"]
        after.close()

    def test_what_could_not_be_placed_leaves_nobodys_folders(
        self, saver: Saver, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """These folders are in the home before their tier is complete. Saves before the next try must not hold them."""
        extensions = ".local/share/code-server/extensions"
        make(saver.folder, f"{extensions}/extensions.json", f"{extensions}/a.b-1/package.json", content="saved")
        (saver.folder / extensions).chmod(0o700)
        saver.save()
        other = _partial(saver, folder)
        with monkeypatch.context() as until_it_is_tried_again:
            until_it_is_tried_again.setattr(Placing, "update_marks_of_linked", _fail)
            with pytest.raises(OSError, match="no room"):
                other.bring(BOOT)
        scan = other.keeper.scan()["tiers"]
        assert (scan[DEPS]["changed"], scan[WORK]["changed"]) == (0, 0)
        other.close()

    def test_packages_of_the_members_are_not_on_the_way_to_what_was_saved(self, saver: Saver, folder: Path) -> None:
        _packages_of_two_tiers(saver)
        other = _partial(saver, folder)
        make(other.folder, "node_modules/made", content="made")
        other.bring(WORK)
        other.bring(DEPS)
        assert _names(other.folder / "node_modules") == ["made", "ours"]
        other.close()

    def test_packages_come_where_only_the_way_to_other_work_is(self, saver: Saver, folder: Path) -> None:
        _packages_of_two_tiers(saver)
        other = _partial(saver, folder)
        other.bring(WORK)
        other.bring(DEPS)
        assert _names(other.folder / "node_modules") == ["ours", "theirs"]
        other.close()


def _packages_of_two_tiers(saver: Saver) -> None:
    make(saver.folder, ".ondolignore", content="work: node_modules/ours/\n")
    make(saver.folder, "node_modules/ours/a", "node_modules/theirs", content="saved")
    saver.save()


def _fail(_: Placing) -> None:
    raise OSError("no room")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _partial(saver: Saver, folder: Path) -> Saver:
    (folder / "other").mkdir()
    other = Saver(folder / "other", Shelf(dict(saver.shelf.layers), saver.shelf.contents))
    other.begin()
    return other


def test_a_path_that_is_brought_back_makes_its_way(tmp_path: Path) -> None:
    """A path that was a folder in the layer is a file by now."""
    then, now, after = (tmp_path / name for name in ("then", "now", "after"))
    for each in (then / "x/y", now, after):
        each.mkdir(parents=True)
    (then / "x/y/old").write_text("old")
    (now / "x").write_text("a file")
    (now / "kept").write_text("kept")
    older, newer = Saver(then, Shelf()), Saver(now, Shelf())
    older.save()
    newer.save()
    brought = [replace(layer, name=f"old-{layer.name}", only="x/y") for layer in older.shelf.layers["work"]]
    newer.shelf.layers["work"] += tuple(brought)
    newer.shelf.contents |= {f"old-{name}": content for name, content in older.shelf.contents.items()}
    again = Saver(after, newer.shelf)
    again.restore()
    assert ((after / "x/y/old").read_text(), (after / "kept").read_text()) == ("old", "kept")
    assert again.save() == {"work": How.WHOLE}


def test_what_a_delta_takes_away_is_told_in_bytes(saver: Saver) -> None:
    """The paths that the delta takes away, and those of the deltas before it."""
    make(saver.folder, "a", "kept", "long/name")
    saver.save()
    (saver.folder / "a").unlink()
    saver.save(How.DELTA)
    (saver.folder / "long/name").unlink()
    scanned = saver.keeper.scan()["tiers"][WORK]
    assert scanned["gone_bytes"] == len("ONDOL.gone" + "a" + "ONDOL.gone" + "long/name")


def test_a_folder_that_becomes_another_tiers_takes_nothing_with_it(saver: Saver, folder: Path) -> None:
    make(saver.folder, "data/kept/a", "data/b", "data/more/c")
    saver.save()
    make(saver.folder, ".ondolignore", content="deps: data/\nwork: data/kept/\n")
    saver.save(How.DELTA)
    (folder / "after").mkdir()
    after = Saver(folder / "after", saver.shelf)
    after.restore()
    assert contents_of(after.folder).things == contents_of(saver.folder).things
    after.close()
