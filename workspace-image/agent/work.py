"""Holds a request of the control plane's open while the member's programs are at work: with none there is no CPU."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from agent import logs
from agent.activity import PROCESS
from agent.clock import elapsed
from agent.presence import Presence
from agent.slot import Slot

LONGEST = 1800.0
EVERY = 1.0


class Why(StrEnum):
    QUIET = "quiet"
    CONNECTED = "connected"
    TIME = "time"
    OVER = "over"


def why_let_go(
    *, now: float, began: float, seconds: float, quiet: float, busy: float | None, connected: bool
) -> Why | None:
    """Whether a request that is held since `began` should be answered; None to hold it on.

    `busy` is when a program was last seen at work. The container may have been frozen until `began`, and a program with
    it: what came before says nothing about whether it is at work.
    """
    if connected:
        return Why.CONNECTED
    if now - max(began, busy or began) >= quiet:
        return Why.QUIET
    return Why.TIME if now - began >= seconds else None


class Work:
    def __init__(self, slot: Slot, presence: Presence) -> None:
        self._slot = slot
        self._presence = presence

    async def hold(self, seconds: float, quiet: float, is_awaited: Callable[[], bool]) -> Why | None:
        """Why it was let go, or None when nobody waits for the answer any more. Each caller holds on its own.

        Raises Refused: 409 when there is no session, 502 when the last heartbeat was not answered.
        """
        session = self._slot.greeted_session()
        began = elapsed()
        logs.event("work.held", session=session.sid)
        holding = asyncio.create_task(self._hold(seconds, quiet, is_awaited))
        over = asyncio.create_task(self._slot.over.wait())
        try:
            async with self._presence.holding():
                await asyncio.wait({holding, over}, return_when=asyncio.FIRST_COMPLETED)
            # looked at first: a last heartbeat that finds the session lost fails, and sets it
            why = Why.OVER if self._slot.over.is_set() else holding.result()
        finally:
            for task in (holding, over):
                task.cancel()
            await asyncio.gather(holding, over, return_exceptions=True)
        logs.event("work.let-go", session=session.sid, why=why, seconds=elapsed() - began)
        return why

    async def _hold(self, seconds: float, quiet: float, is_awaited: Callable[[], bool]) -> Why | None:
        activity = self._slot.greeted_session().activity
        began = elapsed()
        while is_awaited():
            # before the first look too: a container that thawed for this may not know yet that its browser left
            await asyncio.sleep(min(EVERY, seconds))
            why = why_let_go(
                now=elapsed(),
                began=began,
                seconds=seconds,
                quiet=quiet,
                busy=activity.last(PROCESS),
                connected=self._presence.is_connected(),
            )
            if why is not None:
                # time is charged between heartbeats, and as the hold's only while that is not over
                await self._slot.beat()
                return why
        return None
