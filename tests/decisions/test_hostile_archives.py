"""No layer harms whoever puts a home together from it: it is refused, within bounds of memory, size and time."""

import os
import subprocess
import sys
import tarfile
from typing import Any
from unicodedata import normalize

import pytest
import zstandard

from shared.snapshots import merged_archive
from shared.snapshots.checkpoint import Layer, Tier
from shared.snapshots.format import tar_reader
from shared.snapshots.format.tar_reader import BrokenArchive
from shared.snapshots.merged_archive import TooMuch, holds, home, spelled_alike
from shared.time_budget import TimeBudget, TooSlow
from tests.layers import File, Shelf, manifest, patiently, tar
from tests.running import ROOT


def header(name: str, **fields: Any) -> bytes:
    entry = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry.tobuf(tarfile.PAX_FORMAT)


ONE = tar({"a": b"x" * 600})


def sized(kind: bytes, size: bytes) -> bytes:
    """A header that says `size`, in twelve bytes, with the right checksum."""
    block = header("a", type=kind)
    block = block[:124] + size + block[136:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


EVIL: dict[str, dict[str, Any]] = {
    "a step up": {"content": header("../x") + tar_reader.END},
    "a step up further on": {"content": header("a/../../x") + tar_reader.END},
    "an absolute path": {"content": header("/etc/passwd") + tar_reader.END},
    "a hard link out": {"content": header("a", type=tarfile.LNKTYPE, linkname="../../x") + tar_reader.END},
    "a device": {"content": header("a", type=tarfile.CHRTYPE) + tar_reader.END},
    "a pipe": {"content": header("a", type=tarfile.FIFOTYPE) + tar_reader.END},
    "more entries than declared": {"content": tar({"a": b"", "b": b""}), "entries": 1},
    "more taken away than declared": {"content": tar({}, ["a", "b", "c"]), "entries": 2},
    "a step up taken away": {"content": tar({}, ["../x"])},
    "more bytes than declared": {"content": ONE, "stream": len(ONE) - 1},
    "a bomb": {
        "packed": zstandard.ZstdCompressor().compress(header("a", size=1 << 28) + bytes(1 << 28)),
        "stream": 9999,
    },
    "a window that takes all memory": {
        "packed": zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
        ).compress(bytes(1 << 28)),
    },
    "bytes behind its end": {"content": ONE + b"\1" * 512},
    "an end that is missing": {"content": ONE[:512]},
    "an end within a file": {"content": ONE[:700]},
    "a wrong checksum": {"content": b"z" + ONE[1:]},
    "no zstd": {"packed": b"not compressed at all"},
    "a frame that is cut off": {"packed": zstandard.ZstdCompressor().compress(ONE)[:-5]},
    "another hash": {"sha256": "00" * 32},
    "another size": {"bytes": 3},
    "an extended header without end": {"content": header("x", type=tarfile.XHDTYPE, size=1 << 40)},
    "an extended header of one long record": {
        "content": header("x", type=tarfile.XHDTYPE, size=99_999) + b"99999 path=".ljust(100_352, b"x") + tar_reader.END
    },
    "an extended header with an odd length": {
        "content": header("x", type=tarfile.XHDTYPE, size=9) + b"-5 path=x".ljust(512, b"\0") + tar_reader.END
    },
    "an extended header after another": {"content": header("x", type=tarfile.XHDTYPE) * 2 + tar_reader.END},
    "a global header later": {"content": header("a") + header("g", type=tarfile.XGLTYPE) + tar_reader.END},
    "a path of too many steps": {"content": tar_reader.folder(b"/".join([b"a"] * 401), 0o755, b"1") + tar_reader.END},
    "too many steps taken away": {"content": tar({}, ["/".join(["a"] * 401)])},
    "a path that is too long": {"content": tar_reader.folder(b"a" * (128 * 1024 + 1), 0o755, b"1") + tar_reader.END},
    "a time that is too long": {"content": tar_reader.folder(b"a", 0o755, b"1" * 33) + tar_reader.END},
    "a size that is no number": {"content": header("a")[:124] + b"zzzzzzzzzzz\0" + header("a")[136:] + tar_reader.END},
    **{
        f"a size below nothing, of kind {kind.decode()}": {"content": sized(kind, b"-0000001001\0") + tar_reader.END}
        for kind in (tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.XGLTYPE)
    },
    "a folder with contents": {"content": header("a", type=tarfile.DIRTYPE, size=512) + bytes(512) + tar_reader.END},
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_a_hostile_layer_is_refused(evil: dict[str, Any]) -> None:
    shelf = Shelf()
    layer = shelf.layer("work", {}, **{"stream": 1 << 30, "entries": 1, **evil})
    for work in (
        lambda: list(home(manifest(layer), shelf.open, patiently)),
        lambda: holds(manifest(layer), "zz", shelf.open, patiently),
    ):
        with pytest.raises(BrokenArchive):
            work()


def test_memory_is_bounded_whatever_is_in_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, many = Shelf(), {f"d{number}": None for number in range(20)}
    links: dict[str, File] = {"t": b"", **{f"l{number}": ("hard", "t") for number in range(20)}}
    cases: dict[str, list[Layer]] = {
        "MOST_FOLDERS": [shelf.layer("work", many)],
        "MOST_PATHS": [shelf.layer("work", {}), shelf.delta("work", many)],
        "MOST_ORPHANS": [shelf.layer("work", links), shelf.delta("work", {}, ["t"])],
    }
    for bound, layers in cases.items():
        list(home(manifest(*layers), shelf.open, patiently))
        with monkeypatch.context() as patched:
            patched.setattr(merged_archive, bound, 10)
            with pytest.raises(TooMuch):
                list(home(manifest(*layers), shelf.open, patiently))


def test_a_home_is_no_larger_than_its_layers_stand_for() -> None:
    """What repeats after more than our compressor remembers, and less than others do, is stored once."""
    content = header("a", size=8 << 22) + os.urandom(1 << 22) * 8 + tar_reader.END
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=23, enable_ldm=True)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compress(content)
    assert len(packed) < 5 << 20
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=packed, stream=len(content), entries=1)
    given = 0
    with pytest.raises(TooMuch):
        for piece in home(manifest(layer, tiers={"work": Tier(8 << 22, 1)}), shelf.open, patiently):
            given += len(piece)
    assert given <= merged_archive.GROWTH * len(packed) + merged_archive.GROWTH_BYTES


def test_a_home_holds_no_more_than_its_tiers_declare_but_for_what_files_grew_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf = Shelf()
    layer = shelf.layer("work", {f"f{number}": bytes(1 << 20) for number in range(8)})
    told, grown = {"work": Tier(8 << 20, 8)}, {"work": Tier(1, 1)}
    assert list(home(manifest(layer, tiers=grown), shelf.open, patiently)), "it grew while it was saved"
    monkeypatch.setattr(merged_archive, "GROWN_BYTES", 1 << 20)
    assert list(home(manifest(layer, tiers=told), shelf.open, patiently))
    with pytest.raises(TooMuch):
        list(home(manifest(layer, tiers=grown), shelf.open, patiently))


class Impatience:
    """Has so much patience, and counts how often it was asked."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self.asked = 0

    def check(self) -> None:
        self.asked += 1
        if self.asked > self._patience:
            raise TooSlow("no patience is left")


SMALL_AND_MANY: dict[str, list[tuple[bytes, int]]] = {
    "entries": [(header("a"), 3000)],
    "contents": [(header("a", size=3000 * tar_reader.CHUNK), 1), (bytes(tar_reader.CHUNK), 3000)],
    "paths taken away": [(tar({}, ["p" * 100_000])[: 512 + 100_352], 3000)],
}
"""Pieces of a tar, each so many times."""


def compressed(pieces: list[tuple[bytes, int]]) -> bytes:
    """Compressed one by one: as a whole they are gigabytes."""
    compressor = zstandard.ZstdCompressor().compressobj()
    done = [compressor.compress(piece) for piece, times in [*pieces, (tar_reader.END, 1)] for _ in range(times)]
    return b"".join([*done, compressor.flush()])


@pytest.mark.parametrize("many", SMALL_AND_MANY)
def test_whoever_waits_is_asked_however_little_of_the_object_is_read(many: str) -> None:
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=compressed(SMALL_AND_MANY[many]), stream=1 << 40, entries=3000)
    assert layer.bytes < 1 << 18, "two or three reads bring all of it"
    tiers = {"work": Tier(3000 << 20, 3000)}
    for read in (
        lambda check: list(home(manifest(layer, tiers=tiers), shelf.open, check)),
        lambda check: holds(manifest(layer), "zz", shelf.open, check),
    ):
        impatience = Impatience(250)
        with pytest.raises(TooSlow):
            read(impatience.check)
        assert impatience.asked == 251
        with pytest.raises(TooSlow):
            read(TimeBudget(0).check)


def test_no_name_takes_seconds_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    """To put accents in their order takes time by the square of their number, and no other request has its turn."""
    accents = "e" + "\u0301\u0323" * 30_000
    names = ["\u00e9", f"\u00e9/{accents}", accents, f"{accents}/x"]
    shelf, steps = Shelf(), set[int]()

    def looked_at(form: Any, text: str) -> str:
        steps.update(len(step.encode()) for step in text.split("/"))
        return normalize(form, text)

    monkeypatch.setattr(merged_archive, "normalize", looked_at)
    of = manifest(shelf.layer("work", dict.fromkeys(names, b"")))
    assert spelled_alike(of, "e\u0301", shelf.open, patiently) == ["\u00e9"]
    assert spelled_alike(of, "e\u0301/x", shelf.open, patiently) == []
    assert max(steps) <= 255


@pytest.mark.parametrize(("kind", "outcome"), [("g", "read"), ("5", "TooMuch"), ("1", "TooMuch")])
def test_long_paths_take_no_more_memory_than_many(kind: str, outcome: str) -> None:
    """Those that are taken away, of folders, and of hard links whose target does not show through."""
    command = [sys.executable, "-m", "tests.decisions.long_paths", kind]
    path = os.pathsep.join(str(folder) for folder in (ROOT, ROOT / "workspace-image"))
    told = subprocess.run(command, env={"PYTHONPATH": path}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.stdout, told.stderr) == (f"{outcome}\n", "")
