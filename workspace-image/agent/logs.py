"""Structured log lines on standard output: a constant event name, identifiers, never a token or a file's name."""

import json
import logging
import sys
import time
import traceback
from pathlib import Path
from typing import Any


def event(name: str, /, severity: str = "INFO", **fields: Any) -> None:
    line = {"severity": severity, "message": name, "time": time.time(), **fields}
    print(json.dumps(line, default=str), file=sys.stdout, flush=True)


def failed(name: str, error: BaseException, /, **fields: Any) -> None:
    """By type and place alone: an exception's text may quote what a member named or wrote."""
    places = traceback.extract_tb(error.__traceback__)
    place = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    event(name, severity="ERROR", error=type(error).__name__, at=place, **fields)


def warning(name: str, /, **fields: Any) -> None:
    event(name, severity="WARNING", **fields)


class _Libraries(logging.Handler):
    """What aiohttp and asyncio log: where, and by which error, alone. Their words quote headers, tokens among them."""

    def emit(self, record: logging.LogRecord) -> None:
        place = f"{record.filename}:{record.lineno}"
        if record.exc_info and record.exc_info[1]:
            failed("library.failed", record.exc_info[1], library=record.name)
        else:
            event("library.said", severity=record.levelname, library=record.name, at=place)


def speak_for_libraries() -> None:
    """Without it, Python writes their words to standard error."""
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()])
