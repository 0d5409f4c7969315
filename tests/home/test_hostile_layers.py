"""Layers made to do harm are refused, or do no harm. An ordinary user's process unpacks them, beside files that must
not change."""

import os
import resource
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
import zstandard
from agent.home.open_below import empty
from agent.home.unpack import Unpacked

from shared.snapshots.format.layout import END, MOST_ENTRIES, BadLayer
from shared.snapshots.format.tar_writer import record
from tests.home.saving import unpacked
from tests.home.tree_contents import FOLDER, MEMBER, TreeContents, contents_of, given_to_member
from tests.support.records.hostile_layers import BAD, ELSEWHERE, HARMLESS, LIES, MISPLACED, Told, is_taken, leading
from tests.support.records.mutated_layers import mutated
from tests.support.records.raw_tar import entry, extended, gone, packed, read, sparse, told

MEGABYTE = 1 << 20
MOST_MEMORY = 200 * MEGABYTE
"""Bytes of memory of the unpacking process, with Python and everything that this process has loaded."""


@dataclass
class Place:
    """`folder`: where to unpack. `around`: the test's own files, and files that only root may touch."""

    around: Path
    folder: Path

    def unpack(self, *layers: tuple[dict[str, Any], bytes]) -> Unpacked:
        into = os.open(self.folder, FOLDER)
        become = MEMBER if os.getuid() == 0 else None
        return unpacked([declared for declared, _ in layers], b"".join(content for _, content in layers), into, become)

    def canaries(self) -> TreeContents:
        """Everything in `around` except what was unpacked."""
        taken = contents_of(self.around)
        inside = self.folder.relative_to(self.around).as_posix().encode()
        taken.things = {
            path: it for path, it in taken.things.items() if path != inside and not path.startswith(inside + b"/")
        }
        return taken


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="ondol-hostile-") as name:
        around = given_to_member(Path(name))
        for path in ("canary", "beside/canary", "beside/home/canary"):
            (around / path).parent.mkdir(exist_ok=True)
            (around / path).write_text("untouched")
            (around / path).chmod(0o666)
        folder = around / "beside/home/into"
        folder.mkdir()
        for each in (around / "beside", around / "beside/home", folder):
            given_to_member(each)
        place = Place(around, folder)
        before = place.canaries()
        yield place
        assert place.canaries().things == before.things
        _check_harmless(contents_of(folder))
        descriptor = os.open(folder, FOLDER)
        empty(descriptor)
        os.close(descriptor)


def _check_harmless(taken: TreeContents) -> None:
    for thing in taken.things.values():
        assert thing.kind in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)


def layer(tar: bytes, **declared: Any) -> tuple[dict[str, Any], bytes]:
    content = packed(tar)
    return told(content, declared.pop("stream", len(tar)), **declared), content


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize("way", ["file", "folder", "pax", "link", "target", "symlink", "sparse", "gone", "only"])
def test_a_path_that_leads_elsewhere(place: Place, path: bytes, way: str) -> None:
    start = entry(b"f", b"content")
    if way == "only":
        chain = [layer(start + END), layer(start + END, only=os.fsdecode(path))]
    else:
        chain = [layer(start + END), layer(leading(path)[way] + END, kind="delta")]
    if is_taken(path, way):
        place.unpack(*chain)
        return
    with pytest.raises(BadLayer):
        place.unpack(*chain)


OUTSIDE = [b"../canary", b"..", b"/", b"/etc", b"../../beside", b"here"]


@pytest.mark.parametrize("target", OUTSIDE)
@pytest.mark.parametrize(
    "after",
    [
        entry(b"way/canary", b"harm"),
        entry(b"way/canary/deeper", b"harm"),
        entry(b"way/new", kind=b"5"),
        entry(b"way/canary", kind=b"2", link=b"x"),
        entry(b"f", b"x") + entry(b"way/canary", kind=b"1", link=b"f"),
        entry(b"g", kind=b"1", link=b"way/canary"),
        entry(b"g", kind=b"1", link=b"way"),
        entry(b"way/.", b"x"),
    ],
)
def test_a_symlink_is_no_way(place: Place, target: bytes, after: bytes) -> None:
    start = entry(b"here", kind=b"5") + entry(b"way", kind=b"2", link=target)
    with pytest.raises(BadLayer):
        place.unpack(layer(start + after + END))
    assert list((place.folder / "here").iterdir()) == []


def test_a_symlink_stays_one_when_a_file_takes_its_place(place: Place) -> None:
    link = entry(b"way", kind=b"2", link=b"../canary")
    place.unpack(layer(link + entry(b"way", b"mine", mode=0o600) + END))
    assert (place.folder / "way").read_bytes() == b"mine"
    assert not (place.folder / "way").is_symlink()


def test_what_is_taken_away_through_a_symlink_stays(place: Place) -> None:
    start = entry(b"way", kind=b"2", link=b"..")
    place.unpack(layer(start + END), layer(gone(b"way/canary") + END, kind="delta"))
    with pytest.raises(BadLayer):
        place.unpack(layer(start + END), layer(start + END, only="way/canary"))


def test_symlinks_are_made_as_they_are(place: Place) -> None:
    targets = [b"/etc/shadow", b"..", b"x" * 200, b"\xff"]
    tar = b"".join(entry(b"%d" % at, kind=b"2", link=it, pax=record(b"linkpath", it)) for at, it in enumerate(targets))
    place.unpack(layer(tar + END))
    assert [os.fsencode((place.folder / str(at)).readlink()) for at in range(4)] == targets


@pytest.mark.parametrize("tar", [*BAD.values(), *MISPLACED.values()], ids=[*BAD, *MISPLACED])
def test_what_the_writer_never_writes(place: Place, tar: bytes) -> None:
    with pytest.raises(BadLayer):
        place.unpack(layer(tar))


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_not_as_declared(place: Place, lie: Told) -> None:
    with pytest.raises(BadLayer):
        place.unpack((told(lie.content, lie.stream, entries=lie.entries, files=lie.files), lie.content))


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_odd_and_does_no_harm(place: Place, name: str) -> None:
    place.unpack(layer(HARMLESS[name]))
    for _, folders, files, above in os.fwalk(place.folder, onerror=_raise_unless_closed):
        for each in (*folders, *files):
            status = os.lstat(each, dir_fd=above)
            assert not (stat.S_ISREG(status.st_mode) and status.st_mode & 0o6000)
            assert status.st_uid == (MEMBER if os.getuid() == 0 else os.getuid())


def _raise_unless_closed(error: OSError) -> None:
    """A folder of mode 000 is allowed, and an ordinary user can't read it."""
    if not isinstance(error, PermissionError):
        raise error


def test_paths_that_look_like_ours_can_be_brought_back(place: Place) -> None:
    tar = entry(b".returned", b"now") + entry(b".returned-", b"now") + entry(b"f", b"now") + END
    old = entry(b".returned", b"then") + entry(b"f", b"then") + END
    place.unpack(layer(tar), layer(old, only=".returned"), layer(old, only="f"))
    assert {path.name: path.read_bytes() for path in place.folder.iterdir()} == {
        ".returned": b"then",
        ".returned-": b"now",
        "f": b"then",
    }


@pytest.mark.parametrize("limit", ["entries", "files", "stream"])
def test_more_than_declared(place: Place, limit: str) -> None:
    tar = entry(b"d", kind=b"5") + entry(b"f", b"x" * 10) + END
    enough = {"entries": 2, "files": 10, "stream": len(tar)}
    place.unpack(layer(tar, **enough))
    for each in ("d", "f"):
        path = place.folder / each
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(BadLayer):
        place.unpack(layer(tar, **enough | {limit: enough[limit] - 1}))


def test_less_than_declared(place: Place) -> None:
    tar = entry(b"f", b"x") + END
    with pytest.raises(BadLayer):
        place.unpack(layer(tar, stream=len(tar) + 1))
    content = packed(tar)
    with pytest.raises(BadLayer):
        place.unpack((told(content, len(tar)) | {"bytes": len(content) - 1}, content))


def test_more_is_taken_away_than_declared(place: Place) -> None:
    many = b"".join(gone(*(b"%d" % (at + n) for n in range(1000))) for at in range(0, 10_000, 1000))
    with pytest.raises(BadLayer):
        place.unpack(layer(entry(b"f", b"x") + END), layer(many + END, kind="delta", entries=9_999))


def test_more_entries_are_declared_than_a_home_holds(place: Place) -> None:
    place.unpack(layer(entry(b"f", b"x") + END, entries=MOST_ENTRIES))
    with pytest.raises(BadLayer):
        place.unpack(layer(entry(b"f", b"x") + END, entries=MOST_ENTRIES + 1))


def test_a_delta_that_stands_first(place: Place) -> None:
    with pytest.raises(BadLayer):
        place.unpack(layer(END, kind="delta"))


def test_folders_in_folders(place: Place) -> None:
    for depth in (100, 1000, 10_000):
        way = b"/".join([b"d"] * depth)
        tar = entry(b"f", b"x", pax=record(b"path", way))
        if depth == 100:
            place.unpack(layer(tar + END))
            continue
        with pytest.raises(BadLayer):
            place.unpack(layer(tar + END, only=None))


class TestMemory:
    """The memory that a process takes to unpack a small layer with large declared sizes."""

    @pytest.fixture(autouse=True)
    def bounded(self, place: Place) -> Iterator[None]:
        """Such a process may not even ask for more."""
        before = resource.getrlimit(resource.RLIMIT_DATA)
        used = int(
            next(it for it in Path("/proc/self/status").read_text().splitlines() if it.startswith("VmData")).split()[1]
        )
        resource.setrlimit(resource.RLIMIT_DATA, (used * 1024 + MOST_MEMORY, before[1]))
        yield
        resource.setrlimit(resource.RLIMIT_DATA, before)

    def test_a_bomb_is_cut_off_at_what_it_declares(self, place: Place) -> None:
        zeros = b"\0" * MEGABYTE
        compressor = zstandard.ZstdCompressor(level=3)
        start = entry(b"f", b"", size=2 << 30)
        with_more = compressor.compressobj()
        bomb = with_more.compress(start) + b"".join(with_more.compress(zeros) for _ in range(2048)) + with_more.flush()
        assert len(bomb) < MEGABYTE
        with pytest.raises(BadLayer):
            place.unpack((told(bomb, MEGABYTE, files=2 << 30), bomb))
        with pytest.raises(BadLayer):
            place.unpack((told(bomb, 3 << 30, files=MEGABYTE), bomb))

    def test_a_window_larger_than_ours(self, place: Place) -> None:
        tar = entry(b"f", Random(1).randbytes(MEGABYTE)) + END  # noqa: S311
        parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, write_content_size=False)
        content = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        large = content.compress(tar) + content.flush()
        with pytest.raises(BadLayer):
            place.unpack((told(large, len(tar), files=2 * MEGABYTE), large))

    def test_a_million_entries(self, place: Place) -> None:
        one = entry(b"d", kind=b"5")
        compressor = zstandard.ZstdCompressor(level=1).compressobj()
        many = (
            b"".join(compressor.compress(one * 1000) for _ in range(1000))
            + compressor.compress(END)
            + compressor.flush()
        )
        with pytest.raises(BadLayer):
            place.unpack((told(many, 1_000_000 * len(one) + len(END), entries=1000), many))

    def test_a_million_paths_taken_away(self, place: Place) -> None:
        compressor = zstandard.ZstdCompressor(level=1).compressobj()
        some = gone(*(b"p%d" % at for at in range(10_000)))
        many = b"".join(compressor.compress(some) for _ in range(100)) + compressor.compress(END) + compressor.flush()
        first = layer(entry(b"f", b"x") + END)
        with pytest.raises(BadLayer):
            place.unpack(first, (told(many, 100 * len(some) + len(END), entries=1000, kind="delta"), many))

    def test_long_paths_taken_away(self, place: Place) -> None:
        compressor = zstandard.ZstdCompressor(level=1).compressobj()
        some = gone(*(b"/".join([b"%0250d" % at] * 239) for at in range(17)))
        many = b"".join(compressor.compress(some) for _ in range(300)) + compressor.compress(END) + compressor.flush()
        first = layer(entry(b"f", b"x") + END)
        with pytest.raises(BadLayer):
            place.unpack(first, (told(many, 300 * len(some) + len(END), entries=5100, kind="delta"), many))

    def test_headers_without_entries(self, place: Place) -> None:
        some = extended(record(b"comment", b"c" * 100_000), b"g")
        tar = some * 300 + entry(b"f", b"x") + END
        place.unpack(layer(tar))
        assert (place.folder / "f").read_bytes() == b"x"


def test_frames_one_behind_the_other_are_one_stream(place: Place) -> None:
    tar = entry(b"f", b"x") + END
    halves = packed(tar[:512]) + packed(tar[512:])
    place.unpack((told(halves, len(tar)), halves))
    assert (place.folder / "f").read_bytes() == b"x"


def test_layers_that_are_cut_off_or_damaged(place: Place) -> None:
    """A wrong hash refuses such bytes before. Without the hash, they end in BadLayer or do no harm."""
    random = Random(5)  # noqa: S311
    content = random.randbytes(3000)
    tar = b"".join(
        (
            entry(b"d", kind=b"5"),
            entry(b"d/f", content, pax=record(b"mtime", b"5.5")),
            sparse(b"d/s", 5000, b"1\n0\n4\n", b"data"),
            entry(b"d/g", kind=b"1", link=b"d/f"),
            entry(b"s", kind=b"2", link=b"d"),
            END,
        )
    )
    good = packed(tar)
    for at in sorted({0, 1, 4, 8, len(good) - 1, *random.sample(range(len(good)), 60)}):
        with pytest.raises(BadLayer):
            place.unpack((told(good, len(tar)) | {"bytes": at}, good[:at]))
        with pytest.raises(BadLayer):
            place.unpack((told(good, len(tar)), good[:at]))
    plain = sorted({*range(0, 512, 7), *range(512, len(tar), 61)})
    for at in plain:
        flipped = bytearray(tar)
        flipped[at] ^= 1 << random.randrange(8)
        _try(place, layer(bytes(flipped)))
    for at in sorted(random.sample(range(len(good)), 100)):
        broken = bytearray(good)
        broken[at] ^= 1 << random.randrange(8)
        _try(place, (told(good, len(tar)), bytes(broken)))


def _try(place: Place, given: tuple[dict[str, Any], bytes]) -> None:
    with suppress(BadLayer):
        place.unpack(given)
    _clear(place)


def _clear(place: Place) -> None:
    _check_harmless(contents_of(place.folder))
    descriptor = os.open(place.folder, FOLDER)
    empty(descriptor)
    os.close(descriptor)


def test_layers_that_somebody_changed(place: Place) -> None:
    """A layer that the reader refuses is refused here. Of other layers, everything that is placed is harmless."""
    refused = 0
    for seed in range(200):
        tar = mutated(seed)
        try:
            read(tar, entries=500)
        except BadLayer:
            refused += 1
            with pytest.raises(BadLayer):
                place.unpack(layer(tar, entries=500, files=1 << 40))
            _clear(place)
        _try(place, layer(tar, entries=500, files=1 << 40))
    assert 50 < refused < 180


def test_random_bytes(place: Place) -> None:
    random = Random(7)  # noqa: S311
    for _ in range(60):
        _try(place, layer(random.randbytes(random.randrange(4000))))
