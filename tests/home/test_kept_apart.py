"""What is left out is packed apart at the session's end, as far as the time is enough, and the member is told of the
rest."""

import asyncio
import os
from pathlib import Path
from typing import Any

import agent.state.apart
import pytest
from agent.home.apart_queue import MEASURED, ApartQueue
from agent.home.storage_quota import Need, Quota, Thing
from agent.home.tiers import DEPS, WORK
from agent.state.apart import all_lost
from agent.state.manifest import Tier, decode

from tests.home.container import Container
from tests.home.workspace import Workspace

MB = 10**6
QUOTA = Quota(MB // 2, MB // 2, 200 * MB)
CLIP, FILM, PACKAGES = "clip.mp4", "film.mp4", "node_modules"
ON_THE_WAY = 60 * MB
"""More than is on its way between keeper and storage, which hides that the storage takes no more."""
SECONDS = 30.0


def ended(folder: Path, film: int = 3 * MB, *, most: int | None = None, away: int = 0) -> tuple[Container, Workspace]:
    """A session's end whose storage takes no more of an object than `most` bytes, or fails `away` times."""
    workspace = Workspace()
    container = Container(folder / "home", workspace, 1, is_apart=False)
    container.line.is_seeing = False

    async def end() -> None:
        await container.begin()
        for path, size in {CLIP: MB, FILM: film, f"{PACKAGES}/a/index.js": 2 * MB}.items():
            (container.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (container.folder / path).write_bytes(os.urandom(size))
        (container.folder / "small").write_bytes(b"small")
        await container.checkpoints.make(container.prefix, QUOTA, last=True)
        checkpoint = container.checkpoints.waiting
        assert checkpoint is not None
        workspace.move("1-boot-1", checkpoint)
        container.bucket.most, container.bucket.away = most, away
        await container.checkpoints.keep_apart(container.prefix, SECONDS)
        # once more, after a refusal of the last heartbeat
        container.bucket.away = 0
        await container.checkpoints.make(container.prefix, QUOTA, last=True)
        await container.checkpoints.keep_apart(container.prefix, SECONDS)
        await container.close()

    asyncio.run(end())
    assert [tier.files for tier in workspace.manifest().tiers.values()] == [1], "the head is whole"
    return container, workspace


def kept(left_out: dict[str, Any]) -> set[str]:
    return {entry["path"] for entry in left_out["entries"] if entry["kept"]}


def test_everything_is_kept_if_the_time_is_enough(folder: Path) -> None:
    container, _ = ended(folder)
    assert kept(container.checkpoints.left_out) == {CLIP, FILM, PACKAGES}
    assert container.checkpoints.apart and container.checkpoints.apart.bytes == 6 * MB


def test_what_was_packed_before_the_time_ended_is_kept_and_the_rest_is_told_as_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent.state.apart, "FIRST_PART", 1 / SECONDS)
    container, workspace = ended(folder, ON_THE_WAY, most=3 * MB)
    left_out, apart = container.checkpoints.left_out, container.checkpoints.apart
    assert kept(left_out) == {CLIP, PACKAGES}
    assert (left_out["lost_bytes"], left_out["own"]["lost_bytes"]) == (ON_THE_WAY, ON_THE_WAY)
    assert apart is not None
    package = decode(workspace.contents[apart.manifest])
    assert package.tiers == {WORK: Tier(MB, 1), DEPS: Tier(2 * MB, 3)}
    assert all(layer.name in workspace.contents for layer in package.layers)


def test_what_the_storage_does_not_take_is_told_as_lost(folder: Path) -> None:
    container, _ = ended(folder, away=100)
    assert container.checkpoints.apart is None
    assert kept(container.checkpoints.left_out) == set()
    assert container.checkpoints.left_out["lost_bytes"] == 6 * MB


def of_two(left_out: dict[str, Any]) -> tuple[int, int, set[str]]:
    return left_out["lost_bytes"], left_out["own"]["lost_bytes"], kept(left_out)


def test_a_tier_that_is_not_kept_counts_as_lost() -> None:
    entries = [
        {"path": "film", "bytes": 9, "kind": "file", "kept": False},
        {"path": "clip", "bytes": 5, "kind": "file", "kept": True},
        {"path": "node_modules", "bytes": 4, "kind": "dependencies", "kept": True},
    ]
    own = {"count": 2, "bytes": 14, "lost_bytes": 9}
    left_out = {"count": 3, "bytes": 18, "lost_bytes": 9, "own": own, "entries": entries}
    assert of_two(all_lost(left_out, DEPS)) == (13, 9, {"clip"})
    assert of_two(all_lost(left_out, WORK)) == (14, 14, {"node_modules"})
    assert of_two(all_lost(all_lost(left_out, WORK), DEPS)) == (18, 14, set())


@pytest.mark.parametrize(
    ("sizes", "pace", "packed"),
    [
        pytest.param([1, 2, 3], 1e9, 3, id="fast"),
        pytest.param([MEASURED, 2 * MEASURED, 8 * MEASURED], MEASURED, 2, id="the last would take 8 s of 7"),
        pytest.param([1, 6 * MEASURED], MEASURED, 2, id="a small thing is no measure"),
        pytest.param([11 * MEASURED, 12 * MEASURED], MEASURED, 1, id="the first is begun in any case"),
    ],
)
def test_a_thing_is_begun_if_it_would_end_in_time(sizes: list[int], pace: float, packed: int) -> None:
    clock = [0.0]
    things = [(Thing(b"%d" % number, size, Need.WORK), [b"%d" % number]) for number, size in enumerate(sizes)]
    queue = ApartQueue(things, 10.0, lambda: clock[0])
    for path in queue.paths():
        clock[0] += sizes[int(path)] / pace
    assert queue.unpacked == [thing.name for thing, _ in things[packed:]]
