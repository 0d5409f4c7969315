"""The keeper as a program: its orders, and what a member can do to it."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer

import pytest
from agent.home.__main__ import NICENESS
from agent.home.tiers import DEPS, WORK

from tests.home.keeper_program import Ended, Running, children, exists, running
from tests.home.saving import Saver, declared, pipe_of
from tests.home.test_scan import make
from tests.home.tree_contents import MEMBER, all_rights
from tests.support.checkout import SOAK
from tests.support.stack.observe import until

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PIDFD_GETFD = 16, 438


def attack(pid: int) -> list[str]:
    """Tries in a child that runs as the member what one process could do to another. Returns the attempts that
    succeeded."""
    result_read, result_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(MEMBER, MEMBER, MEMBER)
        os.setresuid(MEMBER, MEMBER, MEMBER)
        os.write(result_write, "\n".join(_attack(pid)).encode())
        os._exit(0)
    os.close(result_write)
    os.waitpid(child, 0)
    with os.fdopen(result_read) as pipe:
        return pipe.read().split("\n")


def _attack(pid: int) -> Iterator[str]:
    descriptor = os.pidfd_open(pid)
    tries: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "SIGKILL": lambda: os.kill(pid, signal.SIGKILL),
        "SIGSTOP": lambda: os.kill(pid, signal.SIGSTOP),
        "any signal": lambda: os.kill(pid, 0),
        "a signal to its descriptor": lambda: signal.pidfd_send_signal(descriptor, signal.SIGKILL),
        "tracing": lambda: _called(LIBC.ptrace(PTRACE_ATTACH, pid, 0, 0)),
        "its memory": lambda: os.open(f"/proc/{pid}/mem", os.O_RDONLY),
        "its environment": lambda: os.open(f"/proc/{pid}/environ", os.O_RDONLY),
        "its descriptors": lambda: list(Path(f"/proc/{pid}/fd").iterdir()),
        "one of its descriptors": lambda: _called(LIBC.syscall(PIDFD_GETFD, descriptor, 0, 0)),
        "its limits": lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0)),
    }
    for name, do in tries.items():
        with suppress(OSError):
            do()
            yield name


def _called(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def test_a_member_can_neither_end_it_nor_look_into_it(saver: Saver) -> None:
    """Without root, the keeper has the rights of whoever runs the tests, and only its answers are tested."""
    make(saver.folder, "a")
    with running(saver.folder) as keeper:
        assert keeper.order("scan")["tiers"]["work"]["files"] == 1
        if os.getuid() != 0:
            return
        with all_rights():
            status = Path(f"/proc/{keeper.process.pid}/status").read_text()
            succeeded = attack(keeper.process.pid)
        ids = {
            line.split(":")[0]: line.split()[1:]
            for line in status.splitlines()
            if line.startswith(("Uid", "Gid", "Cap"))
        }
        assert ids["Uid"] == ["1002", "1000", "1002", "1000"]
        assert ids["Gid"] == ["1000"] * 4
        assert ids["CapEff"] == ids["CapPrm"] == ["0" * 16]
        assert succeeded == ["nothing"]
        assert keeper.order("scan")["tiers"]["work"]["files"] == 1


@pytest.mark.parametrize("urgent", [False, True])
def test_what_saves_stays_behind_the_members_programs_unless_it_is_urgent(saver: Saver, *, urgent: bool) -> None:
    (saver.folder / "large").write_bytes(os.urandom(20_000_000))
    with running(saver.folder) as keeper:
        keeper.order("settle")
        keeper.order("scan", urgent=urgent)
        read, write = os.pipe()
        keeper.tell("pack", write, tier=WORK, how="whole")
        os.close(write)
        os.read(read, 1)  # the keeper packs, and waits for a reader
        threads = [int(thread.name) for thread in Path(f"/proc/{keeper.process.pid}/task").iterdir()]
        usual = os.getpriority(os.PRIO_PROCESS, keeper.process.pid)
        priorities = sorted(os.getpriority(os.PRIO_PROCESS, thread) for thread in threads)
        while os.read(read, 1 << 20):
            pass
        assert keeper.hear()["entries"] == 1
        os.close(read)
    # 19 is the lowest priority, for tests that are started at that priority
    at_work = usual if urgent else min(usual + NICENESS, 19)
    assert priorities == [usual, *[at_work] * (len(threads) - 1)]


def test_an_order_that_fails_is_answered_and_closes_its_pipe(saver: Saver) -> None:
    with running(saver.folder) as keeper:
        for order in ({"what": "pack", "tier": "work", "how": "whole"}, {"what": "nonsense"}):
            read, write = os.pipe()
            answer = keeper.order(**order, pipe=write)
            os.close(write)
            assert "failed" in answer
            assert os.read(read, 1) == b""
            os.close(read)
        assert "failed" in keeper.order("place", tier="work")
        assert keeper.order("scan")["tiers"]["work"]["files"] == 0


def test_who_has_nobody_to_give_orders_ends(saver: Saver) -> None:
    with running(saver.folder) as keeper:
        keeper.order("scan")
        keeper.line.close()
        assert keeper.process.wait(20) == 0


def test_what_unpacks_ends_with_it(saver: Saver) -> None:
    with running(saver.folder) as keeper:
        waiting = _unpacking(keeper)
        (child,) = children(keeper.process.pid)
        with all_rights():
            keeper.process.send_signal(signal.SIGKILL)
            keeper.process.wait()
        until(lambda: not exists(child), "the child has ended")
        os.close(waiting)


def _unpacking(keeper: Running) -> int:
    """An order to unpack a layer that does not come. Returns the end of the pipe to keep open."""
    read, write = os.pipe()
    layer = {"kind": "whole", "bytes": 100, "stream": 100, "entries": 1, "logical_bytes": 1, "only": None}
    keeper.tell("unpack", read, tier="work", layers=[layer])
    os.close(read)
    keeper.order("scan")  # answered while the child is at work
    return write


def test_a_child_that_is_killed_is_an_answer(saver: Saver) -> None:
    with running(saver.folder) as keeper:
        waiting = _unpacking(keeper)
        (child,) = children(keeper.process.pid)
        with all_rights():
            os.kill(child, signal.SIGKILL)
        assert "failed" in keeper.hear()
        os.close(waiting)
        assert "failed" in keeper.order("place", tier="work")


def test_however_many_folders_are_on_the_way_the_next_one_is_told_in_one_packet(saver: Saver, folder: Path) -> None:
    names = [os.fsdecode(b"\xff" * 200 + b"%d" % number) for number in range(300)]
    make(saver.folder, *(f"{name}/node_modules/a" for name in names))
    saver.save()
    (packages,) = saver.shelf.layers[DEPS]
    home = folder / "other"
    home.mkdir()
    with running(home) as keeper:
        keeper.order("empty", complete=[])
        source = pipe_of(saver.shelf.contents[packages.name])
        keeper.order("unpack", source, tier=DEPS, layers=[declared(packages)])
        os.close(source)
        made = keeper.order("place", tier=DEPS)["made"]
    assert 50 < len(made) < 300
    with running(home) as keeper:
        assert keeper.order("remember", made=made) == {"id": 1}
        keeper.order("forget", tier=WORK, complete=False)
        assert keeper.order("scan")["tiers"][WORK]["changed"] == 300 - len(made)


@pytest.mark.soak
def test_killed_anywhere_the_next_one_brings_back_what_was_acknowledged(saver: Saver, folder: Path) -> None:
    """The keeper is killed in the middle of unpacking, placing and packing, on the same home and on an empty one."""
    _fill(saver.folder)
    saver.save()
    wanted = _content(saver.folder)
    layers = {tier: [declared(layer) for layer in chain] for tier, chain in saver.shelf.layers.items()}
    contents = {
        tier: b"".join(saver.shelf.contents[layer.name] for layer in chain)
        for tier, chain in saver.shelf.layers.items()
    }
    home = folder / "other"
    home.mkdir()
    for moment in range(KILLS):
        with running(home) as keeper:
            keeper.order("scan")
            killing = Timer(moment % 40 / 1000, _kill, [keeper])
            killing.start()
            try:
                _bring(keeper, layers, contents)
                for tier in layers:
                    _pack(keeper, tier)
            except Ended:
                pass
            killing.join()
    with running(home) as keeper:
        _bring(keeper, layers, contents)
        assert all(it["changed"] == it["missing"] == 0 for it in keeper.order("scan")["tiers"].values())
    assert _content(home) == wanted


KILLS = 2000 if SOAK else 80


def _fill(home: Path) -> None:
    for at in range(60):
        make(
            home,
            f"project/{at % 7}/{at}",
            f"project/node_modules/{at % 9}/{at}",
            f".config/{at % 3}/{at}",
            content="x" * at,
        )
    os.link(home / "project/0/0", home / "project/linked")


def _content(home: Path) -> dict[str, bytes]:
    return {
        str(it.relative_to(home)): it.read_bytes()
        for it in home.rglob("*")
        if it.is_file() and ".cache" not in it.parts
    }


def _kill(keeper: Running) -> None:
    with all_rights():
        keeper.process.kill()


def _bring(keeper: Running, layers: dict[str, list[dict[str, object]]], contents: dict[str, bytes]) -> None:
    keeper.order("empty", complete=[])
    for tier, chain in layers.items():
        source = pipe_of(contents[tier])
        keeper.tell("unpack", source, tier=tier, layers=chain)
        os.close(source)
        assert "files" in keeper.hear()
        assert "made" in keeper.order("place", tier=tier)


def _pack(keeper: Running, tier: str) -> None:
    keeper.order("scan")
    sink = os.memfd_create("layer")
    keeper.tell("pack", sink, tier=tier, how="whole")
    os.close(sink)
    keeper.hear()
