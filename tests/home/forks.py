"""A process that holds nothing but the keeper's code, and forks: a child of pytest itself would begin with what the
threads of every library in there had left half done, and now and then end by that.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from functools import lru_cache
from typing import Any

from agent.home.keeper import unpack_apart

from tests.home.photo import all_rights
from tests.running import ROOT

LONGEST = 1 << 19


@lru_cache(maxsize=1)
def _line() -> socket.socket:
    """To the process, which ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LONGEST)
    command = [sys.executable, "-m", "tests.home.forks", str(theirs.fileno())]
    path = os.pathsep.join(str(folder) for folder in (ROOT, ROOT / "workspace-image"))
    with all_rights():
        process = subprocess.Popen(command, env={"PYTHONPATH": path}, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    atexit.register(_end, ours, process)
    return ours


def _end(line: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    line.close()
    process.wait(10)


def unpack(layers: list[dict[str, Any]], source: int, into: int, result: int, become: int | None = None) -> int:
    """`unpack_apart` in a child with the rights that this process has now, or as the user `become`; its process id. The
    descriptors stay open here."""
    order = {"layers": layers, "become": become, "uid": os.geteuid(), "gid": os.getegid()}
    socket.send_fds(_line(), [json.dumps(order).encode()], [source, into, result])
    return int(_line().recv(LONGEST))


def main(line: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    while True:
        packet, given, _, _ = socket.recv_fds(line, LONGEST, 3)
        if not packet:
            return
        child = os.fork()
        if child == 0:
            line.close()
            _work(json.loads(packet), *given)
        for descriptor in given:
            os.close(descriptor)
        line.send(str(child).encode())


def _work(order: dict[str, Any], source: int, into: int, result: int) -> None:
    become = order["become"]
    if become is not None:
        os.setgroups([])
        os.setresgid(become, become, become)
        os.setresuid(become, become, become)
    else:
        os.setegid(order["gid"])
        os.seteuid(order["uid"])
    unpack_apart(order["layers"], source, into, result)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
