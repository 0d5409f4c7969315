"""The trace that the work at hand belongs to, as the control plane names it in the header `traceparent` (W3C Trace
Context): log lines and heartbeats have its id. A task takes it along from where it was begun."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"
_FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")
_PROJECT = os.environ.get("LOGS_PROJECT", "-")
_trace: ContextVar[tuple[str, str]] = ContextVar("trace", default=("", ""))  # its id, and the span's


@contextmanager
def continued(header: str) -> Iterator[None]:
    """A context whose work belongs to the trace in `header`; to no trace if the header names none."""
    match = _FORM.fullmatch(header)
    token = _trace.set((match[1], match[2]) if match else ("", ""))
    try:
        yield
    finally:
        _trace.reset(token)


def headers() -> dict[str, str]:
    """The header for a message that is sent now; none outside of a trace. The trace is not sampled, because a session
    sends heartbeats for hours."""
    trace, span = _trace.get()
    return {HEADER: f"00-{trace}-{span}-00"} if trace else {}


def log_fields() -> dict[str, str]:
    """The fields by which Cloud Logging finds a line's trace; none outside of a trace."""
    trace, span = _trace.get()
    if not trace:
        return {}
    return {
        "logging.googleapis.com/trace": f"projects/{_PROJECT}/traces/{trace}",
        "logging.googleapis.com/spanId": span,
    }
