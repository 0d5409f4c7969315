"""The trace that the agent's lines and heartbeats name."""

import asyncio
import json
import re

import pytest
from agent import logs, traces

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    [line] = capsys.readouterr().out.splitlines()
    return {name: value for name, value in json.loads(line).items() if name.startswith("logging.")}


def test_what_was_begun_in_a_trace_stays_in_it_after_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    sent: list[dict[str, str]] = []

    async def beat() -> None:
        await asyncio.sleep(0.01)
        sent.append(traces.headers())
        logs.event("later")

    async def play() -> None:
        with traces.continued(HEADER):
            beating = asyncio.create_task(beat())
        assert traces.headers() == {}
        await beating

    asyncio.run(play())
    assert sent == [{"traceparent": HEADER[:-2] + "00"}]
    assert said(capsys) == {
        "logging.googleapis.com/trace": "projects/-/traces/4bf92f3577b34da6a3ce929d0e0e4736",
        "logging.googleapis.com/spanId": "00f067aa0ba902b7",
    }


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", HEADER.upper(), HEADER + "\n", HEADER.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32)],
)
def test_what_is_no_header_is_no_trace(header: str, capsys: pytest.CaptureFixture[str]) -> None:
    with traces.continued(header):
        assert traces.headers() == {}
        logs.event("now")
    assert said(capsys) == {}


def test_a_lines_time_is_as_cloud_logging_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.event("now")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", json.loads(capsys.readouterr().out)["time"])
