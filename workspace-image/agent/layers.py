"""Which layers a tier is made of after its next save. Decided by sizes alone; docs/snapshot-format.md has the rules."""

from collections.abc import Sequence
from enum import StrEnum

from agent.manifest import Layer

MOST_DELTAS = 8
"""A restore reads each; eight cost it little."""
MOST_GONE = 1 << 23
"""Bytes of what one delta takes away: whoever reads it keeps all of that in mind, and refuses too much."""


class How(StrEnum):
    WHOLE = "whole"
    DELTA = "delta"
    MERGED = "merged"
    """A delta of everything since the whole, in place of the deltas."""


def how_to_save(
    layers: Sequence[Layer], *, known: bool, complete: bool, bytes: int, changed_bytes: int, gone_bytes: int = 0
) -> How | None:
    """How a tier that changed is to be saved; None if it can't be now. `known`: the keeper knows what the layers hold;
    `complete`: all of the tier is in the home. `bytes` and `changed_bytes` are the files' sizes, `gone_bytes` that of
    the records of all that was taken away since the whole."""
    several = sum(1 for layer in layers if layer.kind == How.WHOLE) > 1
    if not complete:
        # what is not restored yet must stay, so only a delta will do; and that would be a part of a returned path
        return None if several else How.DELTA if layers else How.WHOLE
    if not layers or several or not known or 2 * changed_bytes > bytes or gone_bytes > MOST_GONE:
        return How.WHOLE
    whole, *deltas = layers
    if 2 * sum(delta.bytes for delta in deltas) > whole.bytes:
        return How.WHOLE
    return How.MERGED if len(deltas) >= MOST_DELTAS else How.DELTA


def replaced(layers: Sequence[Layer], how: How, new: Layer) -> tuple[Layer, ...]:
    """The tier's layers with the new one."""
    if how == How.WHOLE:
        return (new,)
    return (*(layers[:1] if how == How.MERGED else layers), new)
