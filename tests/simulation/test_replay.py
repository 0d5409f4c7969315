"""A schedule is the same each time: what failed can be looked at by the command that the failure names."""

import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from tests.simulation import schedule as schedules
from tests.simulation.conftest import SIZE
from tests.simulation.functions import Loaded
from tests.simulation.schedule import play
from tests.support.checkout import ROOT


def test_the_command_that_a_failure_names_plays_the_same_again(functions: Mapping[str, Loaded]) -> None:
    schedule, told = Random(0).randbytes(SIZE), list[str]()  # noqa: S311
    fails = patch.object(schedules, "finish", lambda world: world.fail("it fails"))
    with fails, pytest.raises(AssertionError, match="it fails") as failed:
        play(functions, schedule)
    play(functions, schedule, tell=told.append)
    command = failed.value.__notes__[-1]
    again = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert again.stdout.splitlines() == told


def connect() -> None:
    with socket.socket() as own:
        own.connect(("127.0.0.1", 9))


@pytest.mark.parametrize(
    "act",
    [lambda: time.sleep(0), connect],
    ids=["waits for the machine's clock", "opens a socket"],
)
def test_a_schedule_that_depends_on_the_machine_fails(functions: Mapping[str, Loaded], act: Callable[[], Any]) -> None:
    machine = patch.object(schedules, "finish", lambda world: act())
    with machine, pytest.raises(AssertionError, match="waits for the machine's clock, or opens a socket"):
        play(functions, Random(0).randbytes(SIZE))  # noqa: S311


def test_what_ends_the_test_itself_is_told_as_it_is(functions: Mapping[str, Loaded]) -> None:
    """Such as its time being over, while one of the simulated processes is at work."""

    def time_is_over(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with patch.object(functions["pool"].module, "plan_pool", time_is_over), pytest.raises(KeyboardInterrupt):
        play(functions, Random(0).randbytes(SIZE))  # noqa: S311
