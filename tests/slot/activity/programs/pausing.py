"""`pausing.py PROCESSES`: runs as root inside a warm slot, pauses and continues real programs of the member, and prints
what became of them. A storm of forks goes up to PROCESSES."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.activity.pausing import ProgramPause, Reason
from agent.activity.processes import AS_MEMBER, end_member_processes, member_environment, member_processes
from agent.activity.programs import newest_pid, programs, read_program

COUNT = "import itertools\nfor n in itertools.count(): print(n, end=' ', flush=True)"
# each lives for a moment and is followed by its child: no list of processes ever holds one that is still there
COMET = """
import os
while os.fork() == 0 or os._exit(0): pass
"""
STORM = "import os, time\nwhile True:\n try: os.fork()\n except OSError: time.sleep(0.001)"
LAST_TICKS = 2
"""Of half a second: a program that waits for a disk when it is told to stop finishes its system call first."""
BORN_IN_THE_SLOT = 20
"""Processes and threads in half a second, by the slot's own programs: an editor that begins anew has some thirteen. A
comet has hundreds of children in that time."""
ORPHANED_THREAD = """
import ctypes, threading
def work():
    while True: pass
threading.Thread(target=work).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def start(*command: str, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [*AS_MEMBER, *command], env=member_environment(), **options
    )


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def state(pid: int) -> str:
    program = read_program(pid)
    return program.state.decode() if program else "gone"


class Shell:
    """An interactive bash at a terminal."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.said = b""
        self.process = start("setsid", "--ctty", "bash", "--norc", "-i", stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def hear(self) -> bytes:
        try:
            while True:
                self.said += os.read(self._ours, 65536)
        except BlockingIOError:
            return self.said


def child_named(name: bytes) -> int | None:
    for program in programs():
        if name in Path(f"/proc/{program.pid}/cmdline").read_bytes():
            return program.pid
    return None


async def a_job_in_a_shell() -> dict[str, object]:
    shell, pause = Shell(), ProgramPause()
    shell.type("python3 -c 'import time\nwhile True: time.sleep(0.001)' in-front\n")
    until(lambda: child_named(b"in-front"))
    job = child_named(b"in-front") or 0
    stood = []
    for _ in range(20):
        stood.append((await pause.pause(Reason.COPYING), state(job) + state(shell.process.pid)))
        await pause.resume(Reason.COPYING)
        until(lambda: state(job) != "T" and state(shell.process.pid) != "T")
        await asyncio.sleep(0.01)
    shell.type("\x03")
    # the shell drops what is typed before it has seen the job's end and asks for the next command
    until(lambda: shell.hear().rstrip().endswith((b"$", b"#")))
    shell.type("echo still $((40 + 2))\n")
    until(lambda: b"still 42" in shell.hear())
    return {"stood": sorted(set(stood)), "it says": shell.hear().decode()}


async def a_job_that_the_member_stopped() -> dict[str, object]:
    shell, pause = Shell(), ProgramPause()
    shell.type("sleep 4001\n")
    until(lambda: child_named(b"\x004001"))
    job = child_named(b"\x004001") or 0
    until(lambda: (program := read_program(job)) is not None and program.foreground == program.group)
    shell.type("\x1a")
    until(lambda: state(job) == "T")
    await pause.pause(Reason.UNATTENDED)
    await pause.resume(Reason.UNATTENDED)
    until(lambda: state(shell.process.pid) != "T")
    kept = state(job)
    shell.type("fg\n")
    until(lambda: state(job) == "S")
    return {"stays": kept, "goes on when they say so": state(job)}


async def reasons() -> dict[str, object]:
    program, pause = start("sleep", "4002"), ProgramPause()
    until(lambda: child_named(b"\x004002"))
    states = []
    for act, reason in (
        (pause.pause, Reason.COPYING),
        (pause.pause, Reason.UNATTENDED),
        (pause.pause, Reason.UNATTENDED),
        (pause.resume, Reason.COPYING),
        (pause.resume, Reason.COPYING),
        (pause.resume, Reason.UNATTENDED),
    ):
        await act(reason)
        await asyncio.sleep(0.02)
        states.append(state(program.pid))
    return {"states": "".join(states)}


async def one_that_was_woken_is_stopped_again() -> dict[str, object]:
    program, pause = start("sleep", "4003"), ProgramPause()
    await pause.pause(Reason.UNATTENDED)
    program.send_signal(signal.SIGCONT)
    until(lambda: state(program.pid) == "S")
    await pause.pause(Reason.UNATTENDED)
    stopped = state(program.pid)
    await pause.resume(Reason.UNATTENDED)
    until(lambda: state(program.pid) == "S")
    return {"again": stopped}


async def storm(code: str) -> dict[str, object]:
    pause = ProgramPause()
    start("prlimit", f"--nproc={sys.argv[1]}:{sys.argv[1]}", "python3", "-c", code)
    until(lambda: len(member_processes()) > 1)
    await asyncio.sleep(0.3)
    stands = await pause.pause(Reason.UNATTENDED)
    before, newest = {program.pid: program.ticks for program in programs()}, newest_pid()
    began = time.monotonic()
    await asyncio.sleep(0.5)
    # the agent meanwhile begins the editor anew, which the trial before has ended
    spent = sum(program.ticks - before[program.pid] for program in programs() if program.pid in before)
    born = (newest_pid() - newest) * 0.5 / (time.monotonic() - began)  # on a busy machine half a second lasts longer
    return {"stands": stands, "idle": spent <= LAST_TICKS and born <= BORN_IN_THE_SLOT}


async def main() -> None:
    told: dict[str, dict[str, object]] = {}
    trials: dict[str, Callable[[], Awaitable[dict[str, object]]]] = {
        "a job in a shell": a_job_in_a_shell,
        "a job that the member stopped": a_job_that_the_member_stopped,
        "reasons": reasons,
        "woken": one_that_was_woken_is_stopped_again,
        "fork storm": lambda: storm(STORM),
        "comet": lambda: storm(COMET),
        "orphaned thread": lambda: storm(ORPHANED_THREAD),
    }
    for name, trial in trials.items():
        told[name] = await trial()
        # paused or not
        await end_member_processes(grace=0.5)
        told[name] = {**told[name], "not ended": len(member_processes())}
    sys.stdout.write(json.dumps(told))


asyncio.run(main())
