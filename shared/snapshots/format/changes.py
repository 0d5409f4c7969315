"""Sums the changes of several saves, for the control plane and the slot."""

from collections.abc import Iterable, Mapping

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
NAMED_CHANGES = 5
"""Paths that a save names."""
LONGEST_NAMED = 256
"""Characters of a named path. A longer path is counted and not named: a shortened path could not be restored."""

Change = tuple[str, str]
"""A path, and ADDED, CHANGED or REMOVED."""

_TOGETHER = {(ADDED, CHANGED): ADDED, (ADDED, REMOVED): None, (REMOVED, ADDED): CHANGED}
"""The sum of two changes of one file, where it is not the second change; None for no change."""


def sum_changes(saves: Iterable[tuple[Mapping[str, int], Iterable[Change]]]) -> tuple[dict[str, int], list[Change]]:
    """The sum of several saves' changes. `saves` are in their order; each has its counts by ADDED, CHANGED and REMOVED,
    and some of the counted paths. Returns the counts, and the newest NAMED_CHANGES paths.

    A file that several saves name counts once: a file that was added and then changed was added. A file that is not
    named counts as often as it changed. If a save names more than it counts, a count may be negative.
    """
    counts = dict.fromkeys((ADDED, CHANGED, REMOVED), 0)
    paths: dict[str, str] = {}
    for save_counts, named in saves:
        for how, count in save_counts.items():
            counts[how] += count
        for path, how in named:
            earlier = paths.pop(path, None)
            if earlier is None:
                paths[path] = how
                continue
            counts[earlier] -= 1
            counts[how] -= 1
            together = _TOGETHER.get((earlier, how), how)
            if together is not None:
                counts[together] += 1
                paths[path] = together
    return counts, [*paths.items()][-NAMED_CHANGES:]
