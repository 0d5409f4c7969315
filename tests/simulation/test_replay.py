"""A schedule is the same each time: what failed can be looked at by the command that the failure names."""

import shlex
import subprocess
from collections.abc import Mapping
from random import Random
from unittest.mock import patch

import pytest

from tests.running import ROOT
from tests.simulation import schedule as schedules
from tests.simulation.conftest import SIZE
from tests.simulation.functions import Loaded
from tests.simulation.schedule import play


def test_the_command_that_a_failure_names_plays_the_same_again(functions: Mapping[str, Loaded]) -> None:
    schedule, told = Random(0).randbytes(SIZE), list[str]()  # noqa: S311
    fails = patch.object(schedules, "finish", lambda world: world.fail("it fails"))
    with fails, pytest.raises(AssertionError, match="it fails") as failed:
        play(functions, schedule)
    play(functions, schedule, tell=told.append)
    command = failed.value.__notes__[-1]
    again = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert again.stdout.splitlines() == told
