"""Structured logs: one JSON object a line on stdout, as Cloud Logging reads it.

Event names are constants, fields are keywords, values are identifiers and numbers. Never a token, never a whole record.
"""

import json
import sys
import time
import traceback
from typing import Any


def info(event: str, **fields: Any) -> None:
    _write("INFO", event, fields)


def warning(event: str, **fields: Any) -> None:
    _write("WARNING", event, fields)


def error(event: str, **fields: Any) -> None:
    """Something an operator should look at."""
    _write("ERROR", event, fields)


def exception(event: str, error: BaseException) -> None:
    """An error that nobody foresaw, with where it came from."""
    _write("ERROR", event, {"error": repr(error), "stack": "".join(traceback.format_exception(error))})


def ms_since(started: float) -> float:
    """Milliseconds since `started`, a moment of the monotonic clock, as lines tell how long something took."""
    return round((time.monotonic() - started) * 1000, 1)


def _write(severity: str, event: str, fields: dict[str, Any]) -> None:
    line = json.dumps({"severity": severity, "message": event, **fields}, default=str, ensure_ascii=False)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
