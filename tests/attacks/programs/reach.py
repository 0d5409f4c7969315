"""Run by a member in their terminal: tries what no program of theirs may do to the container around it.

`python3 reach.py PORT` writes `reached.json`: by attack, why it was refused or what it got; and who the program is.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
PROCESS_VM_READV = 310
AGENT = Path("/run/ondol")


def lowered() -> int | str:
    try:
        return os.nice(-5)
    except PermissionError:
        return "refused"


def main() -> None:
    outcomes = {name: outcome(attack) for name, attack in attacks(int(sys.argv[1]))}
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    told = {
        "outcomes": outcomes,
        "writable": sorted(writable()),
        "others": dict(strangers()),
        "myself": {name: status[name] for name in ("Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapInh", "NoNewPrivs")},
        "dies first": int(Path("/proc/self/oom_score_adj").read_text()),
        "processes": resource.getrlimit(resource.RLIMIT_NPROC),
        "niceness": [os.nice(0), lowered()],
    }
    Path("reached.json").write_text(json.dumps(told))
    print("tried", "everything")


def outcome(attack: Callable[[], Any]) -> str:
    try:
        return f"done: {attack()!r}"[:300]
    except (OSError, ValueError) as error:
        return f"refused: {error}"


def attacks(port: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield from against_files()
    for pid, name in strangers():
        yield from ((f"{what} {name} ({pid})", attack) for what, attack in against_process(pid))
    yield from against_myself()
    for what, address, reuse in (
        ("its address", "127.0.0.1", False),
        ("its address again", "127.0.0.1", True),
        ("every address", "", False),
        ("every address again", "", True),
    ):
        yield f"bind the port at {what}", partial(bind, address, port, reuse)


def against_files() -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "list the agent's folder", lambda: os.listdir(AGENT)  # noqa: PTH208  as any program would
    yield "open the agent's socket", lambda: connect(AGENT / "agent.sock")
    yield "read nginx's configuration", (AGENT / "nginx.conf").read_bytes
    yield "list the layers on their way", lambda: list((AGENT / "layers").iterdir())
    for path in ("/etc/passwd", "/etc/x", "/opt/ondol/agent/x.py", "/usr/bin/x", "/run/x", "/mnt/x", "/home/x", "/x"):
        yield f"write {path}", Path(path).touch
    yield "move the home away", lambda: Path("/home/member").rename("/home/gone")
    yield "link the agent's socket into the home", lambda: Path("s").hardlink_to(AGENT / "agent.sock")
    yield "link somebody else's file into the home", lambda: Path("p").hardlink_to("/run/canary")


def against_process(pid: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    proc = Path(f"/proc/{pid}")
    for name in ("mem", "environ", "maps", "auxv", "stack", "io"):
        yield f"read {name} of", partial(first_byte, proc / name)
    yield "write mem of", lambda: (proc / "mem").open("r+b")
    for name in ("fd", "map_files"):
        yield f"list {name} of", partial(os.listdir, proc / name)
    for name in ("root", "cwd", "exe"):
        yield f"follow {name} of", (proc / name).readlink
    yield "enter the mounts of", lambda: (proc / "ns/mnt").open("rb")
    yield "let die first", lambda: (proc / "oom_score_adj").write_text("1000")
    for number in (0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGHUP, signal.SIGUSR1):
        yield f"send signal {number} to", partial(os.kill, pid, number)
    yield "attach to", lambda: called(LIBC.ptrace(PTRACE_ATTACH, pid, 0, 0))
    yield "seize", lambda: called(LIBC.ptrace(PTRACE_SEIZE, pid, 0, 0))
    yield "read the memory of", lambda: called(LIBC.syscall(PROCESS_VM_READV, pid, iovec(), 1, iovec(), 1, 0))
    yield "slow down", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)
    yield "keep from a CPU", lambda: os.sched_setaffinity(pid, {0})
    yield "take the files of", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))


def against_myself() -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "become root", lambda: os.setuid(0)
    yield "become nginx", lambda: os.setuid(33)
    yield "join nginx's group", lambda: os.setgroups([33])
    yield "leave the root", lambda: os.chroot(".")
    yield "die after the agent when memory runs out", lambda: Path("/proc/self/oom_score_adj").write_text("-1")
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    yield "be more processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (most + 1, most + 1))
    yield "be any number of processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (-1, -1))
    yield "mount over the agent's folder", lambda: ran("mount", "-t", "tmpfs", "none", str(AGENT))
    yield "become root by sudo", lambda: ran("sudo", "-n", "true")
    yield "become root by su", lambda: ran("su", "-c", "true")


def strangers() -> list[tuple[int, str]]:
    """Processes of anybody else: process 1, the agent, nginx and its worker. With their names."""
    pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    found = [(pid, Path(f"/proc/{pid}")) for pid in pids if Path(f"/proc/{pid}").exists()]
    return [(pid, (proc / "comm").read_text().strip()) for pid, proc in found if proc.stat().st_uid != os.getuid()]


def writable() -> Iterator[str]:
    """The topmost folders, and the files outside of them, that this program may write. Devices apart."""
    waiting = [Path("/")]
    while waiting:
        folder = waiting.pop()
        if os.access(folder, os.W_OK):
            yield str(folder)
            continue
        try:
            entries = list(folder.iterdir())
        except OSError:
            continue
        for path in entries:
            if path.is_symlink() or path in (Path("/proc"), Path("/usr"), Path("/opt/ondol/node")):
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.is_file() and os.access(path, os.W_OK):
                yield str(path)


def first_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1)


def bind(address: str, port: int, reuse: bool) -> str:
    with socket.socket() as listener:
        if reuse:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((address, port))
        listener.listen()
        return "listens"


def connect(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        return "connected"


def iovec() -> Any:
    buffer = ctypes.create_string_buffer(8)
    return ctypes.byref((ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8))


def called(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def ran(*command: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise OSError(done.stderr.strip() or f"ended with {done.returncode}")
    return done.stdout


main()
