"""The member's changes since the last save, for the keeper's answer: how many files, and some of their paths."""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from agent.home.editor_files import is_editors_own, is_extensions, is_known_by_name
from agent.home.index import UNSURE, Held, TierScan, folder_mode
from agent.home.tiers import BOOT, DEPS, EDITOR_DATA, WORK
from shared.snapshots.format.changes import ADDED, CHANGED, LONGEST_NAMED, NAMED_CHANGES, REMOVED, sum_changes

Answer = dict[str, Any]


@dataclass
class Changes:
    """`any`: something of the member's changed, a folder's mode included, and its time not: that changes also as a file
    comes and goes between two saves, or one that is never saved. `later`: something changed that may wait some minutes
    for a save: the storage of an editor's extension, or a file that a program writes through a mapping."""

    any: bool = False
    later: bool = False
    count: dict[str, int] = field(default_factory=lambda: {ADDED: 0, CHANGED: 0, REMOVED: 0})
    paths: list[dict[str, str]] = field(default_factory=list)

    def answer(self) -> Answer:
        """The counts and paths, in the shape of the keeper's answer and of a heartbeat."""
        return {**self.count, "paths": self.paths}


def changes(tiers: Mapping[str, tuple[TierScan, Held]], later: Set[bytes] = frozenset()) -> Changes:
    """The changes of the member's files, without the files that the editor writes for itself. Paths of the work tier
    come first. `later`: files whose change is no reason to save at once."""
    result = Changes()
    all_marks = [seen.marks for seen, _ in tiers.values()]
    for tier in (WORK, BOOT, DEPS):
        for path, how, is_folder in _tier_changes(*tiers[tier]):
            if how == REMOVED and any(path in marks for marks in all_marks):
                continue  # the path is in another tier now
            if path.startswith(_EDITOR_FOLDER) and is_editors_own(file := os.fsdecode(path)):
                result.later = result.later or is_extensions(file)
                continue
            if path in later:
                result.later = True
            elif not (is_folder and how == CHANGED and _is_only_touched(path, *tiers[tier])):
                result.any = True
            if is_folder:
                continue
            result.count[how] += 1
            if len(result.paths) < NAMED_CHANGES and (name := _name_for_member(path)):
                result.paths.append({"path": name, "how": how})
    return result


_EDITOR_FOLDER = os.fsencode(EDITOR_DATA)


def _tier_changes(seen: TierScan, held: Held) -> Iterator[tuple[bytes, str, bool]]:
    for path in held.changes(seen):
        yield path, CHANGED if path in held.marks else ADDED, path in seen.folders
    if held.complete:
        for path, sign in held.marks.items():
            if path not in seen.marks:
                yield path, REMOVED, folder_mode(sign) is not None


def _is_only_touched(path: bytes, seen: TierScan, held: Held) -> bool:
    """Whether a folder has another time and the same mode. Of a folder that is to be saved anew that is not known."""
    before = held.marks.get(path, UNSURE)
    return before != UNSURE and folder_mode(before) == folder_mode(seen.marks[path])


def _name_for_member(path: bytes) -> str | None:
    """The path as text. None for a path that JSON can't hold, that is too long, or whose name means nothing to a
    member."""
    try:
        name = path.decode()
    except UnicodeDecodeError:
        return None
    return name if len(name) <= LONGEST_NAMED and is_known_by_name(name) else None


def summed(changes: Sequence[Answer | None]) -> Answer | None:
    """The changes of several saves as one; None if the changes of any one save are not known."""
    known = [save for save in changes if save is not None]
    if len(known) < len(changes) or not known:
        return None
    counts, paths = sum_changes(
        (
            {how: save[how] for how in (ADDED, CHANGED, REMOVED)},
            [(named["path"], named["how"]) for named in save["paths"]],
        )
        for save in known
    )
    return {**counts, "paths": [{"path": path, "how": how} for path, how in paths]}
