"""Whether a command runs in the foreground of one of the member's terminals, at work or waiting."""

from collections.abc import Iterable

from agent.activity.programs import Program


def runs_command(running: Iterable[Program]) -> bool:
    """Whether the foreground process group of some terminal is another one than its shell's: a build on another
    machine, a slow download, or a tool that waits for an API. An editor or interpreter that waits for its user counts
    too, because no program can tell the difference. A terminal's shell leads its session. At the prompt, only the shell
    is in the foreground process group."""
    return any(
        program.terminal != 0
        and program.group == program.foreground
        and program.pid != program.session
        and not program.is_stopped
        for program in running
    )
