"""Reading a whole home does not disturb the keepers at work beside it, and gives them no rights."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from agent.home.move_into_place import STAGING
from agent.home.open_below import split

from tests.home import tree_contents


@pytest.mark.skipif(os.getuid() != 0, reason="only root has rights to give")
def test_what_is_made_while_a_photo_is_taken_is_the_members(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed").mkdir(0)
    look, made = tree_contents.look_at, folder / "made"
    with ThreadPoolExecutor(1) as beside:
        beside.submit(os.getpid).result()

        def look_meanwhile(root: int, above: bytes, taken: tree_contents.TreeContents) -> None:
            monkeypatch.undo()
            beside.submit(made.mkdir).result()
            look(root, above, taken)

        monkeypatch.setattr(tree_contents, "look_at", look_meanwhile)
        taken = tree_contents.contents_of(folder)
    assert taken.things.keys() == {b"closed", b"made"}
    assert made.stat().st_uid == tree_contents.MEMBER
    with pytest.raises(PermissionError):
        list((folder / "closed").iterdir())


def test_what_is_unpacked_is_not_looked_at(folder: Path) -> None:
    """The staging folder vanishes when its tier is placed or given up."""
    (folder / os.fsdecode(STAGING) / "deps").mkdir(parents=True)
    cache, _ = split(STAGING)
    assert tree_contents.paths(folder) == [cache]
    assert tree_contents.contents_of(folder).things.keys() == {cache}
