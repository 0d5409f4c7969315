"""Structured log lines on standard output: a constant event name, identifiers, never a token or a file's name."""

import json
import sys
import time
from typing import Any


def event(name: str, /, severity: str = "INFO", **fields: Any) -> None:
    line = {"severity": severity, "message": name, "time": time.time(), **fields}
    print(json.dumps(line, default=str), file=sys.stdout, flush=True)


def warning(name: str, /, **fields: Any) -> None:
    event(name, severity="WARNING", **fields)
