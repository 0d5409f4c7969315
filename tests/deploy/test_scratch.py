"""A scratch folder takes any tree that a member can make."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.scratch import scratch_folder, total_bytes
from tests.support.checkout import ROOT

LONG = "n" * 200
DEEP = 30
"""Folders in each other whose path is longer than the 4,096 bytes that Linux takes at once."""


def make_deep(folder: Path) -> None:
    """A file of 5 bytes below DEEP folders."""
    above = os.open(folder, os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir(LONG, dir_fd=above)
        below = os.open(LONG, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    with open("file", "wb", opener=lambda path, flags: os.open(path, flags, dir_fd=above)) as file:
        file.write(b"12345")
    os.close(above)


def test_a_path_that_is_too_long_is_counted_and_removed(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        make_deep(folder)
        assert total_bytes(folder) == 5
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_two_names_counts_once_and_a_link_not_at_all(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "one").write_bytes(b"123")
        os.link(folder / "one", folder / "two")
        (folder / "link").symlink_to("/etc/passwd")
        assert total_bytes(folder) == 3


CLOSED = """
import os, sys
from pathlib import Path
from deploy.scratch import scratch_folder, total_bytes
if os.geteuid() == 0:
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "closed/inner").mkdir(parents=True)
    (folder / "closed/inner/file").write_bytes(b"123")
    (folder / "closed/inner").chmod(0)
    (folder / "closed").chmod(0)
    assert total_bytes(folder) == 3
"""


def test_a_folder_without_any_rights_is_counted_and_removed() -> None:
    """As somebody who is not root: root may read everything."""
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'workspace-image'}"}
    with TemporaryDirectory() as everybodys:
        Path(everybodys).chmod(0o777)
        command = [sys.executable, "-c", CLOSED, everybodys]
        said = subprocess.run(command, cwd=ROOT, env=os.environ | path, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        assert list(Path(everybodys).iterdir()) == []
