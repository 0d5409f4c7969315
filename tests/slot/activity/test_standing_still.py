"""Programs that are to stand still and do not: they are woken, they wait, or a debugger or a child hides them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agent.activity import pausing, programs
from agent.activity.pausing import STANDSTILL_SECONDS, ProgramPause, Reason
from agent.activity.programs import Program, read_program

# A timer of the program's own would do the same, but not for good: SIGSTOP drops a SIGCONT that is still pending, and
# Linux does not start a timer again whose signal was dropped.
IS_WOKEN = """
import os, signal, time
program = os.getpid()
if not os.fork():  # nobody looks at this one
    while True:
        time.sleep(EACH)
        os.kill(program, signal.SIGCONT)
signal.signal(signal.SIGCONT, lambda *_: None)
"""
WAKES_ITSELF = (
    IS_WOKEN.replace("EACH", "0.01")
    + """
print("ready", flush=True)
while True:
    pass
"""
)
WORKS_BETWEEN_LOOKS = (
    """
import os
if os.fork():
    os.wait()
"""
    + IS_WOKEN.replace("EACH", "1")
    + """
print("ready", os.getpid(), flush=True)
while True:
    # stands still by itself, until it is woken
    os.kill(os.getpid(), signal.SIGSTOP)
    began = time.process_time()
    while time.process_time() < began + WORK:
        pass
"""
)
A_CHILD_THAT_NEVER_EXECS = """
import ctypes, threading
def work():
    while True: pass
threading.Thread(target=work).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(56, 0x4000 | 17, 0, 0, 0, 0)  # clone with CLONE_VFORK: waits until the child has its program
while True: pass
"""
A_TRACED_FIRST_THREAD = """
import ctypes, os, signal, threading, time
def work():
    while True: pass
child = os.fork()
if not child:
    threading.Thread(target=work).start()
    ctypes.CDLL(None).ptrace(0, 0, 0, 0)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
os.waitpid(child, 0x40000000)
print("ready", child, flush=True)
time.sleep(60)
"""


def test_programs_whose_going_on_failed_go_on_when_it_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pause, told = ProgramPause(), list[str]()
    monkeypatch.setattr(pausing, "programs", list)

    def fail(_found: object) -> None:
        raise OSError("no thread, no file")

    def settle(_found: object) -> list[list[Program]]:
        told.append("settled")
        return []

    async def play() -> None:
        await pause.pause(Reason.UNATTENDED)
        with monkeypatch.context() as broken:
            broken.setattr(pausing, "by_depth", fail)
            with pytest.raises(OSError, match="no thread"):
                await pause.resume(Reason.UNATTENDED)
        monkeypatch.setattr(pausing, "by_depth", settle)
        await pause.resume(Reason.UNATTENDED)
        await pause.resume(Reason.UNATTENDED)

    asyncio.run(play())
    assert told == ["settled"]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[int]]]:
    """Starts a program that says when it is ready, and which child it has: the only ones that are looked at."""
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> list[int]:
        program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        started.append(program)
        assert program.stdout
        pids = [program.pid, *map(int, program.stdout.readline().split()[1:])]
        monkeypatch.setattr(pausing, "programs", lambda: [each for pid in pids if (each := read_program(pid))])
        return pids

    monkeypatch.setattr(programs, "MEMBER", os.getuid())
    monkeypatch.setattr(pausing, "newest_pid", lambda: 0)
    monkeypatch.setattr(pausing, "signal_all_as_member", lambda *_: None)
    yield start
    for program in started:
        os.killpg(program.pid, signal.SIGKILL)
        program.communicate()


def test_a_program_is_seen_to_wake_itself(begin: Callable[[str], list[int]]) -> None:
    begin(WAKES_ITSELF)
    pause = ProgramPause()

    async def play() -> bool:
        await pause.pause(Reason.UNATTENDED)
        await asyncio.sleep(0.1)
        return await pause.is_awake()

    assert asyncio.run(play())


@pytest.mark.parametrize("work", [0.05, 0.0])
def test_a_program_that_wakes_itself_and_stands_still_at_each_look_is_seen(
    begin: Callable[[str], list[int]], work: float
) -> None:
    """It may know when it is looked at, and leave the work to others that have ended by then."""
    pid = begin(WORKS_BETWEEN_LOOKS.replace("WORK", str(work)))[1]
    pause = ProgramPause()

    async def play() -> bool:
        await pause.pause(Reason.UNATTENDED)
        await asyncio.sleep(1.5)
        while not (found := read_program(pid)) or not found.is_stopped:  # noqa: ASYNC110  it has no event to wait for
            await asyncio.sleep(0.001)
        return await pause.is_awake()

    assert asyncio.run(play())


def test_what_a_program_uses_that_wakes_itself_is_counted_since_it_was_to_stop(
    begin: Callable[[str], list[int]],
) -> None:
    """In whatever pause: what it used while somebody was there is charged."""
    (pid,) = begin(WAKES_ITSELF)
    while sum(map(int, spent(pid))) < 0.3 * os.sysconf("SC_CLK_TCK"):  # on a busy machine it may wait for a core
        time.sleep(0.02)
    pause = ProgramPause()

    async def play() -> None:
        await pause.pause(Reason.UNATTENDED)
        first = await pause.used_seconds()
        assert first < sum(map(int, spent(pid))) / os.sysconf("SC_CLK_TCK") - 0.1
        # more than it can use while it is stopped once more, which may take as long
        while (used := await pause.used_seconds()) < 3 * first + STANDSTILL_SECONDS[Reason.UNATTENDED]:
            await asyncio.sleep(0.5)  # it is woken: on a busy machine a pause may take longer than it runs
            await pause.pause(Reason.UNATTENDED)
        await pause.resume(Reason.UNATTENDED)
        await pause.pause(Reason.UNATTENDED)
        assert await pause.used_seconds() < used, "it is counted anew"

    asyncio.run(play())


def test_a_program_whose_first_thread_is_held_by_a_debugger_is_stopped_in_whole(
    begin: Callable[[str], list[int]],
) -> None:
    child = begin(A_TRACED_FIRST_THREAD)[1]
    found = read_program(child)
    assert found
    assert not found.is_stopped, "its other thread works"
    pause = ProgramPause()

    async def play() -> tuple[bool, bool]:
        return await pause.pause(Reason.UNATTENDED), await pause.is_awake()

    assert asyncio.run(play()) == (True, False)
    before = spent(child)
    time.sleep(0.1)
    assert spent(child) == before


def test_what_works_while_its_first_thread_waits_for_a_child_is_seen(begin: Callable[[str], list[int]]) -> None:
    (pid,) = begin(A_CHILD_THAT_NEVER_EXECS)
    while sorted(states_of_threads(pid)) != ["D", "R"]:  # the other one waits a moment for the interpreter's lock
        time.sleep(0.01)
    found = read_program(pid)
    assert found
    assert found.state != b"D", "its other thread works"


@pytest.mark.parametrize("is_abandoned", [False, True])
def test_however_many_steps_it_takes_a_pause_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, *, is_abandoned: bool
) -> None:
    """Three generations that never stand still, and a kill that waits for the CPU. Who is cancelled meanwhile, and
    resumes, need not wait for the rest."""
    there = [program(100, 1, b"R"), program(200, 100, b"R"), program(300, 200, b"R")]
    monkeypatch.setattr(pausing, "programs", lambda: there)
    monkeypatch.setattr(pausing, "read_program", lambda pid: there[pid // 100 - 1])
    monkeypatch.setattr(pausing, "newest_pid", lambda: 0)
    monkeypatch.setattr(pausing, "send_signal", lambda *_: None)
    monkeypatch.setattr(pausing, "signal_all_as_member", lambda _number, seconds=9.0: time.sleep(min(seconds, 0.7)))
    pause = ProgramPause()

    async def play() -> float:
        began = time.monotonic()
        try:
            async with asyncio.timeout(0.1 if is_abandoned else None):
                assert not await pause.pause(Reason.COPYING)
        except TimeoutError:
            pass
        await pause.resume(Reason.COPYING)
        return time.monotonic() - began

    assert asyncio.run(play()) < (0.4 if is_abandoned else 1.4)


@pytest.mark.parametrize(
    ("born_of", "is_awake"),
    [(100, True), (200, True), (1, True), (0, False), (os.getpid(), False)],
    ids=["a stopped one", "a child of it", "one that ended", "somebody outside", "the agent"],
)
def test_what_was_born_of_a_stopped_program_is_awake(
    monkeypatch: pytest.MonkeyPatch, born_of: int, is_awake: bool
) -> None:
    there = [program(100, 1, b"T"), program(200, 100, b"T")]
    monkeypatch.setattr(pausing, "programs", lambda: there)
    monkeypatch.setattr(pausing, "times_waited", lambda _pid: 0)
    monkeypatch.setattr(pausing, "newest_pid", lambda: 0)
    pause = ProgramPause()
    pause.stopped = {(100, 7): there[0]}

    async def play() -> tuple[bool, bool]:
        assert await pause.pause(Reason.UNATTENDED)
        before = await pause.is_awake()
        there.append(program(300, born_of, b"R"))
        return before, await pause.is_awake()

    assert asyncio.run(play()) == (False, is_awake)


def program(pid: int, parent: int, state: bytes) -> Program:
    return Program(pid, 7, parent, 100, 100, 0, -1, state, is_traced=False, ticks=0)


def states_of_threads(pid: int) -> list[str]:
    stats = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/stat")]
    return [stat.rpartition(")")[2].split()[0] for stat in stats]


def spent(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
