"""What the processes of a stack have logged."""

import json
from typing import Any

from tests.support.stack.running import Running

TRACE = "logging.googleapis.com/trace"


def lines(stack: Running, of: str, event: str = "", **fields: Any) -> list[dict[str, Any]]:
    """The lines of `of`: a function, or `*` for all of them and every slot. Those of one event, and with these fields,
    if they are given."""
    pattern = "**/*.log" if of == "*" else f"logs/{of}.log"
    found = []
    for file in sorted(stack.state.glob(pattern)):
        for text in file.read_text(errors="replace").splitlines():
            line = _read(text)
            if line and event in ("", line["message"]) and fields.items() <= line.items():
                found.append(line)
    return found


def _read(text: str) -> dict[str, Any] | None:
    """None for what no function and no agent has written."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "message" in line else None
