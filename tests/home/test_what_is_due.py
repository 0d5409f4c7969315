"""Which changes are reason enough for a save, and when."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import agent.home.pack
import agent.state.checkpoints
import pytest
from agent.home.storage_quota import Quota
from agent.home.tiers import EDITOR_DATA
from agent.state.checkpoints import LATER_SECONDS

from tests.home.container import Container
from tests.home.edits import until_tick
from tests.home.workspace import Workspace

NO_QUOTA = Quota(None, None, None)
SMALL = Quota(100_000, 125_000, 1_000_000)
LOCK = f"{EDITOR_DATA}/User/workspaceStorage/1/vscode.lock"
EXTENSIONS = f"{EDITOR_DATA}/User/globalStorage/publisher.name/state.json"


class Home:
    """A session's saves, with a scan each 20 s of a clock that the test moves."""

    def __init__(self, container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
        self.container = container
        self.now = 1000.0
        self._writes = 0
        monkeypatch.setattr(agent.state.checkpoints, "elapsed", lambda: self.now)
        # a file that was written just now would be saved again; here each scan waits for the clock's next tick
        monkeypatch.setattr(agent.home.pack, "RACY_NS", 0)

    def write(self, path: str, size: int = 0) -> None:
        self._writes += 1
        file = self.container.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"%d" % self._writes + b"x" * size)

    async def saves(self, quota: Quota = NO_QUOTA) -> bool:
        """Whether the next scan makes a snapshot."""
        until_tick(self.container.folder.parent)
        self.now += 20
        await self.container.checkpoints.make(self.container.prefix, quota)
        checkpoint = self.container.checkpoints.waiting
        if checkpoint is not None:
            self.container.checkpoints.accepted(checkpoint)
        return checkpoint is not None


Live = Callable[[Callable[[Home], Awaitable[None]]], None]


@pytest.fixture
def live(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Live:
    def run(act: Callable[[Home], Awaitable[None]]) -> None:
        async def begin() -> None:
            container = Container(folder / "home", Workspace(), 1)
            await container.begin()
            home = Home(container, monkeypatch)
            for path in (LOCK, EXTENSIONS, "work"):
                home.write(path)
            assert await home.saves()
            await act(home)
            await container.close()

        asyncio.run(begin())

    return run


def test_what_an_extension_writes_is_saved_within_five_minutes_and_not_each_time(live: Live) -> None:
    async def act(home: Home) -> None:
        saved = list[float]()
        began = home.now
        for _ in range(60):
            home.write(EXTENSIONS)
            if await home.saves():
                saved.append(home.now - began)
        assert saved[0] <= 300
        assert len(saved) == 1200 // (LATER_SECONDS + 20)

    live(act)


def test_what_the_editor_writes_for_itself_waits_for_something_else(live: Live) -> None:
    async def act(home: Home) -> None:
        for _ in range(40):
            home.write(LOCK)
            assert not await home.saves()
        home.write("work")
        assert await home.saves()

    live(act)


def test_the_members_work_takes_what_an_extension_wrote_along(live: Live) -> None:
    """The wait for the next such save begins anew."""

    async def act(home: Home) -> None:
        home.write(EXTENSIONS)
        while home.now < 1000 + LATER_SECONDS:
            assert not await home.saves()
        home.write("work")
        assert await home.saves()
        home.write(EXTENSIONS)
        assert not await home.saves()

    live(act)


def test_a_file_that_is_left_out_and_grows_is_no_reason(live: Live) -> None:
    """The new size is reported all the same."""

    async def act(home: Home) -> None:
        home.write("large", 200_000)
        assert not await home.saves(SMALL), "nothing else is new"
        for size in (210_000, 220_000):
            home.write("large", size)
            home.write(LOCK)
            assert not await home.saves(SMALL)
            assert home.container.checkpoints.left_out["bytes"] > size
        home.write("large", 2_000_000)
        assert await home.saves(SMALL), "it can't be kept apart any more"
        home.write("other", 300_000)
        home.write(LOCK)
        assert await home.saves(SMALL), "something else is left out"

    live(act)
