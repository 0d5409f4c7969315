"""The member's processes: how they are started, told apart, and ended. Nothing that runs as the member is trusted."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from agent.clock import elapsed
from agent.places import HOME, IMAGE, MEMBER, NOBODY
from agent.programs import programs

# The member's programs die first when memory runs out, come after the agent when the CPU does (whoever starves it makes
# no heartbeats and is not charged), and can never gain a right that they do not have.
AS_MEMBER = (
    "nice -n 10 choom -n 600 --"
    f" setpriv --reuid={MEMBER} --regid={MEMBER} --clear-groups --no-new-privs --inh-caps=-all --ambient-caps=-all --"
).split()

# Signals what is the member's as somebody whom the member can't kill first. /bin/kill as the member may be dead before
# it does anything, where one of theirs kills everybody else without end.
SIGNAL_ALL = f"""
import os, sys
os.setgroups([])
os.setresgid({MEMBER}, {MEMBER}, {MEMBER})
os.setresuid({NOBODY}, {MEMBER}, {NOBODY})
os.kill(-1, int(sys.argv[1]))
"""

PATH = f"{HOME}/.local/bin:{IMAGE}/bin:/usr/local/bin:/usr/bin:/bin"


def member_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """All that a process of the member inherits: nothing of the agent's own environment."""
    return {
        "HOME": str(HOME),
        "USER": "member",
        "LOGNAME": "member",
        "SHELL": "/bin/bash",
        "PATH": PATH,
        "LANG": "C.UTF-8",
        # a shell writes its history when it ends, which one that is killed never does
        "PROMPT_COMMAND": "history -a",
        # pip and npm install into the home; Debian would otherwise refuse `pip install --user` (PEP 668)
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "NPM_CONFIG_PREFIX": f"{HOME}/.local",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        # Node brings certificates of its own; the image's are those that the operator chose
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
    """With `processes`, it and all that it starts may be no more than so many, threads counted, together with whatever
    else runs as the member. What the agent needs done as the member goes without: it must never be what is refused."""
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
    """A limit that is lower already can't be raised here, nor need it be."""
    ours = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    most = processes if ours == resource.RLIM_INFINITY else min(processes, ours)
    return f"{most}:{most}"


def member_processes() -> list[int]:
    """Every process that runs as the member and is not yet dead."""
    return [program.pid for program in programs()]


async def end_member_processes(grace: float) -> None:
    """Asks them to end, and after `grace` seconds ends them. Returns when none is left."""
    _signal(member_processes(), signal.SIGTERM)
    # a shell ignores SIGTERM, and a stopped process sees neither until it goes on
    _signal(member_processes(), signal.SIGHUP)
    _signal(member_processes(), signal.SIGCONT)
    deadline = elapsed() + grace
    while member_processes() and elapsed() < deadline:  # noqa: ASYNC110  orphans are not ours to wait for
        await asyncio.sleep(0.05)
    while member_processes():
        await asyncio.to_thread(signal_all_as_member, signal.SIGKILL)
        await asyncio.sleep(0.02)


def signal_all_as_member(number: signal.Signals, seconds: float | None = None) -> None:
    """To all of their processes in one call: one that forks cannot run away from it, as it can from a list. Returns
    when it was done. Raises OSError if no process is to be had for it, TimeoutError if it was not done in so many
    seconds."""
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
