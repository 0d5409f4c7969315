"""Which processes make a command in front of a terminal."""

import pytest
from agent.activity.foreground import runs_command
from agent.activity.programs import Program

SHELL = Program(
    pid=10, began=1, parent=9, group=10, session=10, terminal=34816, foreground=10, state=b"S", is_traced=False, ticks=0
)
JOB = SHELL._replace(pid=11, parent=10, group=11)


@pytest.mark.parametrize(
    ("found", "runs"),
    [
        ([], False),
        ([SHELL], False),
        ([SHELL._replace(foreground=11), JOB._replace(foreground=11)], True),
        ([SHELL, JOB], False),  # in the background
        ([SHELL, JOB._replace(state=b"T")], False),  # stopped by Ctrl-Z
        ([SHELL._replace(foreground=11), JOB._replace(foreground=11, state=b"T")], False),
        ([SHELL, JOB._replace(group=10)], True),  # a task of the editor: its shell has no job control
        ([JOB._replace(terminal=0, group=-1, foreground=-1)], False),  # of no terminal
    ],
)
def test_a_command_in_front(found: list[Program], runs: bool) -> None:
    assert runs_command(found) is runs
