"""Which layers a tier is made of after its next save. Decided by sizes alone; docs/snapshot-format.md has the rules."""

from collections.abc import Sequence
from enum import StrEnum

from agent.manifest import Layer

MOST_DELTAS = 8
"""A restore reads each; eight cost it little."""
MOST_TO_COME = 18
"""Layers that a tier may have when a session begins, for more to be added before it is restored: a save adds up to
three, so two such tiers with `boot` stay within the 64 that a manifest may name."""
MOST_GONE = 1 << 23
"""Bytes of what one delta takes away: whoever reads it keeps all of that in mind, and refuses too much."""
MOST_STORED = 2
"""How many times what a tier brings its layers may take: what was deleted since the whole is stored in it still."""
SMALL = 1 << 20
"""Bytes that are not worth a new whole."""


class How(StrEnum):
    WHOLE = "whole"
    DELTA = "delta"
    MERGED = "merged"
    """A delta of everything since the whole, or since what is still to come, in place of the deltas."""


def how_to_save(
    layers: Sequence[Layer],
    *,
    known: bool,
    complete: bool,
    base: int,
    bytes: int,
    changed_bytes: int,
    gone_bytes: int = 0,
    failed: bool = False,
) -> How | None:
    """How a tier that changed is to be saved; None if it can't be now. `known`: the keeper knows what the layers hold;
    `complete`: all of the tier is in the home, or else its first `base` layers are still to come. `bytes` and
    `changed_bytes` are the files' sizes, `gone_bytes` that of the records of what was taken away since the whole.
    `failed`: what is still to come will not, in this session."""
    several = sum(1 for layer in layers if layer.kind == How.WHOLE) > 1
    if not layers:
        return How.WHOLE
    if not complete:
        # what is not restored yet must stay, so only a delta will do; and that would be a part of a returned path
        if several or base >= MOST_TO_COME:
            return How.WHOLE if failed else None
        return How.MERGED if len(layers) - base >= _most_deltas(base) else How.DELTA
    if several or not known or 2 * changed_bytes > bytes or gone_bytes > MOST_GONE:
        return How.WHOLE
    whole, *deltas = layers
    if sum(layer.bytes for layer in layers) > MOST_STORED * bytes + SMALL:
        return How.WHOLE
    if 2 * sum(delta.bytes for delta in deltas) > whole.bytes:
        return How.WHOLE
    return How.MERGED if len(deltas) >= MOST_DELTAS else How.DELTA


def _most_deltas(base: int) -> int:
    """Each session that ends before a tier has come leaves its deltas to the next one, which can't merge those."""
    return MOST_DELTAS if base <= 1 + MOST_DELTAS else 1


def may_merge_later(layers: Sequence[Layer], base: int) -> bool:
    """Whether one more delta can be added where the next was to be a merged one: in which all must be that changed."""
    return len(layers) - base < _most_deltas(base) + 2


def is_urgent(saved_ago: float | None, every: float) -> bool:
    """Whether a save comes before the member's programs, where one is due each `every` seconds. `saved_ago` is the age
    of the newest, in seconds; None if there is none."""
    return saved_ago is None or saved_ago > 2 * every


def replaced(layers: Sequence[Layer], how: How, new: Layer, *, base: int) -> tuple[Layer, ...]:
    """The tier's layers with the new one. A merged one leaves the first `base`."""
    if how == How.WHOLE:
        return (new,)
    return (*(layers[:base] if how == How.MERGED else layers), new)
