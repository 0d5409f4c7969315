"""Decides what a save makes of each tier, from the keeper's scan. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.state.layers import How, how_to_save, may_merge_later
from agent.state.manifest import Layer, Tier

NOTHING = Tier(0, 0)


@dataclass
class SavedTier:
    """A tier in the bucket. `known`: the keeper knows what the layers hold. `complete`: all of the tier is in the home;
    until then, `to_come` is what its first `base` layers bring. `damaged`: nobody can read these layers. `failed`: the
    home could not take them, and this session does not try again."""

    layers: tuple[Layer, ...] = ()
    held: Tier = NOTHING
    known: bool = True
    complete: bool = True
    base: int = 1
    to_come: Tier = NOTHING
    damaged: bool = False
    failed: bool = False
    inconsistent: tuple[str, ...] = ()
    unnamed: int = 0

    def without_to_come(self) -> "SavedTier":
        """The tier without `to_come` in its sums: files that could not be restored no longer count against the
        quota."""
        held = Tier(self.held.bytes - self.to_come.bytes, self.held.files - self.to_come.files)
        return replace(self, held=held, to_come=NOTHING)

    def is_too_much(self, most: int | None) -> bool:
        """Whether no checkpoint of at most `most` bytes may name the layers that could not be restored: the control
        plane bounds the stored bytes too."""
        stored = sum(layer.bytes for layer in self.layers[: self.base])
        return (self.failed or self.damaged) and most is not None and stored > most


@dataclass
class NextTier:
    """A tier after the save. `how`: None if the tier is empty. `moved`: files that changed while they were packed, and
    that another round may find unchanged. `inconsistent`: names of files that are not as of the moment of the scan;
    `unnamed`: how many others are not."""

    tier: str
    how: How | None
    held: Tier
    layers: tuple[Layer, ...] = field(default=())
    moved: int = 0
    inconsistent: tuple[str, ...] = ()
    unnamed: int = 0


def plan(
    scanned: Mapping[str, Mapping[str, Any]], tiers: Mapping[str, SavedTier], written: Collection[str] = ()
) -> list[NextTier]:
    """How each changed tier is saved. `tiers`: the tiers as they are now. Tiers in `written` were written by this save
    already, and get only a delta. A tier with changes that wait gets only a delta too."""
    following = []
    for tier, tier_answer in scanned.items():
        saved, is_small = tiers[tier], bool(tier_answer["waiting"])
        is_same = not (tier_answer["changed"] or tier_answer["missing"])
        if is_same and (saved.known or not saved.complete):
            continue
        if saved.damaged and not tier_answer["bytes"]:  # the tier has nothing but folders that the editor makes
            continue
        if not tier_answer["files"] and saved.complete:
            if saved.layers and not is_small:
                following.append(NextTier(tier, None, Tier(0, 0)))
            continue
        how = how_to_save(
            saved.layers,
            known=saved.known,
            complete=saved.complete,
            base=saved.base,
            bytes=tier_answer["bytes"],
            changed_bytes=tier_answer["changed_bytes"],
            gone_bytes=tier_answer["gone_bytes"],
            failed=saved.failed,
        )
        if how is None or not tier_answer["files"]:
            continue
        is_due = how == How.WHOLE or (how == How.MERGED and not may_merge_later(saved.layers, saved.base))
        if saved.layers and is_small and is_due:
            continue  # this layer must hold all changes, and some of them wait
        if saved.layers and (is_small or tier in written):
            how = How.DELTA
        unrestored = NOTHING if saved.complete or how == How.WHOLE else saved.to_come
        held = Tier(unrestored.bytes + tier_answer["bytes"], unrestored.files + tier_answer["files"])
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
        unnamed=now.unnamed,
    )


def is_behind(tiers: Mapping[str, SavedTier], following: Sequence[NextTier]) -> bool:
    """Whether a tier was never saved, or the keeper does not know what its layers hold: such a tier is saved even if
    only the editor wrote in it."""
    return any(not tiers[tier.tier].known or not tiers[tier.tier].layers for tier in following)


def with_scanned_sums(tiers: Mapping[str, SavedTier], scanned: Mapping[str, Mapping[str, Any]]) -> dict[str, SavedTier]:
    """The tiers with their sums from the scan: another agent's manifest may have declared other sums."""
    return {
        tier: replace(saved, held=Tier(scanned[tier]["bytes"], scanned[tier]["files"]))
        if saved.complete and saved.known and saved.layers and not scanned[tier]["waiting"]
        else saved
        for tier, saved in tiers.items()
    }
