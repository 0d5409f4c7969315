"""What a member's programs and files may be called, or do to the container's room, without ending it or its saving."""

from collections.abc import Callable

from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, ControlPlane
from tests.support.slot.member import Member, opened
from tests.support.stack.observe import until

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

# all of the agent's own room but some megabytes
FILL = "fallocate -l $(($(df --output=avail -B1M /run | tail -n 1) - 4))M /run/filling"

# paths that no call takes as a whole, and files that no home can hold
UNSAVEABLE = """
echo precious > kept.txt
for i in 1 2 3; do truncate -s 4P big$i; done
python3 -c '
import os
for _ in range(60):
    os.mkdir("d" * 100)
    os.chdir("d" * 100)'
"""


# writes the second byte when it is asked to end
MAPS_A_FILE = """
cat > maps.py <<'END'
import mmap, signal, sys
with open("data", "w+b") as file:
    file.write(bytes(8192))
    file.flush()
    mapped = mmap.mmap(file.fileno(), 0)
def end(*_):
    mapped[1] = 2
    sys.exit()
signal.signal(signal.SIGTERM, end)
mapped[0] = 1
while True:
    signal.pause()
END
nohup python3 maps.py >/dev/null 2>&1 &
sleep 0.5
"""


def test_names_that_are_no_text_end_nothing(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    member.slot.run(NAMES_IN_PIECES)
    before = plane.beats[-1].signals.process
    member.slot.run("(timeout 20 sh -c 'while :; do :; done' &) >/dev/null 2>&1")
    until(lambda: member.attach(plane.sessions[SID]) and seen_process(plane) > (before or 0), "programs are looked at")
    assert not member.slot.events("watch-failed")
    member.release().raise_for_status()


def test_a_container_that_loses_a_part_gives_the_session_back(
    member: Member, plane: ControlPlane, store: Bucket
) -> None:
    member.slot.run("echo precious > kept.txt")
    member.slot.kill_nginx()
    until(member.slot.ended, "the container ends")
    assert member.slot.events("slot-failed")
    assert plane.beats[-1].final
    head = plane.sessions[SID].head
    assert head is not None
    assert b"precious" in store.unpacked(head)


def test_saving_and_restoring_need_no_room_but_the_home(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    before = opened(start(), plane)
    before.slot.run_as_root(FILL)
    before.slot.run("mkdir node_modules; for f in work node_modules/deps; do head -c 40000000 /dev/urandom > $f; done")
    summed = before.slot.run("cat work node_modules/deps | sha256sum")
    before.release().raise_for_status()
    assert saved_bytes(plane) > 80_000_000

    after = Member(start(), plane)
    after.slot.run_as_root(FILL)
    after.restore(plane.open(SECOND, epoch=2, head=plane.sessions[SID].head))
    assert after.slot.run("cat work node_modules/deps | sha256sum") == summed


def test_what_cannot_be_saved_keeps_nothing_else_from_it(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    member.slot.run(UNSAVEABLE)
    until(lambda: member.slot.events("checkpoint-left-out"), "it is counted")
    member.release().raise_for_status()
    head = plane.sessions[SID].head
    assert head is not None
    assert head.bytes < 1_000_000
    assert not member.slot.events("checkpoint-failed")

    after = Member(member_slot := start(), plane)
    after.restore(plane.open(SECOND, epoch=2, head=head))
    assert member_slot.run("cat kept.txt") == "precious\n"
    assert "dddd" not in member.slot.log.read_text()


def test_what_is_written_through_a_mapping_at_the_end_is_saved(
    start: Callable[..., Container], plane: ControlPlane
) -> None:
    """Though it was saved before, and its times are the same since."""
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    member.slot.run(MAPS_A_FILE)
    until(lambda: plane.sessions[SID].head, "the first byte is saved")
    member.slot.run("sleep 2")
    member.release().raise_for_status()
    after = Member(start(), plane)
    after.restore(plane.open(SECOND, epoch=2, head=plane.sessions[SID].head))
    assert after.slot.run("head -c 2 data | od -An -tx1") == " 01 02\n"


def test_a_checkpoint_that_is_no_message_blocks_no_other(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    plane.reject_checkpoints_with = 400
    member.slot.run("echo precious > kept.txt")
    rejected = until(lambda: plane.beats[-1].checkpoint, "a checkpoint is rejected")
    plane.reject_checkpoints_with = None
    until(lambda: plane.sessions[SID].head, "another one is accepted")
    newest = next(beat.checkpoint for beat in plane.beats[::-1] if beat.checkpoint)
    assert newest.seq > rejected.seq
    seqs = [beat.seq for beat in plane.beats]
    assert len(set(seqs)) == len(seqs), "what was rejected is not said again"


def saved_bytes(plane: ControlPlane) -> int:
    head = plane.sessions[SID].head
    return head.bytes if head else 0


def seen_process(plane: ControlPlane) -> float:
    return plane.beats[-1].signals.process or 0
