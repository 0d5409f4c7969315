"""What sees all of a home is not in the way of what is at work beside it, and gives it no rights."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from agent.home.place import STAGING
from agent.home.steps import split

from tests.home import photo


@pytest.mark.skipif(os.getuid() != 0, reason="only root has rights to give")
def test_what_is_made_while_a_photo_is_taken_is_the_members(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed").mkdir(0)
    look, made = photo._look, folder / "made"
    with ThreadPoolExecutor(1) as beside:
        beside.submit(os.getpid).result()

        def look_meanwhile(root: int, above: bytes, taken: photo.Photo) -> None:
            monkeypatch.undo()
            beside.submit(made.mkdir).result()
            look(root, above, taken)

        monkeypatch.setattr(photo, "_look", look_meanwhile)
        taken = photo.photo(folder)
    assert taken.things.keys() == {b"closed", b"made"}
    assert made.stat().st_uid == photo.MEMBER
    with pytest.raises(PermissionError):
        list((folder / "closed").iterdir())


def test_what_is_unpacked_is_not_looked_at(folder: Path) -> None:
    """It vanishes when its tier is placed or given up."""
    (folder / os.fsdecode(STAGING) / "deps").mkdir(parents=True)
    cache, _ = split(STAGING)
    assert photo.paths(folder) == [cache]
    assert photo.photo(folder).things.keys() == {cache}
