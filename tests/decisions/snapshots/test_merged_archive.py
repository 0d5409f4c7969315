"""A home put together from layers is what a restore of them would be."""

import os
import subprocess
from pathlib import Path
from unicodedata import normalize

import pytest
import zstandard
from agent.home.pack import pack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.snapshots import path_lookup
from shared.snapshots.checkpoint import Layer, Manifest
from shared.snapshots.format.layout import BLOCK, END
from shared.snapshots.format.tar_reader import Entry
from shared.snapshots.format.tar_writer import gone, header
from shared.snapshots.merged_archive import empty_layer, home
from shared.snapshots.path_lookup import At, at, equivalent_paths, has_path
from shared.snapshots.visible_entries import TooMuch
from tests.support.records.layers import File, Shelf, found_at, manifest, patiently, tar, unpacked
from tests.support.records.raw_tar import read


def downloaded(shelf: Shelf, of: Manifest, tmp_path: Path) -> dict[str, File]:
    return unpacked(b"".join(home(of, shelf.open, patiently)), tmp_path / "home")


def test_a_home_is_its_tiers_together(tmp_path: Path) -> None:
    shelf = Shelf()
    boot = shelf.layer("boot", {"a": b"1", "proj": None, "proj/link": ("soft", "../a")})
    work = shelf.layer("work", {"proj": None, "proj/b": b"2" * 3000, "empty": None})
    deps = shelf.layer("deps", {"proj/node_modules": None, "proj/node_modules/m": b"3"})
    assert downloaded(shelf, manifest(boot, work, deps), tmp_path) == {
        "a": b"1",
        "empty": None,
        "proj": None,
        "proj/b": b"2" * 3000,
        "proj/link": ("soft", "../a"),
        "proj/node_modules": None,
        "proj/node_modules/m": b"3",
    }


def test_deltas_hide_and_take_away_what_is_below_them(tmp_path: Path) -> None:
    shelf = Shelf()
    whole = shelf.layer(
        "work", {"a": b"old", "b": b"old", "d": None, "d/x": b"old", "d/y": b"old", "e": None, "e/z": b"old", "f": None}
    )
    first = shelf.delta("work", {"a": b"new", "d": None, "d/x": b"back"}, ["d", "b"])
    second = shelf.delta("work", {"e": b"a file now", "f": ("soft", "a")}, ["d/x"])
    assert downloaded(shelf, manifest(whole, first, second), tmp_path) == {
        "a": b"new",
        "d": None,
        "e": b"a file now",
        "f": ("soft", "a"),
    }


def test_hard_links_stay_links_and_survive_the_name_that_was_deleted(tmp_path: Path) -> None:
    shelf = Shelf()
    links: dict[str, File] = {"b": ("hard", "a"), "c": ("hard", "a"), "n": b"other", "m": ("hard", "n")}
    whole = shelf.layer("work", {"a": b"shared", **links})
    delta = shelf.delta("work", {"n": b"alone now"}, ["a"])
    found = downloaded(shelf, manifest(whole, delta), tmp_path)
    assert found == {"b": b"shared", "c": b"shared", "n": b"alone now", "m": b"other"}
    assert (tmp_path / "home/b").samefile(tmp_path / "home/c")


def test_a_path_that_was_brought_back_is_as_it_was_then(tmp_path: Path) -> None:
    shelf = Shelf()
    now = shelf.layer("work", {"p": None, "p/a": b"now", "p/new": b"now", "q": b"now"})
    then = [
        shelf.layer("work", {"p": None, "p/a": b"then", "p/old": b"then", "q": b"then", "gone": b"then"}, only="p"),
        shelf.delta("work", {"p/b": b"then", "q": b"later"}, ["p/old", "gone"], only="p"),
    ]
    found = downloaded(shelf, manifest(now, *then), tmp_path)
    assert found == {"p": None, "p/a": b"then", "p/b": b"then", "q": b"now"}
    link = {"x": b"target", "d": None, "d/x": ("hard", "x")}
    outside = shelf.layer("work", link, only="d")
    found = unpacked(b"".join(home(manifest(now, outside), shelf.open, patiently)), tmp_path / "outside")
    assert found["d/x"] == b"target", "a link out of the path is the file itself"
    nothing = shelf.layer("work", {}, only="p")
    found = unpacked(b"".join(home(manifest(now, nothing), shelf.open, patiently)), tmp_path / "nothing")
    assert found == {"q": b"now"}


def test_odd_names_times_holes_and_closed_folders_survive(tmp_path: Path) -> None:
    deep = "/".join(["d" * 100] * 5)
    source = tmp_path / "source"
    (source / deep).mkdir(parents=True)
    (source / deep / "file").write_bytes(b"deep")
    Path(os.fsdecode(bytes(source) + b"/\xff\xfe")).write_bytes(b"odd")
    with (source / "holes").open("wb") as file:
        file.truncate(5 << 20)
        file.seek(3 << 20)
        file.write(b"data")
    os.utime(source / "holes", ns=(1, 1_790_000_000_123_456_789))
    names = [path.name for path in source.iterdir()]
    command = ["tar", "--format=pax", "--sparse", "-C", str(source), "-cf", "-", *names]
    content = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    shelf = Shelf()
    whole = shelf.layer("work", {}, content=content, entries=100)
    closed = shelf.layer("boot", {"ro": None, "ro/in": b"kept"})
    found = downloaded(shelf, manifest(closed, whole), tmp_path)
    assert found[f"{deep}/file"] == b"deep"
    assert (tmp_path / "home" / os.fsdecode(b"\xff\xfe")).read_bytes() == b"odd"
    holes = tmp_path / "home/holes"
    assert holes.read_bytes() == (source / "holes").read_bytes()
    assert holes.stat().st_mtime_ns == 1_790_000_000_123_456_789
    assert holes.stat().st_blocks * 512 < 1 << 20, "holes stay holes"
    assert found["ro/in"] == b"kept"


def test_what_is_taken_away_may_stand_in_several_headers(tmp_path: Path) -> None:
    shelf = Shelf()
    whole = shelf.layer("work", {"a": b"", "b": b"", "c": b"kept"})
    first = tar({}, ["a"])[: 2 * BLOCK]
    delta = shelf.delta("work", {}, content=first + tar({"d": b"new"}, ["b"]), entries=3)
    assert downloaded(shelf, manifest(whole, delta), tmp_path) == {"c": b"kept", "d": b"new"}


def test_what_a_container_packs_is_what_is_downloaded(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "proj" / ("long" * 40)).mkdir(parents=True)
    (source / "proj" / ("long" * 40) / "file").write_bytes(b"1" * 2000)
    (source / "proj/link").symlink_to("../a")
    (source / "a").write_bytes(b"linked")
    (source / "b").hardlink_to(source / "a")
    with (source / "holes").open("wb") as file:
        file.truncate(3 << 20)
        file.write(b"start")
    shelf = Shelf()
    whole = packed(shelf, source, [])
    (source / "a").unlink()
    (source / "proj/link").unlink()
    (source / "proj/new").write_bytes(b"new")
    delta = packed(shelf, source, [b"a", b"proj/link"], only=[b"proj", b"proj/new"])
    found = downloaded(shelf, manifest(whole, replace(delta, kind="delta")), tmp_path)
    assert found == {str(path.relative_to(source)): found_at(path) for path in source.rglob("*")}
    for path in source.rglob("*"):
        there = tmp_path / "home" / path.relative_to(source)
        assert (there.stat().st_mtime_ns, there.stat().st_mode) == (path.stat().st_mtime_ns, path.stat().st_mode), path


def packed(shelf: Shelf, source: Path, missing: list[bytes], only: list[bytes] | None = None) -> Layer:
    """A layer as the agent's own program writes it."""
    paths = only or sorted(os.fsencode(path.relative_to(source)) for path in source.rglob("*"))
    target = source.parent / "packed"
    home_folder, pipe = os.open(source, os.O_RDONLY), os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        pack(home_folder, paths, missing, pipe)
    finally:
        os.close(home_folder)
        os.close(pipe)
    content = target.read_bytes()
    stream = len(zstandard.ZstdDecompressor().stream_reader(content).read())
    return shelf.layer("work", {}, packed=content, stream=stream, entries=len(paths) + len(missing))


NAMES = st.sampled_from(["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.dictionaries(NAMES, st.binary(max_size=9), max_size=4), st.sets(NAMES)), max_size=5))
def test_whatever_was_changed_and_deleted_the_home_is_what_was_left(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[dict[str, bytes], set[str]]]
) -> None:
    shelf = Shelf()
    layers = [shelf.layer("work", {})]
    expected: dict[str, bytes] = {}
    for written, deleted in steps:
        written = {path: what for path, what in written.items() if not _is_folder(path, {*written, *expected})}
        written = {path: what for path, what in written.items() if not any(_below(path, top) for top in expected)}
        layers.append(shelf.delta("work", written, deleted))
        expected = {path: what for path, what in expected.items() if not any(_at(path, top) for top in deleted)}
        expected |= written
    found = downloaded(shelf, manifest(*layers), tmp_path_factory.mktemp("any"))
    assert {path: what for path, what in found.items() if what is not None} == expected


def _is_folder(path: str, paths: set[str]) -> bool:
    return any(_below(other, path) for other in paths)


def _below(path: str, top: str) -> bool:
    return path.startswith(top + "/")


def _at(path: str, top: str) -> bool:
    return path == top or _below(path, top)


@pytest.mark.parametrize(
    ("path", "there"),
    [("p", True), ("p/a", True), ("p/new", True), ("p/a/x", False), ("gone", False), ("dir/in", False), ("dir", False),
     ("node_modules/m", True), ("nothing", False), ("pp", False), ("back", True), ("back/b", True), ("back/c", False)],
)  # fmt: skip
def test_a_path_is_looked_for_in_what_shows_through(path: str, there: bool) -> None:
    shelf = Shelf()
    old = {"p": None, "p/a": b"", "gone": b"", "dir": None, "dir/in": b"", "back": None, "back/c": b""}
    work = [shelf.layer("work", old), shelf.delta("work", {"p/new": b""}, ["gone", "dir"])]
    back = shelf.layer("work", {"back": None, "back/b": b"", "p/x": b""}, only="back")
    deps = shelf.layer("deps", {"node_modules": None, "node_modules/m": b""})
    assert has_path(manifest(*work, back, deps), path, shelf.open, patiently) == there


def test_what_newer_layers_took_away_is_not_looked_for_below() -> None:
    shelf = Shelf()
    layers = [shelf.layer("work", {"p": b""}), shelf.delta("work", {}, ["p"])]
    del shelf.objects[layers[0].name]
    assert not has_path(manifest(*layers), "p", shelf.open, patiently)


def test_the_deepest_tree_of_a_container_is_read() -> None:
    names = [b"%03d" % number + b"n" * 156 for number in range(400)]
    paths = [b"/".join(names[:count]) for count in range(1, 401)]
    folders = b"".join(header(path, b"5", 0o755, 1_790_000_000_123_456_789) for path in paths[:-1])
    file = header(paths[-1], b"0", 0o644, 1, size=1) + b"x".ljust(BLOCK, b"\0")
    link = header(b"/".join([*names[:399], b"l"]), b"1", 0o644, 1, link=paths[-1])
    shelf = Shelf()
    whole = shelf.layer("work", {}, content=folders + file + link + END, entries=401)
    delta = shelf.delta("work", {}, content=b"".join(gone(paths[-1:])) + END, entries=1)
    assert paths[-1] in {entry.path for entry in entries(b"".join(home(manifest(whole), shelf.open, patiently)))}
    found = [entry.path for entry in entries(b"".join(home(manifest(whole, delta), shelf.open, patiently)))]
    assert sorted(found) == sorted([*paths[:-1], b"/".join([*names[:399], b"l"])])
    assert has_path(manifest(whole, delta), os.fsdecode(names[0]), shelf.open, patiently)


def entries(packed: bytes) -> list[Entry]:
    return read(zstandard.ZstdDecompressor().stream_reader(packed).read())[0]


def test_an_empty_layer_is_one(tmp_path: Path) -> None:
    shelf = Shelf()
    layer = shelf.layer("deps", {}, packed=empty_layer(), stream=len(END))
    assert downloaded(shelf, manifest(layer), tmp_path) == {}
    assert not has_path(manifest(replace(layer, only="a")), "a", shelf.open, patiently)


def test_what_stands_at_a_path_is_counted_as_a_restore_would_bring_it() -> None:
    shelf = Shelf()
    whole = shelf.layer("work", {"p": None, "p/a": b"12345", "p/b": b"old", "pp": b"beside"})
    delta = shelf.delta("work", {"p/b": b"newer"}, ["p/a"])
    of = manifest(whole, delta)

    def sizes(path: str) -> list[int]:
        return sorted(each.size for each in at(of, path, "work", shelf.open, patiently).values())

    assert sizes("p") == [0, 5], "the folder, and what is in it by now"
    assert sizes("p/b") == [5]
    assert sizes("p/a") == [] == sizes("q")
    [before] = at(manifest(whole), "p/b", "work", shelf.open, patiently).values()
    [after] = at(of, "p/b", "work", shelf.open, patiently).values()
    assert before != after
    [other] = at(manifest(whole, replace(delta, kind="whole", only="p")), "p/b", "work", shelf.open, patiently).values()
    assert other == after


def test_entries_are_equal_if_a_restore_brings_the_same_whatever_layer_they_are_in() -> None:
    shelf = Shelf()

    def found(layer: Layer) -> dict[int, At]:
        return at(manifest(layer), "p", "work", shelf.open, patiently)

    def entries(top: File, mtime: float = 1.5, **files: File) -> dict[int, At]:
        content = tar({"p": top, **{f"p/{name}": each for name, each in files.items()}}, mtime=mtime)
        return found(shelf.layer("work", {}, content=content, entries=9, logical_bytes=99))

    assert entries(b"12") == entries(b"12")
    assert entries(b"12") != entries(b"13"), "one size and time, and another content"
    assert entries(b"12") != entries(b"12", mtime=2.5)
    assert entries(None) == entries(None, mtime=2.5), "a folder's time changes with what comes and goes in it"
    assert entries(None) != entries(None, a=b"")
    assert entries(None, a=b"1", b=("hard", "p/a")) == entries(None, a=b"1", b=("hard", "p/a"))
    assert entries(None, b=("soft", "../x")) == entries(None, b=("soft", "../x"))
    away: dict[str, File] = {"x": b"1", "p": None, "p/b": ("hard", "x")}
    assert found(shelf.layer("work", away)) != found(shelf.layer("work", away)), "nobody has looked at x"


def test_very_many_paths_are_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_lookup, "MOST_AT", 3)
    shelf = Shelf()
    of = manifest(shelf.layer("work", {f"p/{number}": b"" for number in range(4)}))
    with pytest.raises(TooMuch):
        at(of, "p", "work", shelf.open, patiently)


MAC, KEYBOARD = normalize("NFD", "자료/한글.txt"), normalize("NFC", "자료/한글.txt")


def test_a_name_from_a_mac_is_found_by_what_a_keyboard_types() -> None:
    shelf = Shelf()
    work = shelf.layer("work", {MAC.split("/")[0]: None, MAC: b"1", "other": b"2", "caf\u00e9": b"3"})
    of = manifest(work)
    assert MAC != KEYBOARD
    assert equivalent_paths(of, KEYBOARD, shelf.open, patiently) == [MAC]
    assert equivalent_paths(of, KEYBOARD.split("/")[0], shelf.open, patiently) == [MAC.split("/")[0]], "a folder too"
    assert equivalent_paths(of, "cafe\u0301", shelf.open, patiently) == ["caf\u00e9"], "and the other way round"
    assert equivalent_paths(of, "자료/다른.txt", shelf.open, patiently) == []
    gone = shelf.delta("work", {}, [MAC])
    assert equivalent_paths(manifest(work, gone), KEYBOARD, shelf.open, patiently) == [], "what is hidden is not found"


def test_two_of_one_name_are_both_told_in_whatever_tier_they_are() -> None:
    shelf, mixed = Shelf(), MAC.split("/")[0] + "/" + KEYBOARD.split("/")[1]
    of = manifest(shelf.layer("work", {MAC: b"1"}), shelf.layer("deps", {mixed: b"2", "\udcff": b""}))
    assert equivalent_paths(of, KEYBOARD, shelf.open, patiently) == sorted([MAC, mixed])
