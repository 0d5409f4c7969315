"""A process with nothing but the keeper's code, for forks. A child of pytest's own process would inherit whatever the
threads of other libraries had half done, and would sometimes die of that."""

import json
import os
import signal
import socket
import subprocess
import sys
from functools import lru_cache
from typing import Any

from agent.home.unpack_apart import unpack_apart

from tests.home.tree_contents import all_rights
from tests.support.checkout import ROOT

LONGEST = 1 << 19


@lru_cache(maxsize=1)
def _started() -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """The socket to the process, and the process. `end` ends it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LONGEST)
    command = [sys.executable, "-m", "tests.home.forking", str(theirs.fileno())]
    path = os.pathsep.join(str(folder) for folder in (ROOT, ROOT / "workspace-image"))
    with all_rights():
        process = subprocess.Popen(command, env={"PYTHONPATH": path}, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    return ours, process


def end() -> None:
    """The process, if it was started."""
    if _started.cache_info().currsize:
        line, process = _started()
        _started.cache_clear()
        line.close()
        process.wait(10)


def unpack(layers: list[dict[str, Any]], source: int, into: int, result: int, become: int | None = None) -> int:
    """Runs `unpack_apart` in a child with this process's present rights, or as the user `become`. Returns the child's
    process id. The descriptors stay open here."""
    order = {"layers": layers, "become": become, "uid": os.geteuid(), "gid": os.getegid()}
    line, _ = _started()
    socket.send_fds(line, [json.dumps(order).encode()], [source, into, result])
    return int(line.recv(LONGEST))


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
