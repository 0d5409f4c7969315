"""Without a browser and without a held request the member's programs stand still, whatever else keeps the CPU on."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member, held
from tests.support.stack.observe import until

NAME = "kneading"
BUSY = f"(exec -a {NAME} bash -c 'while :; do :; done' &) >/dev/null 2>&1"
IN_A_TERMINAL = f"""
(sleep 4001 | python3 -c '
import pty
pty.spawn(["bash", "--norc", "-i", "-c", "(exec -a {NAME} sleep 4000); exec bash --norc -i"])
') >/dev/null 2>&1 &
"""
TICKS = os.sysconf("SC_CLK_TCK")
MOMENTS = 40
"""Looks, 50 ms apart, at a program that must not move."""


@contextmanager
def slow_body(member: Member) -> Iterator[socket.socket]:
    """A stranger's request to the one address that takes a body from anybody; the rest of it never comes."""
    head = (
        f"POST /_slot/enter HTTP/1.1\r\nHost: {member.slot.host}\r\nOrigin: {PAGE_ORIGIN}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ntoken="
    )
    with socket.create_connection(("127.0.0.1", member.slot.port)) as line:
        line.sendall(head.encode())
        yield line


def test_a_strangers_slow_request_gives_no_program_cpu(member: Member, plane: ControlPlane) -> None:
    with member.open_websocket():
        until(lambda: plane.beats[-1].connected, "a browser is there")
        member.slot.run(BUSY)
        program = until(lambda: find(member.slot), "it runs")
        until(lambda: spent(program) > 0.2, "it gets CPU")
    with slow_body(member) as line:
        until(lambda: state(program) == "T", "it stands still")
        until(lambda: not plane.beats[-1].connected, "the control plane knows that nobody is there")
        before = spent(program)
        for _ in range(MOMENTS):
            with suppress(OSError):  # it may have been answered before its end
                line.sendall(b"x")
            time.sleep(0.05)
        assert member.get("/_slot/health").status_code == 200
        assert (state(program), spent(program)) == ("T", before)

        with held(member) as answer:
            until(lambda: spent(program) > before + 0.2, "a request that is held for it lets it go on")
            with member.open_websocket():
                assert answer.result().json()["why"] == "connected"
                before = spent(program)
                until(lambda: spent(program) > before + 0.2, "and so does a browser")
        until(lambda: state(program) == "T", "and when both are gone it stands still")
    member.release().raise_for_status()


def test_a_page_that_comes_back_waits_for_nothing(member: Member, plane: ControlPlane) -> None:
    assert member.get("/healthz").status_code == 200
    until(lambda: plane.beats[-1].connected, "a page that loads is a browser")
    editors = [pid for pid in member.slot.processes() if name(pid) == "node"]
    until(lambda: {state(pid) for pid in editors} == {"T"}, "the editor stands still too")
    assert not plane.beats[-1].connected
    began = time.perf_counter()
    assert member.get("/healthz").status_code == 200
    print(f"the first answer after a pause: {1000 * (time.perf_counter() - began):.1f} ms")
    again = time.perf_counter()
    assert member.get("/healthz").status_code == 200
    print(f"the second: {1000 * (time.perf_counter() - again):.1f} ms")


def test_an_editor_that_begins_anew_while_nobody_is_there_runs_nothing_of_the_members(
    member: Member, plane: ControlPlane
) -> None:
    member.slot.run("mkdir -p .node_modules/bufferutil; echo 'while (true);' > .node_modules/bufferutil/index.js")
    with member.open_websocket():
        until(lambda: plane.beats[-1].connected, "a browser is there")
    until(lambda: {state(pid) for pid in editors(member.slot)} == {"T"}, "the editor stands still")
    for pid in editors(member.slot):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: editors(member.slot), "it begins anew")
    until(lambda: {state(pid) for pid in editors(member.slot)} == {"T"}, "it stands still again")
    assert not plane.beats[-1].connected
    assert not member.slot.events("programs-ended")


def editors(slot: Container) -> list[int]:
    return [pid for pid in slot.processes() if name(pid) == "node"]


def test_a_command_in_front_of_a_terminal_counts_as_a_busy_process(member: Member, plane: ControlPlane) -> None:
    with member.open_websocket():
        member.slot.run(IN_A_TERMINAL)
        command = until(lambda: find(member.slot), "it runs")
        until(lambda: told_busy(plane) > 0, "it is told though it only waits")
        os.kill(command, signal.SIGTERM)
        until(lambda: find(member.slot) is None, "it has ended")
        began = plane.beats[-1].seq
        until(lambda: plane.beats[-1].seq > began and told_busy(plane), "a beat later")
        last = told_busy(plane)
        seen = plane.beats[-1].seq
        until(lambda: plane.beats[-1].seq > seen, "another beat")
        # the moment is reckoned anew on the clock that each answer tells
        assert told_busy(plane) < last + 1, "a shell at its prompt is no command"


def told_busy(plane: ControlPlane) -> float:
    return plane.beats[-1].signals.process or 0


def find(slot: Container) -> int | None:
    """The busy program, as this machine numbers it."""
    found = [pid for pid in slot.processes() if words(pid).startswith(NAME.encode())]
    return found[0] if found else None


def words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def name(pid: int) -> str:
    return words(pid).split(b"\0")[0].rpartition(b"/")[2].decode(errors="replace")


def state(pid: int) -> str:
    return _fields(pid)[0]


def spent(pid: int) -> float:
    """Seconds of CPU that it has had."""
    return (int(_fields(pid)[11]) + int(_fields(pid)[12])) / TICKS


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
