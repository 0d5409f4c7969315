"""Whether a command runs in front of one of the member's terminals, at work or waiting."""

from collections.abc import Iterable

from agent.programs import Program


def runs_command(found: Iterable[Program]) -> bool:
    """Whether the input of some terminal goes to another program than the shell that was started for it: a build on
    another machine, a slow download, or a tool that waits for an API. An editor or an interpreter that waits for its
    user is one too: no program can tell.

    A terminal's shell leads its session. At the prompt nobody else is in the process group in front.
    """
    return any(
        program.terminal != 0
        and program.group == program.foreground
        and program.pid != program.session
        and not program.is_stopped
        for program in found
    )
