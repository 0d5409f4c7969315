"""What is left out of a checkpoint when the home is larger than the plan's storage. Decided by sizes alone, no I/O.

Settings have their room first, then the member's own work, then dependencies, which a tool can fill in again. Of each
kind the largest things are left out, so that as few as possible are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

ENTRY_BYTES = 512
"""What a small file takes in a layer beyond its content, at the most that was measured."""


class Need(IntEnum):
    """How much a thing is needed, the most needed first."""

    SETTINGS = 0
    WORK = 1
    DEPENDENCIES = 2


@dataclass(frozen=True)
class Thing:
    """What is saved or left out as a whole: a file with its names, or a folder of dependencies. `bytes` are those that
    it takes: holes take none."""

    name: bytes
    bytes: int
    need: Need
    entries: int = 1


@dataclass(frozen=True)
class Quota:
    """Bytes, None without limit: the plan's `limit`; the `most` that a checkpoint may take, with the grace; and how
    many may be kept `apart` when the session ends."""

    limit: int | None
    most: int | None
    apart: int | None


def leave_out(
    things: Iterable[Thing], limit: int, most: int, before: Mapping[bytes, int], *, taken: int = 0
) -> dict[bytes, int]:
    """Which things stay out of the next checkpoint, with their sizes, so that the others take at most `most` bytes.

    `before`: what was left out of the one before, and how large it was then. It stays out until it fits under `limit`,
    so that nothing comes and goes with each save; or until it fits into the grace and is half of what it was, because
    somebody has made it smaller in order to have it saved. `taken`: bytes that are there in any case.
    """
    out: dict[bytes, int] = {}
    kinds: dict[Need, list[Thing]] = {need: [] for need in Need}
    for thing in things:
        kinds[thing.need].append(thing)
    for need in Need:
        fresh = [thing for thing in kinds[need] if thing.name not in before]
        taken += sum(thing.bytes for thing in fresh)
        for thing in sorted(fresh, key=_largest_first):
            if taken <= most or not thing.bytes:
                break
            out[thing.name] = thing.bytes
            taken -= thing.bytes
        stayed = [thing for thing in kinds[need] if thing.name in before]
        for thing in sorted(stayed, key=_largest_first, reverse=True):
            was = before[thing.name]
            is_small_now = not thing.bytes or (2 * thing.bytes <= was and taken + thing.bytes <= most)
            if taken + thing.bytes <= limit or is_small_now:
                taken += thing.bytes
            else:
                out[thing.name] = max(was, thing.bytes)
    return out


def keep_apart(things: Sequence[Thing], room: int) -> set[bytes]:
    """Which of the things that are left out are kept apart, in so many bytes: the most needed first, and of each kind
    the smallest, so that as many as possible are."""
    kept: set[bytes] = set()
    for thing in sorted(things, key=lambda thing: (thing.need, thing.bytes, thing.name)):
        takes = thing.bytes + ENTRY_BYTES * thing.entries
        if takes <= room:
            kept.add(thing.name)
            room -= takes
    return kept


def _largest_first(thing: Thing) -> tuple[int, bytes]:
    return -thing.bytes, thing.name
