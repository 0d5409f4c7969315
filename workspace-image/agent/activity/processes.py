"""The member's processes: how they are started, listed and ended. Nothing that runs as the member is trusted."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from agent.activity.programs import programs
from agent.clock import elapsed
from agent.paths import HOME, IMAGE, MEMBER, NOBODY

# The member's programs are the first to be killed when memory runs out. They get CPU after the agent: a member who
# starves the agent would stop the heartbeats and would not be charged. They can never gain rights.
AS_MEMBER = (
    "nice -n 10 choom -n 600 --"
    f" setpriv --reuid={MEMBER} --regid={MEMBER} --clear-groups --no-new-privs --inh-caps=-all --ambient-caps=-all --"
).split()

# Sends signals to the member's processes as a user whom the member can't kill. /bin/kill as the member may be killed
# before it does anything, where a program of the member's keeps killing every other process.
SIGNAL_ALL = f"""
import os, sys
os.setgroups([])
os.setresgid({MEMBER}, {MEMBER}, {MEMBER})
os.setresuid({NOBODY}, {MEMBER}, {NOBODY})
os.kill(-1, int(sys.argv[1]))
"""

PATH = f"{HOME}/.local/bin:{IMAGE}/bin:/usr/local/bin:/usr/bin:/bin"


def member_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of the member's processes: nothing of the agent's own."""
    return {
        "HOME": str(HOME),
        "USER": "member",
        "LOGNAME": "member",
        "SHELL": "/bin/bash",
        "PATH": PATH,
        "LANG": "C.UTF-8",
        # a shell writes its history when it ends, but not when it is killed
        "PROMPT_COMMAND": "history -a",
        # pip and npm install into the home; Debian would otherwise refuse `pip install --user` (PEP 668)
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "NPM_CONFIG_PREFIX": f"{HOME}/.local",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        # Node brings its own certificates; the image's are those that the operator chose
        "NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt",
        **(extra or {}),
    }


async def start_as_member(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: int | None = asyncio.subprocess.DEVNULL,
    stdout: int | None = None,
    stderr: int | None = None,
    pass_fds: Iterable[int] = (),
    processes: int | None = None,
) -> asyncio.subprocess.Process:
    """Starts a command as the member.

    `processes` bounds how many processes, threads counted, run as the member from then on. The agent's own tasks as the
    member have no such bound: they must never be refused.
    """
    limit = [] if processes is None else ["prlimit", f"--nproc={_within_ours(processes)}", "--"]
    return await asyncio.create_subprocess_exec(
        *limit,
        *AS_MEMBER,
        *command,
        cwd=HOME,
        env=dict(environment) if environment is not None else member_environment(),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )


def _within_ours(processes: int) -> str:
    """A lower limit that holds already can't be raised here, and need not be."""
    ours = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    most = processes if ours == resource.RLIM_INFINITY else min(processes, ours)
    return f"{most}:{most}"


def member_processes() -> list[int]:
    """Every living process of the member's."""
    return [program.pid for program in programs()]


async def end_member_processes(grace: float) -> None:
    """Asks the member's processes to end, and kills them after `grace` seconds. Returns when none is left."""
    _signal(member_processes(), signal.SIGTERM)
    # a shell ignores SIGTERM, and a stopped process sees a signal only when it continues
    _signal(member_processes(), signal.SIGHUP)
    _signal(member_processes(), signal.SIGCONT)
    deadline = elapsed() + grace
    while member_processes() and elapsed() < deadline:  # noqa: ASYNC110  orphans are not ours to wait for
        await asyncio.sleep(0.05)
    while member_processes():
        await asyncio.to_thread(signal_all_as_member, signal.SIGKILL)
        await asyncio.sleep(0.02)


def signal_all_as_member(number: signal.Signals, seconds: float | None = None) -> None:
    """Sends a signal to all of the member's processes in one call: a process that forks can escape from a list, but not
    from this call. Returns when that is done.

    Raises OSError if no process can be started for it, TimeoutError if it took more than `seconds`.
    """
    command = [sys.executable, "-I", "-S", "-c", SIGNAL_ALL, str(int(number))]
    try:
        subprocess.run(command, stderr=subprocess.DEVNULL, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
