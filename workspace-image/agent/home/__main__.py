"""`python -m agent.home DESCRIPTOR`: the keeper as a program of its own, which takes orders from the agent.

Started as root, it becomes the member at once as far as files go, and nobody the member may signal or trace: its
effective user is the member, its real one is KEEPER. An order is a JSON object in one packet of the socket
`DESCRIPTOR`, `{"id", "do", ...}`, with a pipe beside it where bytes are to flow; the answer has the same `id`.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from agent.errors import reason_of
from agent.home.keeper import Answer, Keeper, Order, read_result, unpack_apart
from agent.home.unpack import Unpacked
from agent.places import HOME, KEEPER, MEMBER

LONGEST_ORDER = 1 << 17
NICENESS = 10
"""While the member works: a tenth of a core is left to the keeper where programs of theirs want all of it."""
PR_SET_PDEATHSIG = 1
IDLE_IO = 2 << 13 | 7
"""The last place among ordinary programs; see ioprio_set(2)."""


def main() -> None:
    become_keeper()
    orders = socket.socket(fileno=int(sys.argv[1]))
    Program(Keeper(str(HOME)), orders).run()


def become_keeper() -> None:
    """Raises OSError where there are no such users."""
    # a member who fills the memory loses this before the agent
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("500")
    os.setgroups([])
    os.setresgid(MEMBER, MEMBER, MEMBER)
    os.setresuid(KEEPER, MEMBER, KEEPER)
    os.umask(0o022)
    os.chdir("/")


@dataclass
class _Child:
    """A process that unpacks a tier, and what has been heard of it."""

    pid: int
    order: int
    tier: str
    told: bytearray = field(default_factory=bytearray)


class Program:
    def __init__(self, keeper: Keeper, orders: socket.socket) -> None:
        self._keeper = keeper
        self._orders = orders
        self._unpacked: dict[str, Unpacked] = {}
        self._waiting = selectors.DefaultSelector()
        self._is_settled = self._is_urgent = False

    def run(self) -> None:
        """Until nobody is there to give orders."""
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        self._waiting.register(self._orders, selectors.EVENT_READ)
        while True:
            for key, _ in self._waiting.select():
                if key.data is None:
                    if not self._take():
                        return
                else:
                    self._hear(key.fd, key.data)

    def _take(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._orders, LONGEST_ORDER, 2)
        if not packet:
            return False
        order = json.loads(packet)
        number = order.pop("id")
        try:
            answer = self._do(order.pop("do"), order, descriptors, number)
        except OSError as error:
            answer = {"failed": os.strerror(error.errno or 0)}
        except Exception as error:  # its text may hold a file's name
            answer = {"failed": reason_of(type(error).__name__)}
        finally:
            for descriptor in descriptors:  # whoever waits at the other end of a pipe learns that nothing comes
                os.close(descriptor)
        if answer is not None:
            self._answer(number, answer)
        return True

    def _do(self, what: str, order: Order, pipes: list[int], number: int) -> Answer | None:
        match what:
            case "empty":
                return self._keeper.empty(**order)
            case "unpack":
                self._unpack(order["tier"], order["layers"], pipes[0], number)
                return None
            case "place":
                return self._keeper.place(order["tier"], self._unpacked.pop(order["tier"]))
            case "discard":
                self._unpacked.pop(order["tier"], None)
                return self._keeper.discard(**order)
            case "look" | "copy" | "pack":
                return self._beside_the_member(what, order, pipes)
            case "pack_apart":
                return self._keeper.pack_apart(order["tier"], pipes[0])
            case "adopt":
                return self._keeper.adopt(**order)
            case "forget":
                return self._keeper.forget(**order)
            case "remember":
                return self._keeper.remember(**order)
            case "settle":
                self._is_settled = True
                return {}
        raise ValueError(what)

    def _beside_the_member(self, what: str, order: Order, pipes: list[int]) -> Answer:
        """What takes time: once the member is at work, at a lower priority than their programs, unless it is urgent. A
        priority is a thread's, and nobody but root may raise it again: so each has a thread of its own."""
        if what == "look":  # it begins a save, and says so for all of that
            self._is_urgent = order.pop("urgent", False)
        if pipes:
            order["pipe"] = pipes[0]
        do: Callable[..., Answer] = getattr(self._keeper, what)
        if self._is_urgent or not self._is_settled:
            return do(**order)
        with ThreadPoolExecutor(1, initializer=give_way) as apart:
            return apart.submit(do, **order).result()

    def _unpack(self, tier: str, layers: list[Order], source: int, number: int) -> None:
        into = self._keeper.beside(tier)
        told, telling = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(told)
            self._orders.close()
            _end_with(parent)
            unpack_apart(layers, source, into, telling)
        os.close(into)
        os.close(telling)
        self._waiting.register(told, selectors.EVENT_READ, _Child(pid, number, tier))

    def _hear(self, descriptor: int, child: _Child) -> None:
        piece = os.read(descriptor, 1 << 20)
        child.told += piece
        if piece:
            return
        self._waiting.unregister(descriptor)
        os.close(descriptor)
        os.waitpid(child.pid, 0)
        result = read_result(bytes(child.told))
        if isinstance(result, Unpacked):
            self._unpacked[child.tier] = result
            result = {"files": len(result.marks)}
        self._answer(child.order, result)

    def _answer(self, number: int, answer: dict[str, Any]) -> None:
        self._orders.send(json.dumps({"id": number, **answer}).encode())


def _end_with(parent: int) -> None:
    """Nobody takes what a child unpacks whose parent has died: the system ends it then."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def give_way() -> None:
    """From now on the member's programs come before this thread, and those that it starts."""
    os.nice(NICENESS)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(251, 1, 0, IDLE_IO)  # ioprio_set, of this thread; where a system has it not, nothing is lost


if __name__ == "__main__":
    main()
