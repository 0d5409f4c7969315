"""A container that is killed while programs write to databases and commit to a repository: the newest checkpoint comes
back sound. Everything is real: the slot, its agent's pause, the keeper, the storage and SIGKILL.

`make soak` kills a hundred times, and prints how long programs stood still.
"""

import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest

from shared.snapshots.checkpoint import Head
from tests.support.checkout import ROOT, SOAK
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import Member
from tests.support.stack.observe import until

ROUNDS = 100 if SOAK else 2
MOST_INCONSISTENT = max(4, ROUNDS // 4)
"""Rounds whose newest checkpoint says that files may be damaged: a standstill that mostly fails, fails the test."""
PROGRAMS, PACKAGES = "/srv", "/media"
"""Where a container sees them: empty folders that a built image has too, which is read-only."""
DATABASES = ("WAL", "DELETE", "TRUNCATE", "lmdb")
WRITE = """
import sys; sys.path[:0] = ["/srv", "/media"]
import databases; databases.change(*sys.argv[1:])
"""
CHECK = """
import json, sys; sys.path[:0] = ["/srv", "/media"]
from pathlib import Path
import databases
found = {kind: databases.check(kind, Path(kind)) for kind in sys.argv[1:]}
print(json.dumps({kind: fault for kind, fault in found.items() if fault}))
"""
WRITERS = f"""
for kind in {" ".join(DATABASES)}; do
    mkdir -p $kind
    nohup python3 -c '{WRITE}' $kind $kind > /tmp/$kind.log 2>&1 &
done
mkdir -p git
nohup bash {PROGRAMS}/commits git > /tmp/git.log 2>&1 &
"""
FILES = (*(f"{mode}/data.db" for mode in DATABASES[:3]), "lmdb/data.mdb", "git/.git/index")
BEGUN = " && ".join(f"test -s {file}" for file in FILES)


@pytest.mark.soak
@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_a_container_killed_while_databases_and_a_repository_are_written_comes_back_sound(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    chance = random.Random(20261201)  # noqa: S311
    head, sound, inconsistent, epoch, still = None, 0, 0, 0, list[float]()
    while True:
        epoch += 1
        slot = start(*mounted(), CHECKPOINT_SECONDS="0.5")
        sid = f"s-{epoch:020d}"
        member = Member(slot, plane)
        assert "failed" not in member.restore(plane.open(sid, epoch=epoch, head=head)).values()
        if head is not None:
            assert faults(slot) == {}, f"after {sound} sound kills, in the session {sid}"
            sound += 1
            if sound == ROUNDS:
                break
        member.enter(sid)
        with member.open_websocket():  # somebody is there: nothing but a save stops the programs
            slot.run(WRITERS)
            until(lambda: slot.run(f"if {BEGUN}; then echo yes; fi"), "all of them write")  # noqa: B023
            await_save(plane, sid, plane.sessions[sid].head)
            time.sleep(chance.uniform(0, 1.5))
            slot.kill()
        head = plane.sessions[sid].head
        assert head is not None
        still += standstills(slot)
        if json.loads(store.read(head.manifest)).get("inconsistent"):
            inconsistent += 1
            head = None  # it is not promised that these files are sound: the next session begins anew
            assert inconsistent <= MOST_INCONSISTENT, f"most saves are torn: {sound} are sound"
    print(f"{sound} sound kills, {inconsistent} of a save that named files; still: {spread(still)}")


def mounted() -> list[tuple[Path, str]]:
    """The programs, and the database that the image does not bring along."""
    return [(ROOT / "tests/home/programs", PROGRAMS), (Path(lmdb.__file__).parents[1], PACKAGES)]


def await_save(plane: ControlPlane, sid: str, before: Head | None) -> None:
    """Returns when a save that was begun after now is committed."""

    def newer() -> Head | None:
        head = plane.sessions[sid].head
        return None if head == before else head

    for _ in range(2):
        before = until(newer, "it is saved")


def faults(slot: Container) -> dict[str, str]:
    found: dict[str, str] = json.loads(slot.run(f"python3 -c '{CHECK}' {' '.join(DATABASES)}"))
    checked = slot.run(
        "cd git && (git fsck --full --strict --no-dangling && git log --all --oneline) 2>&1 || echo FAULT"
    )
    return found | ({"git": checked} if "FAULT" in checked else {})


def standstills(slot: Container) -> list[float]:
    return [float(ms) for each in slot.events("checkpoint-uploaded") for ms in each["still_ms"]]  # type: ignore[attr-defined]


def spread(still: list[float]) -> str:
    """Of milliseconds, from the first stopped program to the last one that goes on."""
    parts = statistics.quantiles(still, n=100)
    return f"{len(still)} times, median {parts[49]:.0f} ms, 90 % {parts[89]:.0f} ms, 99 % {parts[98]:.0f} ms"
