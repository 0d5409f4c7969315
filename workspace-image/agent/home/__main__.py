"""`python -m agent.home DESCRIPTOR`: the keeper as a program of its own, which takes orders from the agent.

The keeper starts as root and drops root at once. Its effective user is the member, so the keeper has the member's
rights to files. Its real user is KEEPER, so the member may neither signal nor trace the keeper. An order is a JSON
object in one packet of the socket `DESCRIPTOR`, `{"id", "do", ...}`. A pipe comes with the packet if the order moves
bytes. The answer has the order's `id`.
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
from agent.home.keeper import Answer, Keeper, Order
from agent.home.unpack import Unpacked
from agent.home.unpack_apart import read_result, unpack_apart
from agent.paths import HOME, KEEPER, MEMBER

LONGEST_ORDER = 1 << 17
NICENESS = 10
"""The nice value while the member works: it leaves a tenth of a core to the keeper where the member's programs want all
of the core."""
PR_SET_PDEATHSIG = 1
IDLE_IO = 2 << 13 | 7
"""The lowest priority of the best-effort class; see ioprio_set(2)."""


def main() -> None:
    become_keeper()
    orders = socket.socket(fileno=int(sys.argv[1]))
    Program(Keeper(str(HOME)), orders).run()


def become_keeper() -> None:
    """Raises OSError if the users do not exist."""
    # when memory runs out, the kernel ends the keeper before the agent
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("500")
    os.setgroups([])
    os.setresgid(MEMBER, MEMBER, MEMBER)
    os.setresuid(KEEPER, MEMBER, KEEPER)
    os.umask(0o022)
    os.chdir("/")


@dataclass
class _Child:
    """A process that unpacks a tier, and the bytes of its result so far."""

    pid: int
    order: int
    tier: str
    result: bytearray = field(default_factory=bytearray)


class Program:
    def __init__(self, keeper: Keeper, orders: socket.socket) -> None:
        self._keeper = keeper
        self._orders = orders
        self._unpacked: dict[str, Unpacked] = {}
        self._waiting = selectors.DefaultSelector()
        self._is_settled = self._is_urgent = False

    def run(self) -> None:
        """Handles orders until the other end of the socket closes."""
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        self._waiting.register(self._orders, selectors.EVENT_READ)
        while True:
            for key, _ in self._waiting.select():
                if key.data is None:
                    if not self._take_order():
                        return
                else:
                    self._read_child(key.fd, key.data)

    def _take_order(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._orders, LONGEST_ORDER, 2)
        if not packet:
            return False
        order = json.loads(packet)
        number = order.pop("id")
        try:
            answer = self._do(order.pop("do"), order, descriptors, number)
        except OSError as error:
            answer = {"failed": os.strerror(error.errno or 0)}
        except Exception as error:  # the error's text may hold a file's name
            answer = {"failed": reason_of(type(error).__name__)}
        finally:
            for descriptor in descriptors:  # a pipe's other end learns that no more bytes come
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
            case "scan" | "copy" | "pack":
                return self._beside_the_member(what, order, pipes)
            case "pack_apart":
                return self._keeper.pack_apart(order["tier"], pipes[0], order["seconds"])
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
        """Runs an order that takes time. Once the member is at work, the order runs at a lower priority than the
        member's programs, unless the save is urgent. A priority belongs to a thread, and only root may raise a priority
        again. So each such order has a thread of its own."""
        if what == "scan":  # a scan begins a save, and `urgent` holds for the whole save
            self._is_urgent = order.pop("urgent", False)
        if pipes:
            order["pipe"] = pipes[0]
        do: Callable[..., Answer] = getattr(self._keeper, what)
        if self._is_urgent or not self._is_settled:
            return do(**order)
        with ThreadPoolExecutor(1, initializer=give_way) as executor:
            return executor.submit(do, **order).result()

    def _unpack(self, tier: str, layers: list[Order], source: int, number: int) -> None:
        into = self._keeper.make_staging(tier)
        result_read, result_write = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(result_read)
            self._orders.close()
            _end_with(parent)
            unpack_apart(layers, source, into, result_write)
        os.close(into)
        os.close(result_write)
        self._waiting.register(result_read, selectors.EVENT_READ, _Child(pid, number, tier))

    def _read_child(self, descriptor: int, child: _Child) -> None:
        piece = os.read(descriptor, 1 << 20)
        child.result += piece
        if piece:
            return
        self._waiting.unregister(descriptor)
        os.close(descriptor)
        os.waitpid(child.pid, 0)
        result = read_result(bytes(child.result))
        if isinstance(result, Unpacked):
            self._unpacked[child.tier] = result
            result = {"files": len(result.marks)}
        self._answer(child.order, result)

    def _answer(self, number: int, answer: dict[str, Any]) -> None:
        self._orders.send(json.dumps({"id": number, **answer}).encode())


def _end_with(parent: int) -> None:
    """Has the kernel end this child when its parent dies: then nobody takes what the child unpacks."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def give_way() -> None:
    """Gives this thread, and the threads that it starts, a lower priority than the member's programs."""
    os.nice(NICENESS)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(251, 1, 0, IDLE_IO)  # ioprio_set, for this thread; without this system call the keeper works as before


if __name__ == "__main__":
    main()
