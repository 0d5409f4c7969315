"""`~/.ondolignore`: what a member says of their own paths, line by line, where the table of tiers is not theirs.

The patterns are those of a .gitignore, and as there the last that fits decides:

    *.iso            is not saved
    !.cache/models/  is saved, with the work
    boot: notes/     is there before the editor opens, as far as it is small
    deps: data/      comes last
"""

from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from agent.tiers import NEVER, TIERS, WORK

LONGEST = 64 * 1024
"""Bytes of it that are read."""
MOST_LINES = 500
"""Each is tried on each path."""
MOST_STARS = 8
"""In a pattern: with each more, a path that does not fit takes longer to tell."""


def read(text: bytes) -> "Ignore | None":
    """What the file says, or None if that is nothing. Lines that are no pattern say nothing."""
    rules = [rule for line in _lines(text) if (rule := _rule(line)) is not None]
    return Ignore(rules) if rules else None


class Ignore:
    """`saves`: it names something that is to be saved, which may lie in what else never is."""

    def __init__(self, rules: list[tuple[GitIgnoreBasicPattern, str]]) -> None:
        self._rules = rules
        self.saves = any(tier != NEVER for _, tier in rules)

    def __call__(self, path: str, is_folder: bool) -> str | None:
        """The tier that the last pattern that fits gives it; None where none does."""
        said, name = None, f"{path}/" if is_folder else path
        for pattern, tier in self._rules:
            if pattern.match_file(name) is not None:
                said = tier
        return said


def _lines(text: bytes) -> list[str]:
    lines = text[:LONGEST].decode(errors="surrogateescape").splitlines()[:MOST_LINES]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _rule(line: str) -> tuple[GitIgnoreBasicPattern, str] | None:
    tier, colon, pattern = line.partition(": ")
    if not colon or tier not in TIERS:
        tier, pattern = (WORK, line[1:]) if line.startswith("!") else (NEVER, line)
    if pattern.count("*") > MOST_STARS:
        return None
    try:
        compiled = GitIgnoreBasicPattern(pattern.strip())
    except ValueError:
        return None
    return (compiled, tier) if compiled.include else None
