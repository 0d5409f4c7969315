"""The snapshot format's reader takes what its writer writes, and what the format allows, up to each limit."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.snapshots.format import tar_reader
from shared.snapshots.format.layout import (
    END,
    FILE,
    FOLDER,
    FURTHEST,
    LINK,
    LONGEST_NAME,
    LONGEST_PATH,
    MOST_AFTER_END,
    MOST_NAMES,
    SYMLINK,
    BadLayer,
    checksum,
    padding,
)
from shared.snapshots.format.tar_writer import copy_header, gone, header, record, sparse_header
from tests.support.checkout import ROOT
from tests.support.records.hostile_layers import BAD, HARMLESS, MISPLACED
from tests.support.records.raw_tar import entry, read

FORMAT = ROOT / "shared/snapshots/format"


@pytest.mark.parametrize("tar", BAD.values(), ids=BAD)
@pytest.mark.parametrize("piece", [1, 512, 1 << 20])
def test_what_the_writer_never_writes_is_refused(tar: bytes, piece: int) -> None:
    if len(tar) > 1 << 19 and piece == 1:
        piece = 1000
    with pytest.raises(BadLayer):
        read(tar, piece=piece)


@pytest.mark.parametrize("tar", [*HARMLESS.values(), *MISPLACED.values()], ids=[*HARMLESS, *MISPLACED])
def test_what_is_odd_is_read_the_same_in_whatever_pieces(tar: bytes) -> None:
    assert read(tar, piece=1 << 20) == read(tar, piece=7 if len(tar) < 1 << 18 else 1001)


def test_paths_are_taken_up_to_the_longest() -> None:
    longest = b"/".join([b"n" * 159] * MOST_NAMES) + b"n"
    assert len(longest) == LONGEST_PATH
    for tar in (header(longest, FILE, 0o644, 0), header(b"f", LINK, 0o644, 0, link=longest), *gone([longest])):
        read(tar + END)
    for longer in (longest + b"n", longest.removesuffix(b"nn") + b"/n"):
        for tar in (header(longer, FILE, 0o644, 0), header(b"f", LINK, 0o644, 0, link=longer), *gone([longer])):
            with pytest.raises(BadLayer):
                read(tar + END)
    read(header(b"n" * LONGEST_NAME, FILE, 0o644, 0) + END)
    with pytest.raises(BadLayer):
        read(header(b"n" * (LONGEST_NAME + 1), FILE, 0o644, 0) + END)


def test_zeros_are_taken_up_to_so_many() -> None:
    read(entry(b"f") + bytes(MOST_AFTER_END))
    with pytest.raises(BadLayer):
        read(entry(b"f") + bytes(MOST_AFTER_END + 1))


def test_the_paths_of_a_layer_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_reader, "MOST_PATH_BYTES", 1000)
    tar = b"".join(entry(b"%0100d" % at) for at in range(11))
    assert len(read(tar[: 10 * 512] + END)[0]) == 10
    with pytest.raises(BadLayer):
        read(tar + END)


NAMES = st.binary(min_size=1, max_size=LONGEST_NAME).filter(lambda it: not {0, 47} & {*it} and it not in (b".", b".."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)
TIMES = st.integers(-FURTHEST, FURTHEST) | st.integers(0, 8**11).map(lambda seconds: seconds * 10**9)
MODES = st.integers(0, 0o7777)


@given(PATHS, MODES, TIMES, st.binary(max_size=2000))
def test_a_file_is_read_as_it_was_written(path: bytes, mode: int, mtime_ns: int, content: bytes) -> None:
    tar = header(path, FILE, mode, mtime_ns, len(content)) + content + padding(len(content)) + END
    ((found,), _) = read(tar)
    assert (found.path, found.mode, found.mtime_ns, found.size) == (path, mode & 0o1777, mtime_ns, len(content))
    assert copy_header(found, path) == header(path, FILE, mode & 0o1777, mtime_ns, len(content))
    assert found.parts is None


@given(PATHS, PATHS, MODES, TIMES)
def test_all_else_is_read_as_it_was_written(path: bytes, other: bytes, mode: int, mtime_ns: int) -> None:
    taken, kept = [other, path, other + b"/x"], [FOLDER, LINK, SYMLINK]
    start = b"".join(gone(taken))
    modes = {FOLDER: mode, LINK: mode & 0o1777, SYMLINK: mode & 0o1777}
    links = {FOLDER: b"", LINK: other, SYMLINK: other}
    tar = start + b"".join(header(path, kind, mode, mtime_ns, link=links[kind]) for kind in kept)
    found, away = read(tar + END)
    assert away == taken
    assert [(each.kind, each.path, each.mtime_ns) for each in found] == [(kind, path, mtime_ns) for kind in kept]
    assert (found[0].mode, [each.link for each in found[1:]]) == (mode, [other, other])
    again = [header(path, kind, modes[kind], mtime_ns, link=links[kind]) for kind in kept]
    assert [copy_header(each, each.path) for each in found] == again


@given(PATHS, TIMES, st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 5000)), max_size=40))
def test_holes_are_read_as_they_were_written(path: bytes, mtime_ns: int, gaps: list[tuple[int, int]]) -> None:
    parts, at = [], 0
    for gap, length in gaps:
        parts.append((at + gap, length))
        at += gap + length
    parts.append((at, 0))
    stored = sum(length for _, length in parts)
    start = sparse_header(path, 0o644, mtime_ns, at, parts)
    ((found,), _) = read(start + bytes(stored) + padding(stored) + END)
    assert (found.path, found.size, found.stored, found.parts) == (path, at, stored, parts)
    assert copy_header(found, path) == start


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 2**53 - 1])
def test_a_large_file_has_its_size_in_a_record(size: int) -> None:
    start = header(b"f", FILE, 0o644, 0, size)
    assert (record(b"size", b"%d" % size) in start) == (size >= 8**11)
    tar = tar_reader.Tar(iter([start, b""]).__next__, stream=1 << 60, entries=1, logical_bytes=size, gone=print)
    entries = iter(tar)
    assert next(entries).size == size
    with pytest.raises(BadLayer, match="too early"):
        next(entries)


@given(st.binary(min_size=512, max_size=512) | st.integers(0, 255).map(lambda byte: bytes([byte]) * 512))
@settings(max_examples=200)
def test_a_checksum_is_the_sum_of_the_bytes(block: bytes) -> None:
    assert checksum(block) == sum(block[:148]) + sum(block[156:]) + 8 * 32


def test_the_package_stands_on_the_standard_library_alone(tmp_path: Path) -> None:
    """As in a slot, where nothing else of `shared` is."""
    for path in FORMAT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.partition(".")[0] in sys.stdlib_module_names or name.startswith("shared.snapshots.format.")
    installed = tmp_path / "shared/snapshots/format"
    installed.mkdir(parents=True)
    for path in (*FORMAT.glob("*.py"), FORMAT.parent / "__init__.py", FORMAT.parent.parent / "__init__.py"):
        (tmp_path / path.relative_to(ROOT)).write_text(path.read_text())
    program = "from shared.snapshots.format import tar_reader, tar_writer; print(tar_reader.__file__)"
    run = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {program}"]
    found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == (f"{installed / 'tar_reader.py'}\n", "")
