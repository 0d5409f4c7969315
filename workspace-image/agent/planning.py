"""What a save makes of each tier, from what a look has found in it. Decisions only, no I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.layers import How, how_to_save
from agent.manifest import Layer, Tier

NOTHING = Tier(0, 0)


@dataclass
class SavedTier:
    """A tier in the bucket. `known`: the keeper knows what the layers hold. `complete`: all of it is in the home; until
    it is, `to_come` is what its first `base` layers bring. `damaged`: nobody can read them."""

    layers: tuple[Layer, ...] = ()
    held: Tier = NOTHING
    known: bool = True
    complete: bool = True
    base: int = 1
    to_come: Tier = NOTHING
    damaged: bool = False
    inconsistent: tuple[str, ...] = ()


@dataclass
class NextTier:
    """A tier as it will be: `how` is None when it has nothing any more. `moved` counts what changed while it was packed
    and may come to rest in another round; `inconsistent` names files for which there is none."""

    tier: str
    how: How | None
    held: Tier
    layers: tuple[Layer, ...] = field(default=())
    moved: int = 0
    inconsistent: tuple[str, ...] = ()


def plan(
    looked: Mapping[str, Mapping[str, Any]], tiers: Mapping[str, SavedTier], written: Collection[str] = ()
) -> list[NextTier]:
    """`tiers` as they are now; to those that are `written` for this save already, only a delta is added. So it is
    where something waits for the next save."""
    following = []
    for tier, told in looked.items():
        saved, is_small = tiers[tier], bool(told["waiting"])
        is_same = not (told["changed"] or told["missing"])
        if is_same and (saved.known or not saved.complete):
            continue
        if saved.damaged and not told["bytes"]:  # but for folders that the editor makes
            continue
        if not told["files"] and saved.complete:
            if saved.layers and not is_small:
                following.append(NextTier(tier, None, Tier(0, 0)))
            continue
        how = how_to_save(
            saved.layers,
            known=saved.known,
            complete=saved.complete,
            base=saved.base,
            bytes=told["bytes"],
            changed_bytes=told["changed_bytes"],
            gone_bytes=told["gone_bytes"],
        )
        if how is None or not told["files"]:
            continue
        if saved.layers and is_small and how == How.WHOLE:
            continue  # what waits would be missing from it
        if saved.layers and (is_small or tier in written):
            how = How.DELTA
        still = NOTHING if saved.complete else saved.to_come
        held = Tier(still.bytes + told["bytes"], still.files + told["files"])
        following.append(NextTier(tier, how, held))
    return following


def to_come(layers: tuple[Layer, ...], held: Tier) -> SavedTier:
    return SavedTier(layers, held, complete=not layers, base=len(layers), to_come=held) if layers else SavedTier()


def after(before: SavedTier, now: NextTier) -> SavedTier:
    is_whole = now.how in (How.WHOLE, None)
    return replace(
        before,
        layers=now.layers,
        held=now.held,
        known=before.known or is_whole,
        base=1 if before.complete else before.base,
        damaged=before.damaged and not is_whole,
        inconsistent=now.inconsistent,
    )


def is_behind(tiers: Mapping[str, SavedTier], following: Sequence[NextTier]) -> bool:
    """Whether a tier was never saved, or nobody knows what its layers hold: it is saved whoever wrote in it."""
    return any(not tiers[tier.tier].known or not tiers[tier.tier].layers for tier in following)
