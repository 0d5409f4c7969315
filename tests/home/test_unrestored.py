"""Saves beside a tier that is not restored: its restore has failed for good, as after a change to a smaller plan, or
takes longer than the session."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import agent.state.restore
import pytest
from agent.errors import HomeFailed
from agent.home.storage_quota import Quota
from agent.home.tiers import BOOT, WORK
from agent.state.layers import MOST_DELTAS, How
from agent.state.planning import SavedTier, after, plan
from agent.state.restore import FAILED

from tests.home.container import Container
from tests.home.test_layers import chain
from tests.home.workspace import LATER, Workspace

NO_QUOTA = Quota(None, None, None)
SMALLER = Quota(100_000, 125_000, 0)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent.state.restore, "PAUSES", (0.001,) * 2)


class Sessions:
    """One workspace's sessions, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace()
        self._folder = folder
        self._epoch = 0

    async def live(
        self,
        act: Callable[[Container], Awaitable[None]],
        *,
        fails: bool = False,
        arriving: tuple[str, ...] = LATER,
    ) -> None:
        """Calls `act` in a session when these tiers have arrived. `fails`: the home can't take the work tier."""
        self._epoch += 1
        container = Container(self._folder / str(self._epoch), self.workspace, self._epoch, is_apart=False)
        if fails:
            _fail(container)
        await container.begin()
        await container.arrive(*arriving)
        await act(container)
        await container.close()

    def bring_back(self, path: str) -> None:
        """A path as it is in the head, brought back over everything else: the tier has two chains of layers."""
        manifest = self.workspace.manifest()
        work = manifest.of(WORK)
        layers = (*manifest.of(BOOT), *work, *(replace(layer, only=path) for layer in work))
        name = f"workspaces/w/returns/{self._epoch}.manifest.json"
        text = self.workspace.contents[name] = replace(manifest, layers=layers).encode()
        head = replace(self.workspace.heads[-1], manifest=name, sha256=hashlib.sha256(text).hexdigest())
        self.workspace.heads.append(head)

    async def save(self, container: Container, quota: Quota = NO_QUOTA) -> bool:
        """Saves, and has the control plane accept the save. Whether there was anything to be saved."""
        if not await container.checkpoints.make(container.prefix, quota, last=True):
            return False
        checkpoint = container.checkpoints.waiting
        assert checkpoint is not None
        self.workspace.move(f"{self._epoch}-boot-{checkpoint.seq}", checkpoint)
        container.checkpoints.accepted(checkpoint)
        manifest = self.workspace.manifest()
        if quota.most is not None:
            assert checkpoint.bytes <= quota.most
            assert sum(layer.bytes for layer in manifest.layers) <= 3 * quota.most
        return True


def _fail(container: Container) -> None:
    order = container.line.order

    async def refuse(what: str, pipe: int | None = None, **fields: Any) -> dict[str, Any]:
        answer = await order(what, pipe, **fields)
        if what == "unpack" and fields["tier"] == WORK:
            raise HomeFailed("the test says so")
        return answer

    container.line.order = refuse  # type: ignore[method-assign]


def _files(container: Container) -> set[str]:
    return {str(path.relative_to(container.folder)) for path in container.folder.rglob("*") if path.is_file()}


@pytest.fixture
def sessions(folder: Path) -> Sessions:
    return Sessions(folder)


def test_what_is_new_is_saved_and_what_failed_stays_named_and_comes_back(sessions: Sessions) -> None:
    """Even if the smaller plan has no room for the tier: only what a restore brings counts."""

    async def before(container: Container) -> None:
        (container.folder / "old").write_bytes(b"x" * 300_000)
        assert await sessions.save(container)

    async def failed(container: Container) -> None:
        assert container.progress.tiers[WORK] == FAILED
        named = sessions.workspace.manifest().of(WORK)
        (container.folder / ".new").write_text("settings")
        assert await sessions.save(container, SMALLER)
        assert sessions.workspace.manifest().of(WORK) == named
        (container.folder / "new").write_text("work")
        (container.folder / "large").write_bytes(b"y" * 130_000)
        assert await sessions.save(container, SMALLER)
        assert sessions.workspace.manifest().of(WORK)[:1] == named
        assert [entry["path"] for entry in container.checkpoints.left_out["entries"]] == ["large"]

    async def after(container: Container) -> None:
        assert _files(container) == {"old", "new", ".new"}
        (container.folder / ".newer").write_text("settings")
        assert await sessions.save(container)
        assert sessions.workspace.manifest().tiers[WORK].bytes == 300_004, "what is there is declared again"

    async def live() -> None:
        await sessions.live(before)
        await sessions.live(failed, fails=True)
        await sessions.live(after)

    asyncio.run(live())


def test_what_failed_is_named_no_more_where_its_objects_alone_are_too_much(sessions: Sessions) -> None:
    """The control plane accepts no checkpoint with these layers. Earlier snapshots still have them."""

    async def before(container: Container) -> None:
        (container.folder / "old").write_bytes(Random(1).randbytes(500_000))  # noqa: S311
        assert await sessions.save(container)

    async def failed(container: Container) -> None:
        assert not await sessions.save(container, SMALLER), "there is nothing new"
        (container.folder / ".new").write_text("settings")
        assert await sessions.save(container, SMALLER)
        assert sessions.workspace.manifest().tiers.keys() == {BOOT}
        (container.folder / "new").write_text("work")
        assert await sessions.save(container, SMALLER)

    async def after(container: Container) -> None:
        assert _files(container) == {"new", ".new"}

    async def live() -> None:
        await sessions.live(before)
        await sessions.live(failed, fails=True)
        await sessions.live(after)

    asyncio.run(live())


def test_what_nobody_can_read_counts_nothing_either(sessions: Sessions) -> None:
    async def before(container: Container) -> None:
        (container.folder / "old").write_bytes(b"x" * 300_000)
        assert await sessions.save(container)

    async def failed(container: Container) -> None:
        assert container.progress.tiers[WORK] == FAILED
        (container.folder / ".new").write_text("settings")
        assert await sessions.save(container, SMALLER)
        assert sessions.workspace.manifest().of(WORK)

    async def live() -> None:
        await sessions.live(before)
        sessions.workspace.damage(WORK)
        await sessions.live(failed)

    asyncio.run(live())


def test_what_failed_with_a_path_that_was_brought_back_gives_way_to_what_is_new(sessions: Sessions) -> None:
    """No delta can be added after a chain of one path alone, and the new files would be nowhere else."""

    async def before(container: Container) -> None:
        (container.folder / "old").write_text("old")
        assert await sessions.save(container)

    async def failed(container: Container) -> None:
        (container.folder / ".new").write_text("settings")
        assert await sessions.save(container)
        assert len(sessions.workspace.manifest().of(WORK)) == 2
        for content in ("work", "more of it"):
            (container.folder / "new").write_text(content)
            assert await sessions.save(container)

    async def after(container: Container) -> None:
        assert _files(container) == {"new", ".new"}

    async def live() -> None:
        await sessions.live(before)
        sessions.bring_back("old")
        await sessions.live(failed, fails=True)
        await sessions.live(after)

    asyncio.run(live())


def test_however_many_sessions_end_before_a_tier_has_come_the_layers_are_few(sessions: Sessions) -> None:
    """The control plane accepts no manifest of more than 64 layers. Saves made meanwhile are there when the tier
    arrives."""
    numbers = iter(range(1000))

    async def act(container: Container) -> None:
        for _ in range(10):
            number = next(numbers)
            for folder in (".config", "work", "node_modules/a"):
                (container.folder / folder).mkdir(parents=True, exist_ok=True)
                (container.folder / folder / f"{number}").write_text("x" * 100)
            assert await sessions.save(container)

    async def saved_all(container: Container) -> None:
        assert {f"work/{number}" for number in range(10)} <= _files(container)
        numbers_there = {int(path.rpartition("/")[2]) for path in _files(container) if path.startswith("work/")}
        assert len(numbers_there) >= 100, "those of the first ten sessions at least"

    async def live() -> None:
        await sessions.live(act)
        for _ in range(25):
            await sessions.live(act, arriving=())
        await sessions.live(saved_all)

    asyncio.run(live())


def test_what_is_small_waits_for_what_is_large_before_the_layers_are_many() -> None:
    """When the large save fails each time."""
    scanned_work = {
        "files": 9,
        "bytes": 1000,
        "changed": 1,
        "changed_bytes": 1,
        "missing": 0,
        "gone_bytes": 0,
        "waiting": 1,
    }
    tiers = {WORK: SavedTier(chain(1000))}
    for _ in range(100):
        for planned in plan({WORK: scanned_work}, tiers):
            assert planned.how == How.DELTA
            layers = (*tiers[WORK].layers, *chain(1, 1)[1:])
            tiers = {WORK: after(tiers[WORK], replace(planned, layers=layers))}
    assert len(tiers[WORK].layers) == 1 + MOST_DELTAS + 2
    (large,) = plan({WORK: {**scanned_work, "waiting": 0}}, tiers)
    assert large.how == How.MERGED
