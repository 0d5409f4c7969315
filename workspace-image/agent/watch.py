"""Watches the session from the side: browsers that come and go, activity, freezes, and a lease that lapsed."""

import asyncio
from collections.abc import Callable

from agent import logs
from agent.activity import PROCESS, TERMINAL, last_terminal_input
from agent.clock import elapsed
from agent.cpu import CpuWatch
from agent.slot import Slot, State

EVERY = 1.0
LOOK_AT_PROGRAMS_EVERY = 5.0
# The loop was kept from running for so long: the container was frozen.
FROZEN = 5.0


class Watch:
    """`browsers` counts the connections to the editor; `extension_speaks` tells whether the extension is connected;
    `cut` closes every connection of a browser."""

    def __init__(
        self, slot: Slot, browsers: Callable[[], int], extension_speaks: Callable[[], bool], cut: Callable[[], None]
    ) -> None:
        self._slot = slot
        self._browsers = browsers
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
            if self._slot.session is not None and self._slot.state is State.SERVING:
                if now - before > FROZEN:
                    logs.event("slot.thawed", after=now - before)
                    self._slot.session.tell()
                await self._look()
            before = elapsed()

    async def _look(self) -> None:
        session = self._slot.session
        assert session is not None  # noqa: S101  for the type checker: the caller looked
        connected = self._browsers() > 0
        if connected != self._connected:
            self._connected = connected
            session.tell()
        session.activity.editor_is_watched = self._extension_speaks() or not connected
        self._look_at_programs()
        if not await self._slot.may_serve() and self._browsers():
            logs.warning("lease.lapsed", session=session.sid)
            self._cut()

    def _look_at_programs(self) -> None:
        session = self._slot.session
        if session is None or elapsed() - self._looked_at_programs < LOOK_AT_PROGRAMS_EVERY:
            return
        self._looked_at_programs = elapsed()
        typed = last_terminal_input()
        if typed is not None:
            session.activity.saw(TERMINAL, typed)
        if self._cpu.is_busy():
            session.activity.saw(PROCESS)
