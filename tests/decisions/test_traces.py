"""Which headers of a request name a trace."""

import pytest

from shared import traces

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def continued(header: str) -> str:
    """The trace that goes on, or is begun, for a request with the header."""
    with traces.continued(header):
        return traces.headers()["traceparent"].split("-")[1]


def test_a_trace_that_the_header_names_goes_on() -> None:
    assert continued(SENT) == SENT.split("-")[1]


@pytest.mark.parametrize(
    "header",
    ["", "no trace", SENT.replace("4", "x"), f"{SENT}-{'x' * 60_000}"],
    ids=["none", "another-form", "no-number", "long"],
)
def test_what_names_none_begins_one_and_writes_nothing(header: str, caplog: pytest.LogCaptureFixture) -> None:
    begun = continued(header)
    assert len(begun) == 32
    assert begun != SENT.split("-")[1]
    assert caplog.records == []
