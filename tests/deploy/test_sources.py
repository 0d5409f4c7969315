"""What is uploaded is what git tracks, as it is in the work tree."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.sources import ROOT, files_below, source_of, tracked_file
from tests.support.google_cloud_sdk import NEEDS_SDK


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Two tracked files, and a third that nobody added."""
    (tmp_path / "shared/inner").mkdir(parents=True)
    for name in ("shared/one.py", "shared/inner/two.py", "shared/notes.sqlite", "shared-too.py"):
        (tmp_path / name).write_text(name)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "shared/one.py", "shared/inner/two.py", "shared-too.py")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, timeout=30)


def test_a_file_that_git_does_not_track_is_not_uploaded(checkout: Path) -> None:
    assert list(files_below(checkout / "shared", checkout)) == ["shared/inner/two.py", "shared/one.py"]


def test_a_tracked_file_is_uploaded_as_it_is_in_the_work_tree(checkout: Path) -> None:
    (checkout / "shared/one.py").write_text("changed, and not added")
    (checkout / "shared/inner/two.py").unlink()
    files = files_below(checkout / "shared", checkout)
    assert {name: path.read_text() for name, path in files.items()} == {"shared/one.py": "changed, and not added"}


def test_a_file_that_has_to_be_there_and_is_not_tracked_is_named(checkout: Path) -> None:
    assert tracked_file("shared/one.py", checkout) == checkout / "shared/one.py"
    with pytest.raises(ValueError, match=r"shared/notes\.sqlite is no file that git tracks.*: git add"):
        tracked_file("shared/notes.sqlite", checkout)
    with pytest.raises(ValueError, match=r"functions/nothing/main\.py"):
        source_of("nothing")


def test_nothing_is_deployed_from_what_is_no_checkout_of_gits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ValueError, match=r"no checkout of git.s.*git clone"):
        files_below(tmp_path / "shared", tmp_path)


@NEEDS_SDK
def test_gcloud_uploads_the_operators_file_and_what_git_knows_and_leaves_out_what_git_ignores(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in (".gcloudignore", ".gitignore"):
        shutil.copy(ROOT / name, checkout)
    (checkout / "deployment.toml").touch()
    (checkout / "build").mkdir()
    (checkout / "build/made").touch()
    environment = {**os.environ, "CLOUDSDK_CONFIG": str(tmp_path_factory.mktemp("gcloud"))}
    listing = ["gcloud", "meta", "list-files-for-upload", str(checkout)]
    listed = subprocess.run(listing, env=environment, capture_output=True, text=True, check=True, timeout=60)
    uploaded = listed.stdout.split()
    assert {".git/index", ".git/HEAD", "deployment.toml", "shared/one.py"} <= set(uploaded)
    assert "build/made" not in uploaded
