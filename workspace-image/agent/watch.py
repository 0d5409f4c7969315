"""Watches the session from the side: browsers that come and go, activity, freezes, and a lease that lapsed."""

import asyncio
from collections.abc import Callable

from agent import logs
from agent.activity import PROCESS, TERMINAL, last_terminal_input
from agent.clock import elapsed
from agent.cpu import CpuWatch
from agent.foreground import runs_command
from agent.presence import Presence
from agent.programs import programs
from agent.session import Session
from agent.slot import Slot, State

EVERY = 1.0
LOOK_AT_PROGRAMS_EVERY = 5.0
# The loop was kept from running for so long: the container was frozen.
FROZEN = 5.0


class Watch:
    """`extension_speaks` tells whether the extension is connected; `cut` closes every connection of a browser."""

    def __init__(
        self, slot: Slot, presence: Presence, extension_speaks: Callable[[], bool], cut: Callable[[], None]
    ) -> None:
        self._slot = slot
        self._presence = presence
        self._extension_speaks = extension_speaks
        self._cut = cut
        self._cpu = CpuWatch()
        self._connected = False
        self._looked_at_programs = elapsed()

    async def run(self) -> None:
        before = elapsed()
        while True:
            await asyncio.sleep(EVERY)
            now = elapsed()
            try:
                await self._look_after(now - before)
            except Exception as error:  # no single look is worth the container
                logs.failed("watch.failed", error)
            before = elapsed()

    async def _look_after(self, pause: float) -> None:
        session = self._slot.session
        if session is None or self._slot.state is not State.SERVING:
            return
        if pause > FROZEN:
            logs.event("slot.thawed", after=pause)
            session.tell()
        connected = self._presence.is_connected()
        if connected != self._connected:
            # before they stand still: a job that began a moment ago is to be known, and gone on with
            await self._look_at_programs(session)
            self._connected = connected
            session.tell()
        await self._presence.settle()
        session.activity.editor_is_watched = self._extension_speaks() or not connected
        # cut first: asking for the lease may take as long as the control plane does not answer
        if connected and not session.lease.holds():
            logs.warning("lease.lapsed", session=session.sid)
            self._cut()
            self._presence.put_out()
        await self._slot.may_serve()
        if elapsed() - self._looked_at_programs >= LOOK_AT_PROGRAMS_EVERY:
            await self._look_at_programs(session)

    async def _look_at_programs(self, session: Session) -> None:
        """What can't be looked at now is as it was."""
        self._looked_at_programs = elapsed()
        try:
            await self._see_activity(session)
        except OSError as error:
            logs.failed("watch.not-seen", error)

    async def _see_activity(self, session: Session) -> None:
        typed = last_terminal_input()
        if typed is not None:
            session.activity.saw(TERMINAL, typed)
        # a member may have thousands: meanwhile heartbeats go on
        busy = await asyncio.to_thread(self._cpu.is_busy)
        if busy or (self._presence.is_connected() and await asyncio.to_thread(lambda: runs_command(programs()))):
            session.activity.saw(PROCESS)
