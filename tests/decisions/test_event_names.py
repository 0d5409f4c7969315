"""Every event that a log line is named by is spelled the same way: lower-case words with dashes between them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.checkout import ROOT

EVENT = re.compile(r"[a-z]+(-[a-z]+)*")
FOLDERS = ("shared", "functions", "workspace-image/agent")
LOGGERS = {"info", "warning", "error", "exception", "event", "failed"}
"""What `logs` writes a line with, in the control plane and in the agent."""
PASSING_ON = {"self._log_once", "self._refusals.say", "write"}
"""What passes its first argument on to `logs`."""


def sources() -> Iterator[Path]:
    return (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path.name != "logs.py")


def named(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each call that names an event: where it is, and the names that its first argument may have."""
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        of_logs = (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in LOGGERS
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "logs"
        )
        names = [
            each.value for each in ast.walk(call.args[0]) if isinstance(each, ast.Constant) and type(each.value) is str
        ]
        is_passed_on = isinstance(call.args[0], ast.Name) and call.args[0].id in ("event", "name")
        if (of_logs and not is_passed_on) or (ast.unparse(call.func) in PASSING_ON and names):
            yield f"{path.relative_to(ROOT)}:{call.lineno}", names


def test_every_event_is_named_by_lower_case_words_with_dashes() -> None:
    events = [each for path in sources() for each in named(path)]
    assert len(events) > 100, "the calls were found"
    odd = [(place, names) for place, names in events if not names or not all(map(EVENT.fullmatch, names))]
    assert odd == []
