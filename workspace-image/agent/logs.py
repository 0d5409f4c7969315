"""Structured log lines on standard output: a constant event name, identifiers, never a token or a file's name."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent import traces
from agent.spaced_lines import SpacedLines


def event(name: str, /, severity: str = "INFO", **fields: Any) -> None:
    line = {"severity": severity, "message": name, "time": _now(), **fields, **traces.log_fields()}
    print(json.dumps(line, default=str), file=sys.stdout, flush=True)


def _now() -> str:
    """As Cloud Logging reads the time of a line: a container may be frozen between a line and its collection."""
    return datetime.now(UTC).isoformat()


def failed(name: str, error: BaseException, /, **fields: Any) -> None:
    """Logs an exception by its type and place alone: its text may quote names or content of the member's."""
    event(name, severity="ERROR", error=type(error).__name__, at=_place(error), **fields)


def _place(error: BaseException) -> str:
    """The file and line that raised the error."""
    places = traceback.extract_tb(error.__traceback__)
    return f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""


def warning(name: str, /, **fields: Any) -> None:
    event(name, severity="WARNING", **fields)


class Libraries(logging.Handler):
    """Logs the messages of aiohttp and asyncio by place and error alone: their text quotes headers, tokens among them.
    aiohttp logs each request that it can't read, and strangers may send any number of these."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = SpacedLines()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        place = f"{record.filename}:{record.lineno}"
        unsaid = self._lines.admit(record.name, f"{type(error).__name__} {_place(error)}" if error else place)
        if unsaid is None:
            return
        if error:
            failed("library-failed", error, library=record.name, unsaid=unsaid)
        else:
            event("library-said", severity=record.levelname, library=record.name, at=place, unsaid=unsaid)


def speak_for_libraries() -> None:
    """Without a handler, Python writes these messages to standard error."""
    logging.basicConfig(level=logging.WARNING, handlers=[Libraries()])
