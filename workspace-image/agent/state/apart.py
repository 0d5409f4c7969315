"""Packs what a session has left out of its checkpoints, when it ends: as much as the time is enough for."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from agent import logs
from agent.clock import elapsed
from agent.errors import CorruptState, HomeFailed, Unreachable
from agent.home.tiers import DEPS
from agent.state.keeper_process import KeeperAnswer
from agent.state.layer_uploads import LayerUploads
from agent.state.layers import How
from agent.state.manifest import Tier
from agent.state.planning import NOTHING, NextTier

FAILURES = (HomeFailed, Unreachable, CorruptState, TimeoutError, OSError)
FIRST_PART, BEGIN_PART = 0.85, 0.8
"""The part of the time for a first try, and the part of a try's time in which things must be expected to end."""
DEPENDENCIES = "dependencies"


class Apart:
    """`kept`: the tiers that were packed. `left_out`: the keeper's answer, after those were lost that were not."""

    def __init__(self, uploads: LayerUploads, left_out: KeeperAnswer, new_stem: Callable[[], str]) -> None:
        self._uploads = uploads
        self._new_stem = new_stem
        self.left_out = left_out
        self.kept: list[NextTier] = []

    async def pack(self, tiers: Iterable[str], seconds: float) -> None:
        """Packs the tiers one after the other. Raises nothing: the session ends without what fails or takes too
        long."""
        until, failed = elapsed() + seconds, list[str]()
        for tier in tiers:
            if following := await self._packed(tier, until):
                self.kept.append(following)
            else:
                failed.append(tier)
        for tier in failed:
            self.lose(tier)

    def lose(self, tier: str) -> None:
        self.left_out = all_lost(self.left_out, tier)

    async def _packed(self, tier: str, until: float) -> NextTier | None:
        """The tier as it is kept apart, or None. If the time ends while a thing is being packed, those that were packed
        before it are packed again."""
        for part in (FIRST_PART, 1.0):
            seconds = part * (until - elapsed())
            if seconds <= 0:
                return None
            following = NextTier(tier, How.WHOLE, NOTHING)
            try:
                async with asyncio.timeout(seconds):
                    packed = await self._uploads.write_apart(following, self._new_stem(), BEGIN_PART * seconds)
            except FAILURES as error:
                logs.warning("left-out-failed", tier=tier, reason=str(error) or type(error).__name__)
                continue
            if not packed["files"]:  # nothing could be begun, or another keeper knows of nothing
                return None
            self.left_out = packed["over_quota"]
            following.held = Tier(packed["bytes"], packed["files"])
            return following
        return None


def all_lost(left_out: dict[str, Any], tier: str) -> dict[str, Any]:
    """`left_out` as it is when nothing of the tier is kept apart. What is not in the tier of dependencies is the
    member's own."""
    own = dict(left_out["own"])
    lost_of_dependencies = left_out["lost_bytes"] - own["lost_bytes"]
    if tier == DEPS:
        lost_of_dependencies = left_out["bytes"] - own["bytes"]
    else:
        own["lost_bytes"] = own["bytes"]
    entries = [
        entry | {"kept": entry["kept"] and (entry["kind"] == DEPENDENCIES) != (tier == DEPS)}
        for entry in left_out["entries"]
    ]
    return left_out | {"lost_bytes": own["lost_bytes"] + lost_of_dependencies, "own": own, "entries": entries}
