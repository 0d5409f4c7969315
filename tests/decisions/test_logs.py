"""A log line is one line, whatever a field has in it."""

import json

import pytest

from shared import logs


@pytest.mark.parametrize("text", ["a\u0085b", "a\u2028b", "a\nb", "\ud800", "한"])
def test_a_line_stays_one_line_that_can_be_written_anywhere(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.info("request", detail=text)
    written = capsys.readouterr().out
    assert written.isascii()
    [line] = written.splitlines()
    assert json.loads(line)["detail"] == text
