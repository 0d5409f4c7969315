"""What members read, from the tables of strings themselves: a journey looks for it in the member's language."""

import re

from tests.support.checkout import ROOT

LANGUAGES = ("en", "ko")
EDITOR = "workspace-image/extension/words.js"
BROWSERS_PART = "workspace-image/browser-extension/words.js"
WINDOW = "workspace-image/window/words.js"


def on_the_page(language: str, subject: str, key: str) -> str:
    """A text of the page; `invitation.accept` is the first `accept` in the part `invitation` of the table. Raises
    ValueError if the subject's file has not exactly one such text."""
    [text] = _texts(f"web/src/strings/{language}/{subject}.ts", key)
    return text


def filled_on_the_page(language: str, subject: str, key: str, **parts: str) -> re.Pattern[str]:
    """A text of the page that something is put into. `parts` are regular expressions by the names that the table has
    for them; any text will do for the others."""
    [template] = _templates(f"web/src/strings/{language}/{subject}.ts", key)
    return _filled(template, parts)


def in_the_editor(language: str, key: str, file: str = EDITOR) -> str:
    """A text of one of Ondol's scripts in the editor, whose one file has each language once."""
    return dict(zip(LANGUAGES, _texts(file, key), strict=True))[language]


def filled_in_the_editor(language: str, key: str, file: str = EDITOR, **parts: str) -> re.Pattern[str]:
    """As `filled_on_the_page`, of one of Ondol's scripts in the editor."""
    return _filled(dict(zip(LANGUAGES, _templates(file, key), strict=True))[language], parts)


def ending(language: str, reason: str, part: str) -> str:
    """What the cover over the editor says of a session that has ended: its `title` or its `button`."""
    told = re.findall(rf'^ +"?{reason}"?: \{{[^}}]*\b{part}: "([^"]*)"', (ROOT / WINDOW).read_text(), re.MULTILINE)
    return str(dict(zip(LANGUAGES, told, strict=True))[language])


def _texts(file: str, key: str) -> list[str]:
    *parts, name = key.split(".")
    text = (ROOT / file).read_text()
    for part in parts:
        text = text.partition(f"{part}: {{")[2]
    found = re.findall(rf'(?<![\w-]){name}"?:\s+"([^"]*)"', text)
    return found[:1] if parts else found


def _templates(file: str, key: str) -> list[str]:
    return re.findall(rf'^ +"?{key}"?: \([^)]*\) =>\s+`([^`]*)`,$', (ROOT / file).read_text(), re.MULTILINE)


def _filled(template: str, parts: dict[str, str]) -> re.Pattern[str]:
    [said, *rest] = re.split(r"\$\{(\w+)\}", template)
    pattern = re.escape(said)
    for name, after in zip(rest[::2], rest[1::2], strict=True):
        pattern += f"{parts.pop(name, '.+')}{re.escape(after)}"
    if parts:
        raise ValueError(f"no such part: {', '.join(parts)}")
    return re.compile(pattern)
