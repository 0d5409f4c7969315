"""Ways to folders."""

import os
from pathlib import Path

import pytest
from agent.home.steps import FOLDER, Steps


def test_a_way_that_ends_early_leads_nobody_astray(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    root = os.open(tmp_path, FOLDER)
    steps = Steps(root)
    for begin in (b"", b"a", b"a/b"):
        steps.into(begin)
        with pytest.raises(FileNotFoundError):
            steps.into(b"a/b/missing/c")
        assert os.path.samestat(os.fstat(steps.into(begin)), (tmp_path / os.fsdecode(begin)).stat())
    steps.close()
    os.close(root)
