"""The status of the newest save in the editor, as the extension's part in the browser shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.slot.window.playing import BROWSERS_PART, played

OLD = {
    "en": ("the newest save is 2 min old", "nothing was saved in this session yet", "Last saved 2 min ago"),
    "ko": ("마지막 저장은 2분 전", "아직 저장된 것이 없습니다", "마지막 저장: 2분 전"),
}


def shown(home: Path, language: str, *news: dict[str, Any]) -> tuple[list[str], list[str | None], list[str]]:
    """The messages, and the status bar's colours and texts after each of the agent's news."""
    messages, colours, texts = played(
        f"""
        const {{ SaveStatus }} = extension("status");
        const saved = new SaveStatus(wordsFor("{language}"));
        const item = status["ondol.saved"];
        const shown = {json.dumps(news)}.map((each) => (saved.told(each), [item.backgroundColor ?? null, item.text]));
        const told = calls.filter(([name]) => name === "window.showWarningMessage").map(([, text]) => text);
        return [told, shown.map(([colour]) => colour), shown.map(([, text]) => text)];
        """,
        home,
        BROWSERS_PART,
    )
    return messages, colours, texts


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_save_that_is_old_is_warned_of_once_and_coloured_until_there_is_a_new_one(
    tmp_path: Path, language: str
) -> None:
    good, late = {"saved_ago": 12, "late": False}, {"saved_ago": 121, "late": True}
    messages, colours, texts = shown(tmp_path, language, good, late, late, good, late)
    warning = "statusBarItem.warningBackground"
    assert colours == [None, warning, warning, None, warning]
    assert [OLD[language][0] in message for message in messages] == [True, True], "once for each time that it is late"
    assert [OLD[language][2] in text and "$(warning)" in text for text in texts] == [False, True, True, False, True]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_session_without_any_save_is_warned_of_too(tmp_path: Path, language: str) -> None:
    messages, colours, _ = shown(tmp_path, language, {"saved_ago": None, "late": True})
    assert [OLD[language][1] in message for message in messages] == [True]
    assert colours == ["statusBarItem.warningBackground"]
