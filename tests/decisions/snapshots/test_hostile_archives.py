"""No layer harms whoever puts a home together from it: it is refused, within bounds of memory, size and time."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO
from typing import Any
from unicodedata import normalize

import pytest
import zstandard

from shared.snapshots import merged_archive, path_lookup, visible_entries
from shared.snapshots.checkpoint import Layer, Tier
from shared.snapshots.format.layout import END, FILE, FOLDER, BadLayer
from shared.snapshots.format.tar_writer import gone, header, record
from shared.snapshots.merged_archive import home
from shared.snapshots.path_lookup import at, equivalent_paths, has_path
from shared.snapshots.visible_entries import TooMuch
from shared.time_budget import TimeBudget, TooSlow
from tests.support.checkout import ROOT
from tests.support.records.hostile_layers import BAD, HARMLESS, LIES, MISPLACED, Told
from tests.support.records.layers import File, Shelf, manifest, patiently
from tests.support.records.raw_tar import entry, extended, packed, read


def readings(layer: Layer, shelf: Shelf) -> dict[str, Callable[[], object]]:
    """All that the control plane reads a layer for, to its end."""
    of = manifest(layer, tiers={"work": Tier(1 << 40, 1)})
    return {
        "a download": lambda: b"".join(home(of, shelf.open, patiently)),
        "whether a path is there": lambda: has_path(of, "zz", shelf.open, patiently),
        "what stands at a path": lambda: at(of, "zz", "work", shelf.open, patiently),
        "how a path is spelled": lambda: equivalent_paths(of, "zz", shelf.open, patiently),
    }


USES = list(readings(Shelf().layer("work", {}), Shelf()))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_the_writer_never_writes_is_refused(content: bytes, use: str) -> None:
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=packed(content), stream=len(content), entries=1000)
    with pytest.raises(BadLayer):
        readings(layer, shelf)[use]()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_not_as_declared_is_refused(lie: Told, use: str) -> None:
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=lie.content, stream=lie.stream, entries=lie.entries, logical_bytes=lie.files)
    with pytest.raises(BadLayer):
        readings(layer, shelf)[use]()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("lie", [{"sha256": "00" * 32}, {"bytes": 3}, {"bytes": 1 << 20}], ids=repr)
def test_another_object_than_declared_is_refused(lie: dict[str, Any], use: str) -> None:
    shelf = Shelf()
    with pytest.raises(BadLayer):
        readings(shelf.layer("work", {"a": b"x" * 600}, **lie), shelf)[use]()


@pytest.mark.parametrize("content", [*HARMLESS.values(), *MISPLACED.values()], ids=[*HARMLESS, *MISPLACED])
def test_a_download_of_what_is_odd_is_a_layer_again(content: bytes) -> None:
    """Whoever unpacks it decides what becomes of links that lead nowhere."""
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=packed(content), stream=len(content), entries=1000)
    of = manifest(layer, tiers={"work": Tier(1 << 40, 1)})
    given = zstandard.ZstdDecompressor().decompressobj().decompress(b"".join(home(of, shelf.open, patiently)))
    before, after = read(content)[0], read(given)[0]
    assert {each.path for each in after} == {each.path for each in before}
    assert [each for each in after if each.kind != FOLDER] == [each for each in before if each.kind != FOLDER]


def test_a_download_gives_nobody_rights() -> None:
    """Root may be who unpacks it, with a program that takes what the reader passes over."""
    capability, root = record(b"SCHILY.xattr.security.capability", b"\1" * 20), record(b"uid", b"0")
    content = (
        entry(b"f", b"x", mode=0o6755)
        + entry(b"g", b"x", mode=0o6755, pax=capability + root)
        + entry(b"h", kind=b"1", link=b"f", mode=0o6755)
        + entry(b"d", kind=b"5", mode=0o6755)
        + END
    )
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=packed(content), stream=len(content), entries=4)
    of = manifest(layer, tiers={"work": Tier(1 << 20, 1)})
    given = zstandard.ZstdDecompressor().decompressobj().decompress(b"".join(home(of, shelf.open, patiently)))
    with tarfile.open(fileobj=BytesIO(given)) as tar:
        found = {each.name: (each.mode, each.uid, sorted(each.pax_headers)) for each in tar}
    assert found == {name: (0o755, 1000, []) for name in "fghd"}


def test_memory_is_bounded_whatever_is_in_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, many = Shelf(), {f"d{number}": None for number in range(20)}
    links: dict[str, File] = {"t": b"", **{f"l{number}": ("hard", "t") for number in range(20)}}
    cases: dict[str, list[Layer]] = {
        "MOST_FOLDERS": [shelf.layer("work", many)],
        "MOST_HIDDEN": [shelf.layer("work", {}), shelf.delta("work", many)],
        "MOST_ORPHANS": [shelf.layer("work", links), shelf.delta("work", {}, ["t"])],
    }
    for bound, layers in cases.items():
        list(home(manifest(*layers), shelf.open, patiently))
        with monkeypatch.context() as patched:
            patched.setattr(visible_entries if bound == "MOST_HIDDEN" else merged_archive, bound, 10)
            with pytest.raises(TooMuch):
                list(home(manifest(*layers), shelf.open, patiently))


def test_a_home_is_no_larger_than_its_layers_stand_for() -> None:
    """What repeats after more than our compressor remembers, and less than others do, is stored once."""
    content = header(b"a", FILE, 0o644, 1, size=8 << 22) + os.urandom(1 << 22) * 8 + END
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=23, enable_ldm=True)
    small = zstandard.ZstdCompressor(compression_params=parameters).compress(content)
    assert len(small) < 5 << 20
    shelf = Shelf()
    layer = shelf.layer("work", {}, packed=small, stream=len(content), entries=1)
    given = 0
    with pytest.raises(TooMuch):
        for piece in home(manifest(layer, tiers={"work": Tier(8 << 22, 1)}), shelf.open, patiently):
            given += len(piece)
    assert given <= merged_archive.GROWTH * len(small) + merged_archive.GROWTH_BYTES


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
    "entries": [(header(b"a", FILE, 0o644, 1), 40_000)],
    "contents": [(header(b"a", FILE, 0o644, 1, size=3000 << 20), 1), (bytes(1 << 20), 3000)],
    "paths taken away": [(b"".join(gone([b"n" * 200] * 1000)), 70)],
    "headers that say nothing": [(extended(record(b"comment", b"c" * 100_000), b"g"), 3000)],
}
"""Pieces of a tar, each so many times."""


def compressed(pieces: list[tuple[bytes, int]]) -> bytes:
    """Compressed one by one: as a whole they are gigabytes."""
    compressor = zstandard.ZstdCompressor().compressobj()
    done = [compressor.compress(piece) for piece, times in [*pieces, (END, 1)] for _ in range(times)]
    return b"".join([*done, compressor.flush()])


@pytest.mark.parametrize("many", SMALL_AND_MANY)
def test_whoever_waits_is_asked_however_little_of_the_object_is_read(many: str) -> None:
    shelf, pieces = Shelf(), SMALL_AND_MANY[many]
    stream = sum(len(piece) * times for piece, times in [*pieces, (END, 1)])
    layer = shelf.layer("work", {}, packed=compressed(pieces), stream=stream, entries=70_000)
    assert layer.bytes < 1 << 18, "two or three reads bring all of it"
    tiers = {"work": Tier(3000 << 20, 3000)}
    for reading in (
        lambda check: list(home(manifest(layer, tiers=tiers), shelf.open, check)),
        lambda check: has_path(manifest(layer), "zz", shelf.open, check),
    ):
        impatience = Impatience(200)
        with pytest.raises(TooSlow):
            reading(impatience.check)
        assert impatience.asked == 201
        with pytest.raises(TooSlow):
            reading(TimeBudget(0).check)


def test_no_name_takes_seconds_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    """To put accents in their order takes time by the square of their number, and no other request has its turn."""
    accents = "e" + "\u0301\u0323" * 63
    shelf, steps = Shelf(), set[int]()

    def looked_at(form: Any, text: str) -> str:
        steps.update(len(step.encode()) for step in text.split("/"))
        return normalize(form, text)

    monkeypatch.setattr(path_lookup, "normalize", looked_at)
    of = manifest(shelf.layer("work", dict.fromkeys(["\u00e9", f"\u00e9/{accents}", accents, f"{accents}/x"], b"")))
    assert equivalent_paths(of, "e\u0301", shelf.open, patiently) == ["\u00e9"]
    assert equivalent_paths(of, "e\u0301/x", shelf.open, patiently) == []
    assert max(steps) <= 255
    longer = manifest(shelf.layer("work", {accents + "e\u0301": b""}))
    with pytest.raises(BadLayer):
        equivalent_paths(longer, "e\u0301", shelf.open, patiently)


@pytest.mark.parametrize(("kind", "outcome"), [("g", "BadLayer"), ("5", "TooMuch"), ("1", "TooMuch")])
def test_long_paths_take_no_more_memory_than_many(kind: str, outcome: str) -> None:
    """Those that are taken away, of folders, and of hard links whose target does not show through."""
    command = [sys.executable, "-m", "tests.decisions.snapshots.long_paths", kind]
    path = os.pathsep.join(str(folder) for folder in (ROOT, ROOT / "workspace-image"))
    told = subprocess.run(command, env={"PYTHONPATH": path}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.stdout, told.stderr) == (f"{outcome}\n", "")
