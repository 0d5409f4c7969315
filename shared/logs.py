"""Structured logs: one JSON object per line on stdout, as Cloud Logging reads it.

Event names are constants, fields are keywords, values are identifiers and numbers. A log never contains a token or a
whole record. Each line names the trace that it belongs to.
"""

import json
import sys
import traceback
from typing import Any

from shared import machine, traces


def info(event: str, **fields: Any) -> None:
    write("INFO", event, fields)


def warning(event: str, **fields: Any) -> None:
    write("WARNING", event, fields)


def error(event: str, **fields: Any) -> None:
    """Something an operator should look at."""
    write("ERROR", event, fields)


def exception(event: str, error: BaseException) -> None:
    """An unexpected error, with its stack."""
    write("ERROR", event, {"error": repr(error), "stack": "".join(traceback.format_exception(error))})


def ms_since(started: float) -> float:
    """Milliseconds since `started`, a time of the monotonic clock."""
    return round((machine.monotonic() - started) * 1000, 1)


def write(severity: str, event: str, fields: dict[str, Any]) -> None:
    whole = {"severity": severity, "message": event, **fields, **traces.log_fields()}
    line = json.dumps(whole, default=str)  # in ASCII: a stranger's line separators stay within the line
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
