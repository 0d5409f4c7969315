"""What a member's programs and files may be called, or do to the container's room, without ending it or its saving."""

from collections.abc import Callable

from tests.observe import until
from tests.slot.container import Container
from tests.slot.control_plane import SID, ControlPlane
from tests.slot.member import Member

# the kernel keeps 15 bytes of a program's name, which cuts the last syllable in two
NAMES_IN_PIECES = r"""
cp /bin/sleep ./a가나다라마바
nohup ./a가나다라마바 300 >/dev/null 2>&1 &
nohup python3 -c '
import socket, time
name = socket.socket(socket.AF_UNIX)
name.bind(b"\0\xff\xfe of mine\n")
time.sleep(300)' >/dev/null 2>&1 &
sleep 0.5
"""


def test_names_that_are_no_text_end_nothing(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    member.slot.run(NAMES_IN_PIECES)
    before = plane.beats[-1].signals.process
    member.slot.run("(timeout 20 sh -c 'while :; do :; done' &) >/dev/null 2>&1")
    until(lambda: member.attach(plane.sessions[SID]) and seen_process(plane) > (before or 0), "programs are looked at")
    assert not member.slot.events("watch.failed")
    member.release().raise_for_status()


def test_a_container_that_loses_a_part_gives_the_session_back(member: Member, plane: ControlPlane) -> None:
    member.slot.run("echo precious > kept.txt")
    member.slot.kill_nginx()
    until(member.slot.ended, "the container ends")
    assert member.slot.events("slot.failed")
    assert plane.beats[-1].final
    head = plane.sessions[SID].head
    assert head is not None
    assert head.files > 0


def opened(slot: Container, plane: ControlPlane) -> Member:
    member = Member(slot, plane)
    member.attach(plane.open()).raise_for_status()
    member.enter()
    return member


def seen_process(plane: ControlPlane) -> float:
    return plane.beats[-1].signals.process or 0
