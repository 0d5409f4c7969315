"""Traces: one id for all that one request of the page brings about, in functions, tasks and slots alike.

The id travels in the header `traceparent` (W3C Trace Context, https://www.w3.org/TR/trace-context/), and every log line
has it. Nothing is decided by an id, so any caller may send any.
"""

import contextvars
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

R = TypeVar("R")

HEADER = "traceparent"
LONGEST_HEADER = 55
"""Characters of a header of version 00. OpenTelemetry logs a warning about far longer ones, which anybody may send."""
_PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def continued(header: str) -> Iterator[None]:
    """Within it, work belongs to the trace that a request's header names, or to a new one.

    Lines and further requests name the span that the header names, too: it is Cloud Run's own, of this very request.
    """
    named = {HEADER: header} if len(header) <= LONGEST_HEADER else {}
    sent = trace.get_current_span(_PROPAGATOR.extract(named, context.Context())).get_span_context()
    own = sent if sent.is_valid else SpanContext(_draw(16), _draw(8), is_remote=False)
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(own)))
    try:
        yield
    finally:
        context.detach(token)


def headers() -> dict[str, str]:
    """The header by which what is asked for now belongs to the present trace; none outside of a trace."""
    carried: dict[str, str] = {}
    _PROPAGATOR.inject(carried)
    return {name: value for name, value in carried.items() if name == HEADER}


def log_fields() -> dict[str, str]:
    """The fields by which Cloud Logging finds a line's trace; none outside of a trace
    (https://cloud.google.com/logging/docs/structured-logging#special-payload-fields)."""
    own = trace.get_current_span().get_span_context()
    if not own.is_valid:
        return {}
    project = os.environ.get("GOOGLE_CLOUD_PROJECT", "-")
    return {
        "logging.googleapis.com/trace": f"projects/{project}/traces/{own.trace_id:032x}",
        "logging.googleapis.com/spanId": f"{own.span_id:016x}",
    }


def bound(act: Callable[[], R]) -> Callable[[], R]:
    """`act`, which another thread calls, as a part of the present trace."""
    here = contextvars.copy_context()
    return lambda: here.run(act)


def _draw(count: int) -> int:
    """An id of `count` bytes, which is not 0. Not by shared.machine: no schedule of the simulation depends on it."""
    return int.from_bytes(os.urandom(count)) or 1
