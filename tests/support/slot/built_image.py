"""The image that `make image` built: its file system, and its layers as a registry gets them."""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from local.image.sizes import PACKED
from tests.support.slot.container import FOLDER

IN_BUBBLEWRAP = ("bwrap", "--ro-bind", str(FOLDER), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp")  # noqa: S108


def regular_files() -> Iterator[Path]:
    return (path for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink())


def configuration() -> str:
    """The configuration and the history that go with the image."""
    index = json.loads((PACKED / "index.json").read_text())
    manifest = json.loads(_blob(index["manifests"][-1]["digest"]).read_text())
    return _blob(manifest["config"]["digest"]).read_text()


def paths_of_all_layers() -> Iterator[str]:
    """Also of files that a later layer deletes."""
    index = json.loads((PACKED / "index.json").read_text())
    for layer in json.loads(_blob(index["manifests"][-1]["digest"]).read_text())["layers"]:
        with tarfile.open(_blob(layer["digest"])) as tar:
            yield from (entry.name for entry in tar)


def run_inside(*command: str) -> str:
    """What `command` prints with nothing but the image's files, which it cannot change."""
    path = "/opt/ondol/bin:/usr/bin:/bin"
    wrapped = [*IN_BUBBLEWRAP, "--clearenv", "--setenv", "PATH", path, "--chdir", "/tmp", "--", *command]  # noqa: S108
    done = subprocess.run(wrapped, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _blob(digest: str) -> Path:
    return PACKED.joinpath("blobs", *digest.split(":"))
