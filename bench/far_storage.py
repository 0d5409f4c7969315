"""A slot that restores and saves a home with a large `node_modules`, with its bucket 0, 20 and 100 ms away. The times
are those that the slot's agent logs.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from bench.delay import delayed
from bench.keeping import high_water
from bench.peers.setup import TREE, prepare_tree
from bench.report import Beside, Figure
from bench.rig import Rig
from tests.support.slot import container, control_plane
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member
from tests.support.stack.observe import until
from tests.support.stack.running import running

TIMES = 5
LATENCIES = (0.0, 0.02, 0.1)
"""Seconds that each request to the storage takes longer, and each new connection."""
EDIT = """
mkdir -p project/node_modules/firebase-tools/lib
for f in README.md package.json lib/index.js; do echo '// {turn}' >> project/node_modules/firebase-tools/$f; done
"""

Samples = dict[str, list[float]]


def measure(rig: Rig) -> list[Figure]:
    """Measures a small and a large home by turns, at every latency."""
    prepare_tree()
    figures: list[Figure] = []
    with running(rig.folder / "storage", "--only", "storage") as storage:
        for latency in LATENCIES:
            with delayed(storage.ports["storage"], latency) as port:
                bucket = Bucket(f"http://127.0.0.1:{port}", f"bench-{uuid4()}")
                bucket.create()
                figures += _figures(latency, _measure(rig, bucket))
    return figures


def _measure(rig: Rig, bucket: Bucket) -> dict[str, Samples]:
    by_home: dict[str, Samples] = {"small": {}, "large": {}}
    with control_plane.running(bucket) as plane:
        for turn in range(rig.times(TIMES)):
            for home, samples in by_home.items():
                plane.sessions.clear()
                wid = f"w-{uuid4().hex[:20]}"
                _first(rig.folder / f"{wid}-1.log", plane, wid, samples, large=home == "large")
                _again(rig.folder / f"{wid}-2.log", plane, wid, samples, turn)
    return by_home


def _first(log: Path, plane: ControlPlane, wid: str, samples: Samples, *, large: bool) -> None:
    with _slot(log, plane) as slot:
        member = Member(slot, plane)
        member.restore(plane.open(wid=wid))
        slot.run("mkdir -p project; echo 'console.log(1)' > project/main.js; echo '# mine' > .bashrc")
        if large:
            _copy_into(slot)
        _save(slot, member, SID, samples, "first checkpoint")


def _again(log: Path, plane: ControlPlane, wid: str, samples: Samples, turn: int) -> None:
    with _slot(log, plane) as slot:
        member = Member(slot, plane)
        member.restore(plane.open(SECOND, epoch=2, wid=wid, head=plane.sessions[SID].head))
        [serving] = slot.events("session-serving")
        [restored] = until(lambda: slot.events("session-restored"), "it says how long it took")
        boot = _seconds(serving["restore_ms"])
        _note(samples, "attach until the editor can open", boot + _seconds(serving["hello_ms"]))
        _note(samples, "full restore", boot + _seconds(restored["ms"]))
        slot.run(EDIT.format(turn=turn))
        _save(slot, member, SECOND, samples, "checkpoint of 3 changed files")


def _save(slot: Container, member: Member, sid: str, samples: Samples, what: str) -> None:
    """Gives the session back, whose last checkpoint is the only one."""
    member.release(sid).raise_for_status()
    [made] = slot.events("checkpoint-uploaded")
    _note(samples, what, _seconds(made["ms"]))
    _note(samples, f"memory, {what}", sum(high_water(pid) for pid in _agents(slot)) / 1e6)


def _agents(slot: Container) -> list[int]:
    """The agent and its keeper."""
    return [pid for pid in slot.processes() if b"\0-m\0agent" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _note(samples: Samples, what: str, seconds: float) -> None:
    samples.setdefault(what, []).append(seconds)


@contextmanager
def _slot(log: Path, plane: ControlPlane) -> Iterator[Container]:
    """A container that saves only at the end of its session."""
    with container.running(log, plane.signer.public_pem, PAGE_ORIGIN, CHECKPOINT_SECONDS="100000") as slot:
        yield slot


def _copy_into(slot: Container) -> None:
    """Copies the tree into the home, as if the member had installed it."""
    project = Path(f"/proc/{slot.pid}/root/home/member/project")
    shutil.copytree(TREE / "node_modules", project / "node_modules", symlinks=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "1000:1000", project], check=True)


def _seconds(milliseconds: object) -> float:
    return float(str(milliseconds)) / 1000


def _figures(latency: float, by_home: dict[str, Samples]) -> list[Figure]:
    small, large = by_home["small"], by_home["large"]
    far = f", {latency * 1000:.0f} ms to the bucket"
    attach = "attach until the editor can open"
    beside = Beside("a small workspace", small[attach], faster=False)
    return [
        Figure(f"Slot{far}: {attach}", "s", large[attach], beside, "0.25 s"),
        *(
            Figure(f"Slot{far}: {what}", "s", large[what])
            for what in ("full restore", "first checkpoint", "checkpoint of 3 changed files")
        ),
        Figure(f"Slot{far}: peak memory of agent and keeper", "MB", large["memory, first checkpoint"], aim="150 MB"),
    ]
