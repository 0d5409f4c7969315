"""Watches the session each second: browsers, activity, freezes, and a lapsed lease."""

import asyncio
from collections.abc import Callable

from agent import logs
from agent.activity.cpu import CpuWatch
from agent.activity.foreground import runs_command
from agent.activity.last_seen import PROCESS, TERMINAL, last_terminal_input
from agent.activity.presence import Presence
from agent.activity.programs import programs
from agent.clock import elapsed
from agent.session import Session
from agent.slot import SlotLifecycle, State

EVERY = 1.0
LOOK_AT_PROGRAMS_EVERY = 5.0
# Seconds for which the loop could not run, from which on the container counts as having been frozen.
FROZEN = 5.0
# Seconds between two log lines about a late save. Cloud Monitoring makes a metric of these lines.
SAY_LATE_EVERY = 60.0


class Watch:
    """`extension_speaks` tells whether the extension is connected; `cut` closes every connection of the browsers."""

    def __init__(
        self, slot: SlotLifecycle, presence: Presence, extension_speaks: Callable[[], bool], cut: Callable[[], None]
    ) -> None:
        self._slot = slot
        self._presence = presence
        self._extension_speaks = extension_speaks
        self._cut = cut
        self._cpu = CpuWatch()
        self._connected = False
        self._looked_at_programs = elapsed()
        self._late_logged_at = 0.0

    async def run(self) -> None:
        before = elapsed()
        while True:
            await asyncio.sleep(EVERY)
            now = elapsed()
            try:
                await self.look_after(now - before)
            except Exception as error:  # a failed look must not end the container
                logs.failed("watch-failed", error)
            before = elapsed()

    async def look_after(self, pause: float) -> None:
        session = self._slot.session
        if session is None or self._slot.state is not State.SERVING:
            return
        if pause > FROZEN:
            logs.event("slot-thawed", after=pause)
            session.beat_soon()
        connected = self._presence.is_connected()
        if connected != self._connected:
            # before the programs are stopped: a job that began a moment ago must be seen, to be continued in a
            # background hold
            await self._look_at_programs(session)
            self._connected = connected
            session.beat_soon()
        await self._presence.settle()
        if self._presence.stands_still():
            # what the container was frozen for after the last look, nothing could change
            session.save_age.stand_still(elapsed() - (pause if pause > FROZEN else 0))
        else:
            session.save_age.go_on(elapsed())
        session.activity.editor_is_watched = self._extension_speaks() or not connected
        # cut first: a request for the lease may take as long as the control plane does not answer
        if connected and not session.lease.holds():
            logs.warning("lease-lapsed", session=session.sid)
            self._cut()
            self._presence.forget_arrival()
        await self._slot.may_serve()
        self._log_if_late(session)
        if elapsed() - self._looked_at_programs >= LOOK_AT_PROGRAMS_EVERY:
            await self._look_at_programs(session)

    def _log_if_late(self, session: Session) -> None:
        unsaved_for = self._slot.unsaved_for()
        if unsaved_for is not None and elapsed() - self._late_logged_at >= SAY_LATE_EVERY:
            self._late_logged_at = elapsed()
            logs.warning("save-late", session=session.sid, seconds=round(unsaved_for))

    async def _look_at_programs(self, session: Session) -> None:
        """Looks at the programs' activity. If that fails, the last known activity stays."""
        self._looked_at_programs = elapsed()
        try:
            await self._note_activity(session)
        except OSError as error:
            logs.failed("watch-not-seen", error)

    async def _note_activity(self, session: Session) -> None:
        typed = last_terminal_input()
        if typed is not None:
            session.activity.saw(TERMINAL, typed)
        # in a thread: a member may have thousands of programs, and heartbeats must go on
        busy = await asyncio.to_thread(self._cpu.is_busy)
        if busy or (self._presence.is_connected() and await asyncio.to_thread(lambda: runs_command(programs()))):
            session.activity.saw(PROCESS)
