"""What a save makes of each tier, from what a look has found in it. Decisions only, no I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.layers import How, how_to_save, may_merge_later
from agent.manifest import Layer, Tier

NOTHING = Tier(0, 0)


@dataclass
class SavedTier:
    """A tier in the bucket. `known`: the keeper knows what the layers hold. `complete`: all of it is in the home; until
    it is, `to_come` is what its first `base` layers bring. `damaged`: nobody can read them. `failed`: the home could
    not take it, and nobody tries again in this session."""

    layers: tuple[Layer, ...] = ()
    held: Tier = NOTHING
    known: bool = True
    complete: bool = True
    base: int = 1
    to_come: Tier = NOTHING
    damaged: bool = False
    failed: bool = False
    inconsistent: tuple[str, ...] = ()

    def without_to_come(self) -> "SavedTier":
        """What counts is what a restore gives back: what could not be brought counts nothing from now on."""
        held = Tier(self.held.bytes - self.to_come.bytes, self.held.files - self.to_come.files)
        return replace(self, held=held, to_come=NOTHING)

    def is_too_much(self, most: int | None) -> bool:
        """Whether no checkpoint of at most so many bytes may name the layers of what could not be brought: the control
        plane bounds what is stored too."""
        stored = sum(layer.bytes for layer in self.layers[: self.base])
        return (self.failed or self.damaged) and most is not None and stored > most


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
            failed=saved.failed,
        )
        if how is None or not told["files"]:
            continue
        is_due = how == How.WHOLE or (how == How.MERGED and not may_merge_later(saved.layers, saved.base))
        if saved.layers and is_small and is_due:
            continue  # what waits would be missing from it
        if saved.layers and (is_small or tier in written):
            how = How.DELTA
        still = NOTHING if saved.complete or how == How.WHOLE else saved.to_come
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
        complete=before.complete or is_whole,
        base=1 if before.complete or is_whole else before.base,
        damaged=before.damaged and not is_whole,
        inconsistent=now.inconsistent,
    )


def is_behind(tiers: Mapping[str, SavedTier], following: Sequence[NextTier]) -> bool:
    """Whether a tier was never saved, or nobody knows what its layers hold: it is saved whoever wrote in it."""
    return any(not tiers[tier.tier].known or not tiers[tier.tier].layers for tier in following)


def as_there(tiers: Mapping[str, SavedTier], looked: Mapping[str, Mapping[str, Any]]) -> dict[str, SavedTier]:
    """With what there is by the look: a manifest from elsewhere may have declared another sum."""
    return {
        tier: replace(saved, held=Tier(looked[tier]["bytes"], looked[tier]["files"]))
        if saved.complete and saved.known and saved.layers and not looked[tier]["waiting"]
        else saved
        for tier, saved in tiers.items()
    }
