"""Opening folders step by step."""

import os
from pathlib import Path

import pytest
from agent.home.open_below import FOLDER, FolderCursor


def test_a_way_that_ends_early_leads_nobody_astray(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    root = os.open(tmp_path, FOLDER)
    steps = FolderCursor(root)
    for begin in (b"", b"a", b"a/b"):
        steps.open(begin)
        with pytest.raises(FileNotFoundError):
            steps.open(b"a/b/missing/c")
        assert os.path.samestat(os.fstat(steps.open(begin)), (tmp_path / os.fsdecode(begin)).stat())
    steps.close()
    os.close(root)
