"""`~/.ondolignore`: the member's own rules, line by line, which go before the table of tiers.

The patterns are those of a .gitignore, and as there the last pattern that matches decides:

    *.iso            is not saved
    !.cache/models/  is saved, with the work
    boot: notes/     is restored before the editor opens, as far as it is small
    deps: data/      comes last
"""

from typing import Literal
from unicodedata import normalize

from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from agent.home.tiers import NEVER, TIERS, WORK

LONGEST = 64 * 1024
"""Bytes of the file that are read."""
MOST_LINES = 500
"""Lines of the file that are read: each pattern is tried on each path."""
MOST_STARS = 8
"""Stars in one pattern: each star makes it slower to find that a path does not match."""
_STAR = "[^/]*"


def read(text: bytes) -> "Ignore | None":
    """The file's rules; None if it has none. A line that is no valid pattern is ignored."""
    rules = [rule for line in _lines(text) if (rule := _rule(line)) is not None]
    return Ignore(rules) if rules else None


class Pattern(GitIgnoreBasicPattern):
    """A .gitignore's pattern that takes about the same time for each path: it never backtracks.

    The library's own expression tries all ways to share a name, and all names, among the stars. With a few stars, one
    path that does not match takes hours. The first match of what follows a star is as good as any later match, and so
    it is for `**`. So no other match is tried.
    """

    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]  # no bytes here
        regex, include = super().pattern_to_regex(pattern)
        if regex is None or not regex.startswith("^"):
            return regex, include
        first, *others = regex.removeprefix("^").split("(?:/.+)?")
        if first.startswith("(?:.+/)?"):
            first = f"(?:[^/]+/)*?{first.removeprefix('(?:.+/)?')}"
        blocks = [first, *(f"(?:/[^/]+)*?{block}" for block in others)]
        return "^" + "".join(f"(?>{block}(?=/))" for block in blocks[:-1]) + blocks[-1], include

    @staticmethod
    def _translate_segment_glob(pattern: str, range_error: Literal["literal", "raise"]) -> str:
        first, *others = GitIgnoreBasicPattern._translate_segment_glob(pattern, range_error).split(_STAR)
        middle = "".join(f"(?>[^/]*?{piece})" for piece in others[:-1])
        last = "".join(f"{_STAR}{piece}" for piece in others[-1:])
        return f"(?>{first}{middle}{last}(?=/|$))"


class Ignore:
    """`saves`: a rule saves something, which may lie in a folder that is otherwise never saved."""

    def __init__(self, rules: list[tuple[Pattern, str]]) -> None:
        self._rules = rules
        self.saves = any(tier != NEVER for _, tier in rules)

    def __call__(self, path: str, is_folder: bool) -> str | None:
        """The tier of the last pattern that matches `path`; None if no pattern does."""
        matched_tier, name = None, _composed(f"{path}/" if is_folder else path)
        for pattern, tier in self._rules:
            if pattern.match_file(name) is not None:
                matched_tier = tier
        return matched_tier


def _composed(text: str) -> str:
    """The text in Unicode's composed form. macOS decomposes `é` and each Korean syllable into several characters; a
    pattern may be typed composed."""
    return text if text.isascii() else normalize("NFC", text)


def _lines(text: bytes) -> list[str]:
    lines = text[:LONGEST].decode(errors="surrogateescape").splitlines()[:MOST_LINES]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _rule(line: str) -> tuple[Pattern, str] | None:
    tier, colon, pattern = line.partition(": ")
    if not colon or tier not in TIERS:
        tier, pattern = (WORK, line[1:]) if line.startswith("!") else (NEVER, line)
    if pattern.count("*") > MOST_STARS:
        return None
    try:
        compiled = Pattern(_composed(pattern.strip()))
    except ValueError:
        return None
    return (compiled, tier) if compiled.include else None
