"""The container killed at any moment of saving and restoring: what was acknowledged comes back, and always opens.

`make soak` does it some hundred times.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from shared.sessions.session import Session
from tests.support.checkout import SOAK
from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import Member

ROUNDS = 300 if SOAK else 8
FILES = (".config/kept", "kept", "app/node_modules/kept")
"""One in each tier."""
WRITE = "mkdir -p .config app/node_modules; for f in {files}; do echo {count} > $f; done"
BULK = "head -c 3000000 /dev/urandom > app/node_modules/bulk; head -c 3000000 /dev/urandom > bulk"


@pytest.mark.soak
@pytest.mark.timeout(60 + 10 * ROUNDS)
def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(
    start: Callable[..., Container], plane: ControlPlane
) -> None:
    chance = random.Random(20261123)  # noqa: S311  the same moments each time, as far as a machine allows it
    head, acknowledged, count = None, 0, 0
    for epoch in range(1, ROUNDS + 1):
        sid = f"s-{epoch:020d}"
        member = Member(start(CHECKPOINT_SECONDS="0.1"), plane)
        session = plane.open(sid, epoch=epoch, head=head)
        if chance.random() < 0.3:
            kill_while_it_restores(member, lambda: member.attach(session), chance.uniform(0, 0.3))  # noqa: B023
            continue
        restore(member, session, acknowledged, count)
        for _ in range(chance.randint(1, 3)):
            count += 1
            member.slot.run(WRITE.format(files=" ".join(FILES), count=count))
            if chance.random() < 0.5:
                member.slot.run(BULK)
            time.sleep(chance.uniform(0, 0.4))
        # only what the keeper looked at after the last line was written is known to be in a head
        if chance.random() < 0.5:
            acknowledged = wait_for_all(member, plane, sid, count)
        os.kill(member.slot.pid, signal.SIGKILL)
        head = plane.sessions[sid].head or head
    restore(Member(start(), plane), plane.open(epoch=ROUNDS + 1, head=head), acknowledged, count)


def restore(member: Member, session: Session, acknowledged: int, count: int) -> None:
    """What comes back is as new as what was acknowledged, and no newer than what was written."""
    assert "failed" not in member.restore(session).values()
    if session.head is not None:
        found = member.slot.run(f"cat {' '.join(FILES)}").split()
        assert all(acknowledged <= int(line) <= count for line in found) and len(found) == len(FILES)


def wait_for_all(member: Member, plane: ControlPlane, sid: str, count: int) -> int:
    """Returns when a checkpoint that was begun after now is committed."""
    member.slot.run("touch kept")
    before = plane.sessions[sid].head
    while plane.sessions[sid].head == before:
        time.sleep(0.02)
    before = plane.sessions[sid].head
    member.slot.run("touch kept")
    while plane.sessions[sid].head == before:
        time.sleep(0.02)
    return count


def kill_while_it_restores(member: Member, attach: Callable[[], httpx.Response], after: float) -> None:
    def try_to() -> None:
        try:
            attach()
        except httpx.HTTPError:
            return

    attaching = threading.Thread(target=try_to)
    attaching.start()
    time.sleep(after)
    os.kill(member.slot.pid, signal.SIGKILL)
    attaching.join()
