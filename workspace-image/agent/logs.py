"""Structured log lines on standard output: a constant event name, identifiers, never a token or a file's name."""

import json
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
