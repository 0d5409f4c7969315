"""What programs of the member's can make a slot tell the control plane, and what a slot tells of itself."""

from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import opened
from tests.support.stack.observe import until

FLOOD = """python3 -c '
import glob, socket, time
line = socket.socket(socket.AF_UNIX)
line.connect(glob.glob("/run/member/extension-*.sock")[0])
for _ in range(500):
    line.sendall(b"{\\"event\\": \\"keep\\"}\\n")
    time.sleep(0.005)
line.sendall(b"{\\"event\\": \\"stop\\"}\\n")
line.makefile().readline()
'"""
SPACED = 3600.0
"""Seconds between two heartbeats. Those for news are then ten minutes apart, and none comes by itself meanwhile."""
FEW = 8
"""The first heartbeat, three at once for news, and some for what the slot itself has to tell."""


def test_a_flood_of_news_makes_a_few_heartbeats_and_a_stop_after_it_does_not_wait(
    slot: Container, plane: ControlPlane
) -> None:
    plane.interval, plane.lease = SPACED, 3 * SPACED
    opened(slot, plane)
    slot.run(FLOOD)
    until(lambda: any(beat.stop for beat in plane.beats), "the control plane hears of the stop")
    beats = [beat for beat in plane.beats if beat.checkpoint is None]
    assert 1 <= len(beats) <= FEW
