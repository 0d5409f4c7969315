"""Scans the home while the member's programs stand still, and has the keeper copy the files that are being changed."""

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

from agent import logs
from agent.activity.pausing import Reason
from agent.clock import elapsed
from agent.state.keeper_process import KeeperAnswer, KeeperProcess
from agent.state.planning import NextTier, SavedTier, plan

STILL_SECONDS = 0.12
"""Seconds that the member's programs stand still at most, counted from when all have stopped. A member notices a
keystroke's echo that comes later than this."""
MOST_STILL_SECONDS = 1.0
"""Seconds after which the member's programs continue, even if the keeper is not ready."""


class Standstill(Protocol):
    """Stops the member's programs for a moment."""

    async def pause(self, reason: Reason) -> bool:
        """Whether all of them stand still."""

    async def resume(self, reason: Reason) -> None: ...


class StillScan:
    def __init__(self, keeper: KeeperProcess, programs: Standstill) -> None:
        self._keeper = keeper
        self._programs = programs

    async def scan(
        self, scan_fields: dict[str, Any], tiers: dict[str, SavedTier], written: Collection[str], still_ms: list[float]
    ) -> tuple[KeeperAnswer, list[NextTier], bool]:
        """Scans for a round of a save. Returns the scan's answer, what is to be saved, and whether programs stood
        still. If they can't be stopped, or the keeper takes too long, the scan is made while they run. The milliseconds
        of the standstill are added to `still`. `wanted`: the fields of the keeper's order. Raises HomeFailed."""
        began = elapsed()
        try:
            async with asyncio.timeout(MOST_STILL_SECONDS):
                if await self._programs.pause(Reason.COPYING):
                    stopped = elapsed()
                    scanned = await self._keeper.order("scan", again=True, **scan_fields)
                    following = plan(scanned["tiers"], tiers, written)
                    copied = {tier.tier: tier.how for tier in following if tier.how is not None}
                    left = max(STILL_SECONDS - (elapsed() - stopped), STILL_SECONDS / 2)
                    if copied:
                        await self._keeper.order("copy", tiers=copied, seconds=left)
                    return scanned, following, True
        except TimeoutError:
            logs.warning("checkpoint-still-too-long", seconds=elapsed() - began)
        finally:
            await asyncio.shield(self._programs.resume(Reason.COPYING))
            still_ms.append(round((elapsed() - began) * 1000, 1))
        scanned = await self._keeper.order("scan", again=True, **scan_fields)
        return scanned, plan(scanned["tiers"], tiers, written), False
