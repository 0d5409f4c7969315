"""Looks at the home while the member's programs stand still, and has copied what they are changing."""

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

from agent import logs
from agent.clock import elapsed
from agent.keeper import KeeperAnswer, KeeperProcess
from agent.pausing import Reason
from agent.planning import NextTier, SavedTier, plan

STILL_SECONDS = 0.12
"""Seconds that the member's programs stand still at most, counted from when all have stopped: a keystroke's echo that
comes later than this is noticed."""
MOST_STILL_SECONDS = 1.0
"""Seconds after which the member's programs go on, whatever the keeper does."""


class Standstill(Protocol):
    """What stops the member's programs for a moment."""

    async def pause(self, reason: Reason) -> bool:
        """Whether all of them stand still."""

    async def resume(self, reason: Reason) -> None: ...


class StillLook:
    def __init__(self, keeper: KeeperProcess, programs: Standstill) -> None:
        self._keeper = keeper
        self._programs = programs

    async def look(
        self, wanted: dict[str, Any], tiers: dict[str, SavedTier], written: Collection[str], still: list[float]
    ) -> tuple[KeeperAnswer, list[NextTier], bool]:
        """For a round of a save: what there is, what of it is to be saved, and whether programs stood still. If they
        can't be stopped, or the keeper takes too long, it is looked without. For how many milliseconds they stood is
        added to `still`; `wanted` is what is asked of a look. Raises HomeFailed."""
        began = elapsed()
        try:
            async with asyncio.timeout(MOST_STILL_SECONDS):
                if await self._programs.pause(Reason.COPYING):
                    stopped = elapsed()
                    looked = await self._keeper.order("look", again=True, **wanted)
                    following = plan(looked["tiers"], tiers, written)
                    copied = {tier.tier: tier.how for tier in following if tier.how is not None}
                    left = max(STILL_SECONDS - (elapsed() - stopped), STILL_SECONDS / 2)
                    if copied:
                        await self._keeper.order("copy", tiers=copied, seconds=left)
                    return looked, following, True
        except TimeoutError:
            logs.warning("checkpoint.still-too-long", seconds=elapsed() - began)
        finally:
            await asyncio.shield(self._programs.resume(Reason.COPYING))
            still.append(round((elapsed() - began) * 1000, 1))
        looked = await self._keeper.order("look", again=True, **wanted)
        return looked, plan(looked["tiers"], tiers, written), False
