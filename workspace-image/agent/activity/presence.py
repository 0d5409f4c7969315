"""Whether somebody is present whose time is charged. While nobody is present, the member's programs are stopped."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent import logs
from agent.activity.pausing import ProgramPause, Reason
from agent.clock import elapsed

ARRIVING_SECONDS = 10.0
"""Seconds for which an admitted request counts as a browser. A page loads its files one by one, with gaps, before it
opens its connection."""
MOST_AWAKE = 3
"""Looks, while nobody is present, that find a stopped program running. Only a program that a timer or incoming data
sends SIGCONT is found so often. SIGSTOP does not hold such a program, and its time would be charged to nobody."""

MOST_RESTLESS = 10
"""Failed pauses, while nobody is present: a timer may be faster than any look. A program that only waits for the CPU
has stopped long before."""
MOST_USED_SECONDS = 3.0
"""Seconds of CPU time, while nobody is present, after which programs that do not stop are ended even before
MOST_RESTLESS."""

MOST_BEGUN = 3
"""Looks in a row, while nobody is present, that find a program running that the agent has started. The editor's server,
once started again, runs code from the member's home. A short task of the agent's has ended by then."""


class Presence:
    """`connections` counts the editor's open connections. Every heartbeat reports `is_connected`. So whenever programs
    run, the control plane knows that they may: for a browser, or for a request that the control plane itself holds
    open.

    Before the first browser comes, only the editor's server runs as the member.
    """

    def __init__(self, connections: Callable[[], int], pause: ProgramPause) -> None:
        self._connections = connections
        self._counted = 0
        self._pause = pause
        self._arrived: float | None = None
        self._holds = 0
        self._visits = 0
        self._stands_still = True
        self._times_awake = 0
        self._failed_pauses = 0
        self._times_begun = 0
        self._ended = False

    def is_connected(self) -> bool:
        arriving = self._arrived is not None and elapsed() - self._arrived < ARRIVING_SECONDS
        return arriving or self._visits > 0 or self._count() > 0

    def stands_still(self) -> bool:
        """Whether the member's programs are stopped, because nobody is present."""
        return self._stands_still and self._pause.holds(Reason.UNATTENDED)

    def _count(self) -> int:
        """The number of connections; the last number if they can't be counted now, because the system may have no
        descriptor left."""
        try:
            self._counted = self._connections()
        except OSError as error:
            logs.failed("presence-not-counted", error)
        return self._counted

    async def arrive(self) -> None:
        """Takes note that a request of the member's browser was admitted. Returns when programs run, before the request
        reaches one of them."""
        self._arrived = elapsed()
        await self._continue()

    def forget_arrival(self) -> None:
        """Takes note that the browsers' connections were cut: an admitted request no longer counts as a browser."""
        self._arrived = None

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[None]:
        """While the member's browser waits for a program of theirs, before it has entered: as if it had."""
        self._visits += 1
        try:
            await self._continue()
            yield
        finally:
            self._visits -= 1

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """While a request is held open for a job."""
        self._holds += 1
        try:
            await self._continue()
            yield
        finally:
            self._holds -= 1

    async def settle(self) -> None:
        """Runs or stops the programs, to be called every second: they run while somebody is present or a request is
        held."""
        if self._ended:
            return
        if self._holds or self.is_connected():
            await self._continue()
        elif not self._stands_still:
            await self._stand_still()
        elif self._pause.holds(Reason.UNATTENDED):
            if await self._pause.is_awake():
                await self._stand_still_again()
            elif await self._keeps_running():
                await self._stand_still()

    async def _keeps_running(self) -> bool:
        """Whether a program that the agent has started runs at too many looks in a row."""
        self._times_begun = self._times_begun + 1 if await self._pause.is_begun() else 0
        return self._times_begun >= MOST_BEGUN

    async def end(self) -> None:
        """Continues the programs at the session's end, so that they can be told and can end by themselves."""
        self._ended = True
        await self._pause.resume(Reason.UNATTENDED)

    async def _stand_still(self) -> None:
        if self._ended or self._holds or self.is_connected():  # a browser has come since it was last checked
            return
        # programs that are stopped at once can't start others; what a storm of forks has left is stopped the next time
        stands_still = await self._pause.pause(Reason.UNATTENDED)
        self._stands_still = stands_still and self._pause.holds(Reason.UNATTENDED)  # a browser may have come meanwhile
        if stands_still:
            return
        used = await self._pause.used_seconds()
        if self._pause.holds(Reason.UNATTENDED):  # no browser has come meanwhile
            self._failed_pauses += 1
            if self._failed_pauses >= MOST_RESTLESS or used >= MOST_USED_SECONDS:
                await self._end_all()

    async def _stand_still_again(self) -> None:
        if not self._pause.holds(Reason.UNATTENDED):  # a browser has come meanwhile
            return
        self._times_awake += 1
        if self._times_awake >= MOST_AWAKE:
            await self._end_all()
        await self._stand_still()

    async def _end_all(self) -> None:
        logs.warning("programs-ended", reason="they wake themselves while nobody is there")
        await self._pause.end_all()
        self._times_awake = self._failed_pauses = 0

    async def _continue(self) -> None:
        self._stands_still = False
        self._times_awake = self._failed_pauses = self._times_begun = 0
        await self._pause.resume(Reason.UNATTENDED)
