"""Stops the member's programs, and continues them: SIGSTOP and SIGCONT, since no container may freeze a cgroup."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from threading import Lock
from time import sleep

from agent.activity.processes import signal_all_as_member
from agent.activity.programs import Program, newest_pid, programs, read_program, times_waited
from agent.clock import elapsed


class Reason(StrEnum):
    UNATTENDED = "unattended"
    """No browser is connected and no request is held for a job, so nobody is charged."""
    COPYING = "copying"
    """Files are being copied, and must not change meanwhile."""


STANDSTILL_SECONDS = {Reason.UNATTENDED: 2.0, Reason.COPYING: 1.0}
"""Seconds that `pause` waits at most, in all its steps together, until the programs stand still: a program finishes a
long system call first. Copying waits no longer. Unattended programs may take longer to stop on a busy machine, because
nothing is lost by that."""

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class ProgramPause:
    """Stops the member's processes, the editor's server included, while there is a reason to.

    A process that the member had stopped stays stopped afterwards. Parents stop first and continue last: otherwise a
    shell would see its job stopped and take that for Ctrl-Z.

    While files are copied, a traced process is not stopped: its debugger would take the stop for a signal of its own.
    """

    def __init__(self) -> None:
        self._reasons: set[Reason] = set()
        self.stopped: dict[tuple[int, int], Program] = {}
        self._ticks: dict[tuple[int, int], int] | None = None
        # by process: how often it had given up the CPU when it last stood still; None if a system call was unfinished
        # then
        self._times_given_up: dict[tuple[int, int], int | None] = {}
        self._one_at_a_time = Lock()
        # `_gone` counts ended reasons; `_settled` is the count up to which their stopped processes were continued
        self._ended_reasons = 0
        self._settled_reasons = 0

    def holds(self, reason: Reason) -> bool:
        return reason in self._reasons

    async def pause(self, reason: Reason) -> bool:
        """Stops the programs, and returns whether all of them stand still. Another call stops processes that were
        started since. A caller that is cancelled while waiting must call `resume` as after any pause."""
        self._reasons.add(reason)
        stands_still = await asyncio.to_thread(self._stop, elapsed() + STANDSTILL_SECONDS[reason])
        if reason is Reason.UNATTENDED:
            self._times_given_up = await asyncio.to_thread(_times_waited)
        return stands_still

    async def resume(self, reason: Reason) -> None:
        """Returns when the programs continue, or when another reason keeps them stopped. Another call repeats what
        failed."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            self._ended_reasons += 1
            if reason is Reason.UNATTENDED:
                self._ticks = None
        if self._settled_reasons < self._ended_reasons:
            await asyncio.to_thread(self._settle)

    async def is_awake(self) -> bool:
        """Whether a program runs that was stopped or that a stopped program started, or ran since the last call and
        stopped itself again. A timer may send SIGCONT to its own program."""
        return await asyncio.to_thread(self._is_awake)

    async def is_begun(self) -> bool:
        """Whether a program runs that the agent has started since the pause: the editor's server is started again when
        it ends."""
        return await asyncio.to_thread(self._is_begun)

    async def used_seconds(self) -> float:
        """Seconds of CPU time that the present programs have used since they are unattended."""
        return await asyncio.to_thread(self._used_seconds)

    async def end_all(self) -> None:
        """Ends all of the member's processes. Raises OSError if no process can be started for it."""
        self._ticks = None
        await asyncio.to_thread(signal_all_as_member, signal.SIGKILL)

    def _stop(self, until: float) -> bool:
        began = elapsed()
        with self._one_at_a_time:
            # the reason has ended, or the time has, before this thread could run
            if not self._reasons or elapsed() > until:
                return False
            newest = newest_pid()
            alive = programs()
            if self._ticks is None and Reason.UNATTENDED in self._reasons:
                self._ticks = {_key(program): program.ticks for program in alive}
            # also processes that the present reasons do not stop: an ended reason may not have been settled yet
            self.stopped = {key: self.stopped[key] for key in map(_key, alive) if key in self.stopped}
            to_stop = [program for program in alive if self._is_to_stop(program)]
            # half of the time is for stopping by generations: a slow generation must not keep the younger ones running
            for generation in by_depth(to_stop):
                self._stop_generation(generation, (began + until) / 2)
            # a process that was started meanwhile is not in `alive`, and may be missing in any list that is made now
            if self._reasons and (newest_pid() != newest or self._running()):
                self._stop_all(until - elapsed())
            return _stand_still(self._running, until) and bool(self._reasons)

    def _settle(self) -> None:
        """Continues the processes that the remaining reasons do not stop."""
        with self._one_at_a_time:
            ended_reasons = self._ended_reasons
            still_stopped = {}
            for program in [
                program for generation in reversed(by_depth(self.stopped.values())) for program in generation
            ]:
                if self._is_to_stop(program):
                    still_stopped[_key(program)] = program
                else:
                    send_signal(program, signal.SIGCONT)
            self.stopped = still_stopped
            self._settled_reasons = ended_reasons

    def _is_awake(self) -> bool:
        with self._one_at_a_time:
            before, self._times_given_up = self._times_given_up, _times_waited()
            running = {_key(program) for program in self._running()}
            by_pid = {program.pid: program for program in programs()}
            suspects = [
                program
                for program in by_pid.values()
                if _key(program) in running or _is_changed(before, self._times_given_up, _key(program))
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
        """Whether the program was stopped, or descends from a stopped one. Other programs were started since, by the
        agent or from outside of the container."""
        visited = set[int]()
        while _key(program) not in self.stopped:
            visited.add(program.pid)
            if program.parent not in by_pid or program.parent in visited:
                return program.parent not in (0, os.getpid())
            program = by_pid[program.parent]
        return True

    def _programs_to_stop(self) -> list[Program]:
        return [program for program in programs() if self._is_to_stop(program)]

    def _is_to_stop(self, program: Program) -> bool:
        return Reason.UNATTENDED in self._reasons or (Reason.COPYING in self._reasons and not program.is_traced)

    def _running(self) -> list[Program]:
        # a program that waits for a disk, or for its child's exec, stops before it does anything else
        return [program for program in self._programs_to_stop() if not program.is_stopped and program.state != b"D"]

    def _stop_generation(self, generation: list[Program], until: float) -> None:
        """Stops programs of one generation. Returns when they stand still, or at `until`: a shell that still runs would
        see that its job has stopped."""
        for program in generation:
            if not self._reasons:
                return
            # read again right before the signal: a program that the member has stopped meanwhile must not be continued
            # later
            now = read_program(program.pid)
            if now is not None and _key(now) == _key(program) and not now.is_stopped:
                self.stopped[_key(program)] = program
                send_signal(program, signal.SIGSTOP)

        def moving() -> list[int]:
            if not self._reasons:  # resumed meanwhile
                return []
            now_read = [read_program(program.pid) for program in generation]
            return [program.pid for program in now_read if program and not program.is_stopped and program.state != b"D"]

        _stand_still(moving, until)

    def _stop_all(self, seconds: float) -> None:
        """Stops all programs by one system call, which covers processes that fork meanwhile. It goes from oldest to
        newest, so parents stop before their children. Gives up after `seconds`."""
        standing = {_key(program) for program in programs() if program.is_stopped}
        try:
            signal_all_as_member(signal.SIGSTOP, max(seconds, 0.0))
        except TimeoutError:
            pass
        except OSError:
            return  # no process can be started for it now; another call may succeed
        self.stopped |= {_key(program): program for program in programs() if _key(program) not in standing}


def _times_waited() -> dict[tuple[int, int], int | None]:
    return {_key(program): times_waited(program.pid) if program.is_stopped else None for program in programs()}


def _is_changed(
    before: Mapping[tuple[int, int], int | None], now: Mapping[tuple[int, int], int | None], key: tuple[int, int]
) -> bool:
    """Whether the process ran between two looks. A program that a timer continues may stop itself before each look."""
    if key not in before or key not in now:
        return True
    return None not in (before[key], now[key]) and before[key] != now[key]


def _stand_still(moving: Callable[[], Sequence[object]], until: float) -> bool:
    """Whether nothing moves any more. Waits until `until` at most."""
    while moving():
        if elapsed() > until:
            return False
        sleep(0.0005)
    return True


def _key(program: Program) -> tuple[int, int]:
    return program.pid, program.began


def by_depth(listed: Iterable[Program]) -> list[list[Program]]:
    """The programs by generation, parents before their children."""
    by_pid = {program.pid: program for program in listed}
    depths: dict[int, list[Program]] = {}
    for program in by_pid.values():
        above, ancestors = program, {program.pid}
        while (parent := by_pid.get(above.parent)) is not None and parent.pid not in ancestors:
            above = parent
            ancestors.add(parent.pid)
        depths.setdefault(len(ancestors), []).append(program)
    return [depths[depth] for depth in sorted(depths)]


def send_signal(program: Program, number: signal.Signals) -> None:
    try:
        os.kill(program.pid, number)
    except ProcessLookupError:
        return
