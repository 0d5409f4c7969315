"""`~/.ondolignore`: what a member says of their own paths, line by line, where the table of tiers is not theirs.

The patterns are those of a .gitignore, and as there the last that fits decides:

    *.iso            is not saved
    !.cache/models/  is saved, with the work
    boot: notes/     is there before the editor opens, as far as it is small
    deps: data/      comes last
"""

from typing import Literal
from unicodedata import normalize

from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from agent.tiers import NEVER, TIERS, WORK

LONGEST = 64 * 1024
"""Bytes of it that are read."""
MOST_LINES = 500
"""Each is tried on each path."""
MOST_STARS = 8
"""In a pattern: with each more, a path that does not fit takes a little longer to tell."""
_STAR = "[^/]*"


def read(text: bytes) -> "Ignore | None":
    """What the file says, or None if that is nothing. Lines that are no pattern say nothing."""
    rules = [rule for line in _lines(text) if (rule := _rule(line)) is not None]
    return Ignore(rules) if rules else None


class Pattern(GitIgnoreBasicPattern):
    """One of a .gitignore, which costs each path about the same: what was found once is never sought anew.

    The library's own expression tries all the ways to share a name, and all names, among the stars; with a few of
    them one path that does not fit takes hours. The first place where what follows a star fits is as good as any later
    one, as it is for `**`, so no other is tried.
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
        found = "".join(f"(?>[^/]*?{piece})" for piece in others[:-1])
        last = "".join(f"{_STAR}{piece}" for piece in others[-1:])
        return f"(?>{first}{found}{last}(?=/|$))"


class Ignore:
    """`saves`: it names something that is to be saved, which may lie in what else never is."""

    def __init__(self, rules: list[tuple[Pattern, str]]) -> None:
        self._rules = rules
        self.saves = any(tier != NEVER for _, tier in rules)

    def __call__(self, path: str, is_folder: bool) -> str | None:
        """The tier that the last pattern that fits gives it; None where none does."""
        said, name = None, _composed(f"{path}/" if is_folder else path)
        for pattern, tier in self._rules:
            if pattern.match_file(name) is not None:
                said = tier
        return said


def _composed(text: str) -> str:
    """A Mac writes `é` as two characters, and so each Korean syllable; a pattern may be typed in one."""
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
