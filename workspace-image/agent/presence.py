"""Whether somebody is there whose time is charged; and while nobody is, the member's programs stand still."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent import logs
from agent.clock import elapsed
from agent.pausing import ProgramPause, Reason

ARRIVING_SECONDS = 10.0
"""How long a request that was let in counts as a browser: a page loads its files, one by one and for a while none, and
then opens its connection."""
MOST_AWAKE = 3
"""Looks, while nobody is there, at which a program that was stopped goes on. Only one to which a timer, or what comes
over a line, brings SIGCONT needs so many: no SIGSTOP holds it, and its time would be charged to nobody."""

MOST_RESTLESS = 10
"""Pauses, while nobody is there, after which something never stood still: a timer may be faster than any look. Whoever
only waits for the CPU, to stop, has long had it."""
MOST_USED_SECONDS = 3.0
"""Of CPU time, since nobody is there, after which what has just not stood still is not looked at so often."""

MOST_BEGUN = 3
"""Looks in a row, while nobody is there, at which something goes on that the agent has begun. The editor's server, once
it begins anew, runs what the member's home may bring to it; a short errand of the agent's has ended by then."""


class Presence:
    """`connections` counts the open ones to the editor. What `is_connected` says goes into every heartbeat, so whenever
    programs run, the control plane is told that they may: by a browser, or by its own request that is held.

    Before the first browser came nothing of the member's runs but the editor's server.
    """

    def __init__(self, connections: Callable[[], int], pause: ProgramPause) -> None:
        self._connections = connections
        self._counted = 0
        self._pause = pause
        self._arrived: float | None = None
        self._holds = 0
        self._stands_still = True
        self._awake = 0
        self._restless = 0
        self._begun = 0
        self._ended = False

    def is_connected(self) -> bool:
        arriving = self._arrived is not None and elapsed() - self._arrived < ARRIVING_SECONDS
        return arriving or self._count() > 0

    def _count(self) -> int:
        """As it was counted last, if it can't be now: the system may have no descriptor left."""
        try:
            self._counted = self._connections()
        except OSError as error:
            logs.failed("presence.not-counted", error)
        return self._counted

    async def arrive(self) -> None:
        """A request of the member's browser was let in. Returns when programs run, and so before it reaches one."""
        self._arrived = elapsed()
        await self._go_on()

    def put_out(self) -> None:
        """The browsers' connections were cut: whoever was on the way is so no longer."""
        self._arrived = None

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """A request is held open for a job."""
        self._holds += 1
        try:
            await self._go_on()
            yield
        finally:
            self._holds -= 1

    async def settle(self) -> None:
        """To be called every second: programs run while somebody is there or a request is held, and no longer."""
        if self._ended:
            return
        if self._holds or self.is_connected():
            await self._go_on()
        elif not self._stands_still:
            await self._stand_still()
        elif self._pause.holds(Reason.UNATTENDED):
            if await self._pause.is_awake():
                await self._stand_still_again()
            elif await self._lasts():
                await self._stand_still()

    async def _lasts(self) -> bool:
        """Whether what the agent has begun goes on at too many looks."""
        self._begun = self._begun + 1 if await self._pause.is_begun() else 0
        return self._begun >= MOST_BEGUN

    async def end(self) -> None:
        """The session ends: programs go on, to be told so and to end by themselves."""
        self._ended = True
        await self._pause.resume(Reason.UNATTENDED)

    async def _stand_still(self) -> None:
        if self._ended or self._holds or self.is_connected():  # since it was looked at
            return
        # stopped at once they can't begin anew; what a storm of forks may have left is stopped the next time
        stands_still = await self._pause.pause(Reason.UNATTENDED)
        self._stands_still = stands_still and self._pause.holds(Reason.UNATTENDED)  # somebody may have come by now
        if stands_still:
            return
        used = await self._pause.used_seconds()
        if self._pause.holds(Reason.UNATTENDED):  # nobody has come meanwhile
            self._restless += 1
            if self._restless >= MOST_RESTLESS or used >= MOST_USED_SECONDS:
                await self._end_all()

    async def _stand_still_again(self) -> None:
        if not self._pause.holds(Reason.UNATTENDED):  # somebody has come by now
            return
        self._awake += 1
        if self._awake >= MOST_AWAKE:
            await self._end_all()
        await self._stand_still()

    async def _end_all(self) -> None:
        logs.warning("programs.ended", reason="they wake themselves while nobody is there")
        await self._pause.end_all()
        self._awake = self._restless = 0

    async def _go_on(self) -> None:
        self._stands_still = False
        self._awake = self._restless = self._begun = 0
        await self._pause.resume(Reason.UNATTENDED)
