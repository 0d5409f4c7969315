"""What strangers can cause in the log, and what they can't keep out of it."""

import json
import logging
from collections.abc import Callable

import pytest
from agent import logs
from agent.edge.refusals import Refusals
from agent.spaced_lines import BURST


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_flood_of_false_tokens_keeps_no_line_from_a_browser_that_comes_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refusals = Refusals()
    for _ in range(5 * BURST):
        refusals.say("enter-refused", "bad-token", "not a token")
    refusals.say("enter-refused", "signed-out", "signed out")
    told = lines(capsys)
    assert [line["code"] for line in told] == ["bad-token"] * BURST + ["signed-out"]


def test_errors_that_anybody_can_cause_keep_no_line_from_one_of_another_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = logs.Libraries()

    def raised_here(act: Callable[[], object]) -> None:
        with pytest.raises(ValueError) as caught:
            act()
        exception = (caught.type, caught.value, caught.tb)
        library.emit(logging.LogRecord("aiohttp", logging.ERROR, "server.py", 1, "", (), exception))

    def ours() -> None:
        raise ValueError("of another place")

    for _ in range(5 * BURST):
        raised_here(lambda: int("x"))
    raised_here(ours)
    assert len(lines(capsys)) == BURST + 1
