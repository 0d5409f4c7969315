"""Layers that somebody made to do harm: each is refused, or does none. Unpacked by an ordinary user's process, with
something beside the folder that must stay as it is."""

import io
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

import agent.home.tar_in
import pytest
import zstandard
from agent.errors import BadLayer
from agent.home.steps import empty
from agent.home.tar_in import Tar
from agent.home.tar_out import record
from agent.home.unpack import MOST_ENTRIES, Unpacked

from tests.home.corpus import BAD, HARMLESS
from tests.home.photo import FOLDER, MEMBER, Photo, given_to_member, photo
from tests.home.saving import unpacked
from tests.home.tars import END, entry, extended, gone, packed, sparse, told

MEGABYTE = 1 << 20
MOST_MEMORY = 200 * MEGABYTE
"""Of the process that unpacks, with Python and all that this one has loaded."""


@dataclass
class Place:
    """`folder` is where to unpack; `around` has what is nobody's but the test's, and what only root may touch."""

    around: Path
    folder: Path

    def unpack(self, *layers: tuple[dict[str, Any], bytes]) -> Unpacked:
        into = os.open(self.folder, FOLDER)
        become = MEMBER if os.getuid() == 0 else None
        return unpacked([declared for declared, _ in layers], b"".join(content for _, content in layers), into, become)

    def canaries(self) -> Photo:
        """Everything but what was unpacked."""
        taken = photo(self.around)
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
        _check_harmless(photo(folder))
        descriptor = os.open(folder, FOLDER)
        empty(descriptor)
        os.close(descriptor)


def _check_harmless(taken: Photo) -> None:
    for thing in taken.things.values():
        assert thing.kind in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)


def layer(tar: bytes, **declared: Any) -> tuple[dict[str, Any], bytes]:
    content = packed(tar)
    return told(content, declared.pop("stream", len(tar)), **declared), content


PATHS = [
    b"..",
    b"../canary",
    b"a/../../canary",
    b"a/..",
    b"/canary",
    b"/etc/ondol-canary",
    b"//etc/canary",
    b".",
    b"./a",
    b"a/./b",
    b"a//b",
    b"a/",
    b"/",
    b"",
    b"../" * 60 + b"tmp/canary",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("way", ["file", "folder", "pax", "link", "target", "symlink", "sparse", "gone", "only"])
def test_a_path_that_leads_elsewhere(place: Place, path: bytes, way: str) -> None:
    start = entry(b"f", b"content")
    tars = {
        "file": entry(path, b"harm"),
        "folder": entry(path, kind=b"5"),
        "pax": entry(b"x", b"harm", pax=record(b"path", path)),
        "link": start + entry(path, kind=b"1", link=b"f"),
        "target": start + entry(b"g", kind=b"1", link=path),
        "symlink": entry(path, kind=b"2", link=b"f"),
        "sparse": sparse(path, 4, b"1\n0\n4\n", b"harm"),
        "gone": gone(path) + start,
    }
    if way == "only":
        chain = [layer(start + END), layer(start + END, only=os.fsdecode(path))]
    else:
        chain = [layer(start + END), layer(tars[way] + END, kind="delta")]
    if (path == b"a/" and way == "folder") or (path == b"" and way == "pax"):
        place.unpack(*chain)  # `a`; and an empty record, which says nothing
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


@pytest.mark.parametrize("name", BAD)
def test_what_no_packer_of_ours_writes(place: Place, name: str) -> None:
    with pytest.raises(BadLayer):
        place.unpack(layer(BAD[name] + END))


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_odd_and_does_no_harm(place: Place, name: str) -> None:
    place.unpack(layer(HARMLESS[name] + END))
    for path in place.folder.rglob("*"):
        status = path.lstat()
        assert not (stat.S_ISREG(status.st_mode) and status.st_mode & 0o6000)
        assert status.st_uid == (MEMBER if os.getuid() == 0 else os.getuid())


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


def test_the_paths_of_a_layer_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent.home.tar_in, "MOST_PATHS", 1000)
    tar = b"".join(entry(b"%0100d" % at) for at in range(11))
    names = [each.path for each in Tar(io.BytesIO(tar[: 10 * 512] + END).read, 0).entries()]
    assert len(names) == 10
    with pytest.raises(BadLayer):
        list(Tar(io.BytesIO(tar + END).read, 0).entries())


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
    """Of a process that unpacks what is small and says that it is large."""

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


def test_something_follows_the_last_frame(place: Place) -> None:
    tar = entry(b"f", b"x") + END
    for more in (b"trailing" * 10, packed(END), packed(entry(b"g", b"y") + END)):
        with pytest.raises(BadLayer):
            place.unpack((told(packed(tar) + more, len(tar)), packed(tar) + more))


def test_layers_that_are_cut_off_or_damaged(place: Place) -> None:
    """A hash tells before anything is taken from them; without it too, they end in BadLayer or do no harm."""
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
    _check_harmless(photo(place.folder))
    descriptor = os.open(place.folder, FOLDER)
    empty(descriptor)
    os.close(descriptor)


def test_random_bytes(place: Place) -> None:
    random = Random(7)  # noqa: S311
    for _ in range(60):
        _try(place, layer(random.randbytes(random.randrange(4000))))
