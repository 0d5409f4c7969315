"""Stops the member's programs, and continues them: SIGSTOP and SIGCONT, since no container may freeze a cgroup."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from threading import Lock
from time import sleep

from agent.clock import elapsed
from agent.processes import signal_all_as_member
from agent.programs import Program, newest_pid, programs, read_program, times_waited


class Reason(StrEnum):
    UNATTENDED = "unattended"
    """No browser is connected and no request is held for a job: nobody is charged."""
    COPYING = "copying"
    """Files are copied that must not change meanwhile."""


STANDSTILL_SECONDS = {Reason.UNATTENDED: 2.0, Reason.COPYING: 1.0}
"""How long `pause` waits at most, in all its steps together, until what was asked to stop stands still: a long system
call is finished first. Nobody waits longer for files to be copied; and nothing is lost where a machine that is busy
takes longer to stop what nobody attends."""

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class ProgramPause:
    """Every process of the member's, the editor's server included, runs only while no reason is left to stop it.

    A process that the member had stopped stays so afterwards. Parents stop first and go on last, so that a shell never
    sees its job standing still and takes it for stopped by Ctrl-Z.

    While files are copied, a traced process runs on: its debugger would take the stop for one of its program's own.
    """

    def __init__(self) -> None:
        self._reasons: set[Reason] = set()
        self._stopped: dict[tuple[int, int], Program] = {}
        self._ticks: dict[tuple[int, int], int] | None = None
        # how often each had waited when it stood still last; None of one that was finishing a system call
        self._waited: dict[tuple[int, int], int | None] = {}
        self._one_at_a_time = Lock()
        # how often a reason has gone, and up to which of these what it had stopped goes on
        self._gone = 0
        self._settled = 0

    def holds(self, reason: Reason) -> bool:
        return reason in self._reasons

    async def pause(self, reason: Reason) -> bool:
        """Whether all of them stand still now. Asked for again, it stops what came since. Whoever is cancelled while
        waiting calls `resume` as after any pause."""
        self._reasons.add(reason)
        stands_still = await asyncio.to_thread(self._stop, elapsed() + STANDSTILL_SECONDS[reason])
        if reason is Reason.UNATTENDED:
            self._waited = await asyncio.to_thread(_times_waited)
        return stands_still

    async def resume(self, reason: Reason) -> None:
        """Returns when they go on, or when another reason keeps them. Asked for again, it does what failed before."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            self._gone += 1
            if reason is Reason.UNATTENDED:
                self._ticks = None
        if self._settled < self._gone:
            await asyncio.to_thread(self._settle)

    async def is_awake(self) -> bool:
        """Whether one goes on that was stopped, or was started since, or one has gone on since it was looked at last,
        and stands still by itself. A timer may bring its own program SIGCONT."""
        return await asyncio.to_thread(self._is_awake)

    async def is_begun(self) -> bool:
        """Whether one goes on that the agent has begun since: the editor's server begins anew when it was ended."""
        return await asyncio.to_thread(self._is_begun)

    async def used_seconds(self) -> float:
        """How long the programs that there are have used the CPU since nobody attends them."""
        return await asyncio.to_thread(self._used_seconds)

    async def end_all(self) -> None:
        """Raises OSError if no process is to be had for it."""
        self._ticks = None
        await asyncio.to_thread(signal_all_as_member, signal.SIGKILL)

    def _stop(self, until: float) -> bool:
        began = elapsed()
        with self._one_at_a_time:
            if not self._reasons or elapsed() > until:  # resumed, or too late, before this thread's turn came
                return False
            newest = newest_pid()
            alive = programs()
            if self._ticks is None and Reason.UNATTENDED in self._reasons:
                self._ticks = {_key(program): program.ticks for program in alive}
            # also what this reason would not stop: the other's end may not have been settled yet
            self._stopped = {key: self._stopped[key] for key in map(_key, alive) if key in self._stopped}
            found = [program for program in alive if self._is_to_stop(program)]
            # half for all generations together: none may keep the younger ones running
            for equals in _by_depth(found):
                self._stop_each(equals, (began + until) / 2)
            # what was started meanwhile is in no list that was made before, and may be in none that is made now
            if self._reasons and (newest_pid() != newest or self._running()):
                self._stop_all(until - elapsed())
            return _stand_still(self._running, until) and bool(self._reasons)

    def _settle(self) -> None:
        """What the reasons that are left do not stop goes on."""
        with self._one_at_a_time:
            gone = self._gone
            kept = {}
            for program in [program for equals in reversed(_by_depth(self._stopped.values())) for program in equals]:
                if self._is_to_stop(program):
                    kept[_key(program)] = program
                else:
                    _signal(program, signal.SIGCONT)
            self._stopped = kept
            self._settled = gone

    def _is_awake(self) -> bool:
        with self._one_at_a_time:
            before, self._waited = self._waited, _times_waited()
            running = {_key(program) for program in self._running()}
            by_pid = {program.pid: program for program in programs()}
            suspects = [
                program
                for program in by_pid.values()
                if _key(program) in running or _is_changed(before, self._waited, _key(program))
            ]
            return any(self._comes_from_stopped(program, by_pid) for program in suspects)

    def _is_begun(self) -> bool:
        with self._one_at_a_time:
            return any(program.parent == os.getpid() for program in self._running())

    def _used_seconds(self) -> float:
        if (before := self._ticks) is None:
            return 0.0
        return sum(program.ticks - before.get(_key(program), 0) for program in programs()) / TICKS_PER_SECOND

    def _comes_from_stopped(self, program: Program, by_pid: Mapping[int, Program]) -> bool:
        """Whether it was stopped, or was born of what was: all but what the agent, or somebody from outside of the
        container, has begun since."""
        seen = set[int]()
        while _key(program) not in self._stopped:
            seen.add(program.pid)
            if program.parent not in by_pid or program.parent in seen:
                return program.parent not in (0, os.getpid())
            program = by_pid[program.parent]
        return True

    def _found(self) -> list[Program]:
        return [program for program in programs() if self._is_to_stop(program)]

    def _is_to_stop(self, program: Program) -> bool:
        return Reason.UNATTENDED in self._reasons or (Reason.COPYING in self._reasons and not program.is_traced)

    def _running(self) -> list[Program]:
        # one that waits for a disk, or for its child to exec, goes no further than that
        return [program for program in self._found() if not program.is_stopped and program.state != b"D"]

    def _stop_each(self, equals: list[Program], until: float) -> None:
        """Returns when they stand still, or at `until`: a shell that has not stopped yet would still see that its job
        has."""
        for program in equals:
            if not self._reasons:
                return
            # looked at again, right before: what the member stops meanwhile is not to be woken later
            now = read_program(program.pid)
            if now is not None and _key(now) == _key(program) and not now.is_stopped:
                self._stopped[_key(program)] = program
                _signal(program, signal.SIGSTOP)

        def moving() -> list[int]:
            if not self._reasons:  # resumed meanwhile
                return []
            found = [read_program(program.pid) for program in equals]
            return [program.pid for program in found if program and not program.is_stopped and program.state != b"D"]

        _stand_still(moving, until)

    def _stop_all(self, seconds: float) -> None:
        """In one call, which no fork can run away from: oldest first, which are parents before their children. Given up
        after so many seconds, whatever it has done by then."""
        standing = {_key(program) for program in programs() if program.is_stopped}
        try:
            signal_all_as_member(signal.SIGSTOP, max(seconds, 0.0))
        except TimeoutError:
            pass
        except OSError:
            return  # no process is to be had for it: asked for again, it may be
        self._stopped |= {_key(program): program for program in programs() if _key(program) not in standing}


def _times_waited() -> dict[tuple[int, int], int | None]:
    return {_key(program): times_waited(program.pid) if program.is_stopped else None for program in programs()}


def _is_changed(
    before: Mapping[tuple[int, int], int | None], now: Mapping[tuple[int, int], int | None], key: tuple[int, int]
) -> bool:
    """Whether it has moved since: who does so by a timer may stop itself before each look."""
    if key not in before or key not in now:
        return True
    return None not in (before[key], now[key]) and before[key] != now[key]


def _stand_still(moving: Callable[[], Sequence[object]], until: float) -> bool:
    """Whether nothing moves any more, waited for as long as that may take."""
    while moving():
        if elapsed() > until:
            return False
        sleep(0.0005)
    return True


def _key(program: Program) -> tuple[int, int]:
    return program.pid, program.began


def _by_depth(found: Iterable[Program]) -> list[list[Program]]:
    """Parents before their children."""
    by_pid = {program.pid: program for program in found}
    depths: dict[int, list[Program]] = {}
    for program in by_pid.values():
        above, seen = program, {program.pid}
        while (parent := by_pid.get(above.parent)) is not None and parent.pid not in seen:
            above = parent
            seen.add(parent.pid)
        depths.setdefault(len(seen), []).append(program)
    return [depths[depth] for depth in sorted(depths)]


def _signal(program: Program, number: signal.Signals) -> None:
    try:
        os.kill(program.pid, number)
    except ProcessLookupError:
        return
