"""What changed since the last save, as it is told: how many files, and a few of their paths."""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from agent.editor_files import is_editors_own, is_extensions, is_known_by_name
from agent.home.index import Held, Seen
from agent.tiers import BOOT, DEPS, EDITOR_DATA, WORK

MOST_PATHS_TOLD = 5
LONGEST_NAMED = 256
"""Characters of a path. A longer one is counted and not named: a part of it could not be brought back."""
ADDED, CHANGED, REMOVED = "added", "changed", "removed"


Told = dict[str, Any]


@dataclass
class Changes:
    """`any`: something of the member's changed, a folder's properties counted too; `later`: something that is saved
    within minutes, and not each time: what an extension of the editor keeps, or what is written through a mapping that
    is open."""

    any: bool = False
    later: bool = False
    count: dict[str, int] = field(default_factory=lambda: {ADDED: 0, CHANGED: 0, REMOVED: 0})
    paths: list[dict[str, str]] = field(default_factory=list)

    def told(self) -> Told:
        return {**self.count, "paths": self.paths}


def changes(tiers: Mapping[str, tuple[Seen, Held]], later: Set[bytes] = frozenset()) -> Changes:
    """Of the member's files: what the editor writes for itself is left out. Their work is named first. `later`: files
    that are no reason for a save at once."""
    found = Changes()
    there = [seen.marks for seen, _ in tiers.values()]
    for tier in (WORK, BOOT, DEPS):
        for path, how, is_folder in _of_tier(*tiers[tier]):
            if how == REMOVED and any(path in marks for marks in there):
                continue  # another tier's now
            if path.startswith(_EDITORS) and is_editors_own(name := os.fsdecode(path)):
                found.later = found.later or is_extensions(name)
                continue
            if path in later:
                found.later = True
            else:
                found.any = True
            if is_folder:
                continue
            found.count[how] += 1
            if len(found.paths) < MOST_PATHS_TOLD and (told := _name(path)):
                found.paths.append({"path": told, "how": how})
    return found


_EDITORS = os.fsencode(EDITOR_DATA)


def _of_tier(seen: Seen, held: Held) -> Iterator[tuple[bytes, str, bool]]:
    for path in held.changes(seen):
        yield path, CHANGED if path in held.marks else ADDED, path in seen.folders
    if held.complete:
        yield from ((path, REMOVED, False) for path in held.marks if path not in seen.marks)


def _name(path: bytes) -> str | None:
    """None of a path that can't be told and asked for in JSON, or that tells a member nothing."""
    try:
        name = path.decode()
    except UnicodeDecodeError:
        return None
    return name if len(name) <= LONGEST_NAMED and is_known_by_name(name) else None


def summed(changes: Sequence[Told | None]) -> Told | None:
    """The changes of several saves as one; None if those of one are not known. A path is told as it changed last."""
    known = [each for each in changes if each is not None]
    if len(known) < len(changes) or not known:
        return None
    paths = {named["path"]: named for each in known for named in each["paths"]}
    counts = {how: sum(each[how] for each in known) for how in ("added", "changed", "removed")}
    return {**counts, "paths": [*paths.values()][-MOST_PATHS_TOLD:]}
