"""One stack on one state folder: who holds it, who only looks, and what is left of one that ran before."""

import fcntl
import threading
from pathlib import Path

import pytest

from local.problem import Problem
from local.up import alone, running_at


def test_whoever_looks_at_that_moment_keeps_no_stack_from_starting(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        with alone(tmp_path):
            pass


def test_the_address_of_a_stack_that_ran_before_is_not_told_for_one_that_starts(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"url": "http://127.0.0.1:1"}')
    with alone(tmp_path):
        assert running_at(tmp_path) is None
        with pytest.raises(Problem, match="a stack starts or is reset"), alone(tmp_path):
            pass
        (tmp_path / "stack.json").write_text('{"url": "http://127.0.0.1:2"}')
        assert running_at(tmp_path) == "http://127.0.0.1:2"
    assert running_at(tmp_path) is None
