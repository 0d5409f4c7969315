"""Handlers and containers as processes of one thread, on one simulated clock.

Each is a greenlet, and gives way before and after everything that it does outside of itself: so whoever holds the
schedule says who goes on, and may end a process between any two of its steps.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process is over, wherever it was."""


class Violation(BaseException):
    """Something that must always hold does not. No handler can catch it."""


class Owner(Protocol):
    """Who a process runs inside of. While that stands still, so does the process."""

    @property
    def runs(self) -> bool: ...


class Process:
    """`result` or `error` once it is `done`. `ends` is when the platform gives it up."""

    def __init__(self, hub: "Hub", name: str, work: Callable[[], Any], owner: Owner | None, ends: datetime | None):
        self.name = name
        self.owner = owner
        self.ends = ends
        self.begun = self.done = self.killed = False
        self.mute = False
        """Nobody hears what it answers."""
        self.result: Any = None
        self.error: Exception | None = None
        self.on_end: Callable[[Process], None] = lambda _process: None
        self.at = "its beginning"
        self.wake: datetime | None = None
        self.awaits: Process | None = None
        self._hub = hub
        self.work = work
        self._greenlet = greenlet(self._run, parent=hub.main)

    def _run(self) -> None:
        try:
            self.result = self.work()
        except (Killed, Violation):
            self.killed = True
        except Exception as e:
            self.error = e
        finally:  # also of what ends the test itself, such as its time being over
            self.done = True

    @property
    def runnable(self) -> bool:
        if self.done or self in self._hub.doomed or (self.owner is not None and not self.owner.runs):
            return False
        if self.wake is None and self.awaits is None:
            return True
        over = self.wake is not None and self._hub.now >= self.wake
        return over or (self.awaits is not None and self.awaits.done)

    def go_on(self) -> None:
        """Up to where it gives way next."""
        self.begun, self.wake, self.awaits = True, None, None
        self._greenlet.switch()
        self._hub.settled(self)

    def kill(self) -> None:
        """At once, or as soon as the process gives way that wants it."""
        if self.done:
            return
        if self._hub.current is not None:
            self._hub.doomed.append(self)
            return
        if self.begun:
            self._hub.ending = True
            try:
                self._greenlet.throw(Killed)
            finally:
                self._hub.ending = False
        self.killed = self.done = True
        self._hub.settled(self)


class Hub:
    """All processes, in the order in which they were begun, and the clock."""

    def __init__(self, now: datetime) -> None:
        self.main = getcurrent()
        self.now = now
        self.processes: list[Process] = []
        self.current: Process | None = None
        self.doomed: list[Process] = []
        self.ending = False
        """A process is being killed: what it does on its way out, nobody sees."""
        self.violation: Violation | None = None

    def spawn(
        self, name: str, work: Callable[[], Any], *, owner: Owner | None = None, seconds: float | None = None
    ) -> Process:
        """It runs when the schedule says so, and is given up after so many `seconds`."""
        ends = None if seconds is None else self.now + timedelta(seconds=seconds)
        process = Process(self, name, work, owner, ends)
        self.processes.append(process)
        return process

    def runnable(self) -> list[Process]:
        return [process for process in self.processes if process.runnable]

    def go_on(self, process: Process, *, through: bool = True) -> None:
        """One step of it, or `through`: until it waits for something, or ends."""
        while process.runnable:
            self.current = process
            try:
                process.go_on()
            finally:
                self.current = None
            if self.violation:
                raise self.violation
            while self.doomed:
                self.doomed.pop().kill()
            if not through:
                return

    def settled(self, process: Process) -> None:
        if process.done:
            self.processes.remove(process)
            process.on_end(process)

    def give_way(self, at: str) -> None:
        """Called by a process: everybody else may go on before it does."""
        if self.ending:
            raise Killed
        process = self.current
        if process is None:
            return
        process.at = at
        self.main.switch()
        self.current = process

    def sleep(self, seconds: float) -> None:
        self.wait(None, seconds)

    def wait(self, other: Process | None, seconds: float | None) -> None:
        """Until the other is done, or so many seconds are over."""
        if self.ending:
            raise Killed
        process = self.current
        if process is None:
            raise RuntimeError("only a process can wait")
        process.awaits = other
        process.wake = None if seconds is None else self.now + timedelta(seconds=max(0.0, seconds))
        self.give_way("a wait")

    def wakes(self) -> list[datetime]:
        """When those that sleep go on, or are given up."""
        running = (process for process in self.processes if process.owner is None or process.owner.runs)
        wakes = [process.wake for process in running if process.wake]
        return wakes + [process.ends for process in self.processes if process.ends]

    def give_up(self) -> None:
        """What has taken too long is ended by the platform."""
        for process in [process for process in self.processes if process.ends and process.ends <= self.now]:
            process.kill()

    def end(self) -> None:
        for process in self.processes[::-1]:
            process.on_end = lambda _process: None
            process.kill()
        self.processes.clear()

    def fail(self, why: str, cause: BaseException | None = None) -> None:
        """Raises Violation, here and in whoever holds the schedule."""
        self.violation = Violation(why)
        self.violation.__cause__ = cause
        raise self.violation
