"""Decides what is left out of a checkpoint when the home is larger than the plan's storage, by sizes alone, without
I/O.

Settings get room first, then the member's own work, then dependencies, which a tool can install again. Of each kind the
largest things are left out, so that as few things as possible are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

ENTRY_BYTES = 512
"""Bytes that a small file takes in a layer beyond its content: the highest figure that was measured."""


class Need(IntEnum):
    """How much a thing is needed; the most needed comes first."""

    SETTINGS = 0
    WORK = 1
    DEPENDENCIES = 2


@dataclass(frozen=True)
class Thing:
    """A unit that is saved or left out as a whole: a file with all of its names, or a folder of dependencies. `bytes`
    does not count holes."""

    name: bytes
    bytes: int
    need: Need
    entries: int = 1


@dataclass(frozen=True)
class Quota:
    """In bytes, None without limit. `limit`: the plan's storage. `most`: what a checkpoint may take, which is the
    plan's storage and the grace. `apart`: what may be kept apart when the session ends."""

    limit: int | None
    most: int | None
    apart: int | None


def leave_out(
    things: Iterable[Thing], limit: int, most: int, before: Mapping[bytes, int], *, taken: int = 0
) -> dict[bytes, int]:
    """Which things stay out of the next checkpoint, with their sizes, so that the other things take at most `most`
    bytes.

    `before`: the things that the last checkpoint left out, with their sizes then. Such a thing stays out until it fits
    under `limit`, so that nothing is left out and saved again by turns. Or it stays out until it fits under `most` with
    at most half of its former size: then somebody has made it smaller in order to have it saved. `taken`: bytes that
    are taken in any case.
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
            former_size = before[thing.name]
            is_small_now = not thing.bytes or (2 * thing.bytes <= former_size and taken + thing.bytes <= most)
            if taken + thing.bytes <= limit or is_small_now:
                taken += thing.bytes
            else:
                out[thing.name] = max(former_size, thing.bytes)
    return out


def keep_apart(things: Sequence[Thing], room: int) -> set[bytes]:
    """Which of the left-out things are kept apart, in at most `room` bytes: the most needed first, and of each kind the
    smallest, so that as many things as possible are kept."""
    kept: set[bytes] = set()
    for thing in sorted(things, key=most_needed_first):
        needed = thing.bytes + ENTRY_BYTES * thing.entries
        if needed <= room:
            kept.add(thing.name)
            room -= needed
    return kept


def most_needed_first(thing: Thing) -> tuple[Need, int, bytes]:
    """The order in which things are kept apart."""
    return thing.need, thing.bytes, thing.name


def _largest_first(thing: Thing) -> tuple[int, bytes]:
    return -thing.bytes, thing.name
