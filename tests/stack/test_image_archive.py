"""An image that was built elsewhere is tested as one that was built here."""

import os
import shutil
from pathlib import Path

import pytest

from local.image.build import IMAGE, load
from local.image.root import unpack
from local.image.store import Store


@pytest.mark.skipif(
    shutil.which("buildah") is None or os.geteuid() != 0, reason="buildah is installed by `make image`, as root"
)
def test_what_docker_saved_is_taken_in_the_place_of_what_was_built_here(tmp_path: Path) -> None:
    elsewhere, here = Store(tmp_path / "elsewhere"), Store(tmp_path / "here")
    for number, store in enumerate((here, elsewhere)):
        container = store.read("from", "scratch")
        (Path(store.read("mount", container)) / "etc").mkdir()
        (Path(store.read("mount", container)) / "etc/which").write_text(str(number))
        store.run("commit", "--quiet", "--signature-policy", store.signature_policy(), container, IMAGE)
    policy = elsewhere.signature_policy()
    archive = tmp_path / "saved.tar"
    elsewhere.run("push", "--quiet", "--signature-policy", policy, IMAGE, f"docker-archive:{archive}")
    load(here, archive)
    root = unpack(here, IMAGE, tmp_path / "root")
    assert (root / "etc/which").read_text() == "1"
