"""Walking and packing a home: what is in a layer, and when a tier counts as changed."""

import os
import socket
import subprocess
from pathlib import Path

from agent.pack import pack
from agent.tiers import BOOT, DEPS, TIERS, WORK
from agent.walk import walk


def fingerprints(home: Path) -> dict[str, str]:
    return {tier: contents.fingerprint for tier, contents in walk(os.fsencode(home)).items()}


def packed(home: Path, into: Path, known: dict[str, str] | None = None) -> dict[str, dict[str, object]]:
    """Packs every changed tier into its own file."""
    pipes = {tier: os.open(into / tier, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for tier in TIERS}
    return pack(os.fsencode(home), known or {}, pipes)


def names(layer: Path) -> list[str]:
    listing = subprocess.run(["tar", "--zstd", "-tf", layer], capture_output=True, text=True, check=True, timeout=30)
    return sorted(listing.stdout.splitlines())


def test_each_tier_is_a_tar_that_anyone_can_open(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    for folder in (home / "project/node_modules/a", home / "empty", home / ".cache", out):
        folder.mkdir(parents=True)
    (home / "project/a.txt").write_text("work")
    (home / "project/node_modules/a/index.js").write_text("deps")
    (home / ".bashrc").write_text("boot")
    (home / ".cache/x").write_text("never")
    report = packed(home, out)
    assert names(out / BOOT) == ["./.bashrc"]
    assert names(out / WORK) == ["./empty/", "./project/", "./project/a.txt"]
    assert names(out / DEPS) == [
        "./project/node_modules/",
        "./project/node_modules/a/",
        "./project/node_modules/a/index.js",
    ]
    assert report[WORK]["entries"] == 3
    assert report[WORK]["logical_bytes"] == 4


def test_only_what_changed_is_packed(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    (home / "project").mkdir(parents=True)
    out.mkdir()
    (home / "project/a.txt").write_text("one")
    (home / ".bashrc").write_text("boot")
    before = fingerprints(home)
    (home / "project/a.txt").write_text("two")
    report = packed(home, out, before)
    assert {tier for tier in TIERS if report[tier]["changed"]} == {WORK}
    assert (out / BOOT).stat().st_size == 0


def test_what_counts_as_a_change(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = home / "a.txt"
    file.write_text("one")
    seen = [fingerprints(home)[WORK]]

    def changed() -> bool:
        seen.append(fingerprints(home)[WORK])
        return seen[-1] != seen[-2]

    assert not changed()
    file.chmod(0o755)
    assert changed()
    status = file.stat()
    file.write_text("two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert changed(), "an old mtime does not hide a new content"
    file.rename(home / "b.txt")
    assert changed()
    (home / "folder").mkdir()
    assert changed()
    (home / ".cache").mkdir()
    assert not changed()


def test_what_cannot_be_saved_is_left_out(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / "socket"))
        packed(home, out)
    assert (out / WORK).stat().st_size == 0


def test_what_its_owner_may_not_read_is_made_readable_for_them(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    (home / "locked").mkdir(parents=True)
    out.mkdir()
    (home / "locked/secret").write_text("kept")
    (home / "locked/secret").chmod(0)
    (home / "locked").chmod(0)
    packed(home, out)
    assert names(out / WORK) == ["./locked/", "./locked/secret"]
    assert (home / "locked").stat().st_mode & 0o777 == 0o500
