"""Holds a request of the control plane open while the member's programs are at work: a platform gives CPU only while a
request is open."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from agent import logs
from agent.activity.last_seen import PROCESS
from agent.activity.presence import Presence
from agent.clock import elapsed
from agent.slot import SlotLifecycle

LONGEST = 1800.0
EVERY = 1.0


class HoldEnd(StrEnum):
    QUIET = "quiet"
    CONNECTED = "connected"
    TIME = "time"
    OVER = "over"


def reason_to_end(
    *, now: float, began: float, seconds: float, quiet: float, busy: float | None, connected: bool
) -> HoldEnd | None:
    """Why a request that is held since `began` should be answered now; None to hold it further.

    `busy` is when a program was last seen at work. Before `began` the container may have been frozen, so an earlier
    moment does not show that a program is at work.
    """
    if connected:
        return HoldEnd.CONNECTED
    if now - max(began, busy or began) >= quiet:
        return HoldEnd.QUIET
    return HoldEnd.TIME if now - began >= seconds else None


class BackgroundHolds:
    def __init__(self, slot: SlotLifecycle, presence: Presence) -> None:
        self._slot = slot
        self._presence = presence

    async def hold(self, seconds: float, quiet: float, is_awaited: Callable[[], bool]) -> HoldEnd | None:
        """Holds until there is a reason to end, and returns the reason; None when nobody waits for the answer any more.
        Each caller's hold is separate.

        Raises Refused: 409 when there is no session, 502 when the last heartbeat was not answered.
        """
        session = self._slot.begun_session()
        began = elapsed()
        logs.event("background-hold-began", session=session.sid)
        holding = asyncio.create_task(self._hold(seconds, quiet, is_awaited))
        over = asyncio.create_task(self._slot.over.wait())
        try:
            async with self._presence.holding():
                await asyncio.wait({holding, over}, return_when=asyncio.FIRST_COMPLETED)
            # `over` is checked first: if the last heartbeat finds the session lost, that heartbeat fails and sets
            # `over`
            reason = HoldEnd.OVER if self._slot.over.is_set() else holding.result()
        finally:
            for task in (holding, over):
                task.cancel()
            await asyncio.gather(holding, over, return_exceptions=True)
        logs.event("background-hold-ended", session=session.sid, why=reason, seconds=elapsed() - began)
        return reason

    async def _hold(self, seconds: float, quiet: float, is_awaited: Callable[[], bool]) -> HoldEnd | None:
        activity = self._slot.begun_session().activity
        began = elapsed()
        while is_awaited():
            # wait before the first look too: a container that thaws for this request may not know yet that its browser
            # left
            await asyncio.sleep(min(EVERY, seconds))
            reason = reason_to_end(
                now=elapsed(),
                began=began,
                seconds=seconds,
                quiet=quiet,
                busy=activity.last(PROCESS),
                connected=self._presence.is_connected(),
            )
            if reason is not None:
                # time is charged between heartbeats, and a background hold's time only until the hold ends
                await self._slot.beat()
                return reason
        return None
