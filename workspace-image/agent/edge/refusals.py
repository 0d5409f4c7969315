"""Logs refused requests."""

from agent import logs
from agent.spaced_lines import SpacedLines


class Refusals:
    """Spaces the log lines of each event by `code`. So refusals of strangers without a token do not suppress the lines
    about requests with one."""

    def __init__(self) -> None:
        self._lines = SpacedLines()

    def say(self, name: str, code: str, reason: str, **fields: str | int) -> None:
        unsaid = self._lines.admit(name, code)
        if unsaid is not None:
            logs.warning(name, code=code, reason=reason, unsaid=unsaid, **fields)
