"""What members read, from the tables of strings themselves: a journey presses it in the member's language."""

import re

from tests.support.checkout import ROOT

LANGUAGES = ("en", "ko")


def on_the_page(language: str, subject: str, key: str) -> str:
    """A text of the page. Raises ValueError if the subject's file has not exactly one such text."""
    [text] = _texts(f"web/src/strings/{language}/{subject}.ts", key)
    return text


def in_the_editor(language: str, key: str) -> str:
    """A text of Ondol's extension, whose one file has each language once."""
    return dict(zip(LANGUAGES, _texts("workspace-image/extension/words.js", key), strict=True))[language]


def _texts(file: str, key: str) -> list[str]:
    return re.findall(rf'^ +{key}: "([^"]*)",$', (ROOT / file).read_text(), re.MULTILINE)
