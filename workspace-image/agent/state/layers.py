"""Decides which layers a tier has after its next save, by sizes alone; docs/snapshot-format.md has the rules."""

from collections.abc import Sequence
from enum import StrEnum

from agent.state.manifest import Layer

MOST_DELTAS = 8
"""Deltas of a tier. A restore reads each delta; eight cost little."""
MOST_TO_COME = 18
"""Layers that a tier may have when a session begins, for layers to be added before the tier is restored. A save adds up
to three. So two such tiers and `boot` stay within the 64 layers that a manifest may name."""
MOST_GONE = 1 << 23
"""Bytes of records of what a delta takes away: a reader keeps all of them in memory, and refuses too many."""
MOST_STORED = 2
"""How many times the tier's own bytes its layers may take: the layers still store files that were deleted since the
whole layer."""
SMALL = 1 << 20
"""Bytes of layers that are too few for a new whole layer."""


class How(StrEnum):
    WHOLE = "whole"
    DELTA = "delta"
    MERGED = "merged"
    """A delta of all changes since the whole layer, or since the layers that are still to be restored, in place of the
    deltas."""


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
    """How a changed tier is to be saved; None if it can't be saved now.

    `known`: the keeper knows what the layers hold. `complete`: all of the tier is in the home; otherwise its first
    `base` layers are still to be restored. `bytes` and `changed_bytes`: sums of the files' sizes. `gone_bytes`: size of
    the records of paths taken away since the whole layer. `failed`: the layers that are still to be restored will not
    be, in this session.
    """
    several = sum(1 for layer in layers if layer.kind == How.WHOLE) > 1
    if not layers:
        return How.WHOLE
    if not complete:
        # the layers that are not restored yet must stay, so only a delta will do; after a second whole layer, a delta
        # would belong to the path that was brought back
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
    """Each session that ends before the tier is restored leaves its deltas to the next session, which can't merge
    them."""
    return MOST_DELTAS if base <= 1 + MOST_DELTAS else 1


def may_merge_later(layers: Sequence[Layer], base: int) -> bool:
    """Whether a delta can be added where a merged layer is due: a merged layer must hold all changes, and some of them
    wait."""
    return len(layers) - base < _most_deltas(base) + 2


def is_urgent(saved_ago: float | None, every: float) -> bool:
    """Whether a save runs at the priority of the member's programs. A save is due each `every` seconds. `saved_ago`:
    seconds since the newest save; None if there is none."""
    return saved_ago is None or saved_ago > 2 * every


def replaced(layers: Sequence[Layer], how: How, new: Layer, *, base: int) -> tuple[Layer, ...]:
    """The tier's layers after `new` is added. A merged layer leaves the first `base` layers."""
    if how == How.WHOLE:
        return (new,)
    return (*(layers[:base] if how == How.MERGED else layers), new)
