"""A workspace in one session after another, with the required content of each of its heads."""

import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from agent.errors import CheckpointRefused, CorruptState, HomeFailed, Unreachable
from agent.home.move_into_place import CACHE
from agent.home.open_below import split
from agent.home.storage_quota import Quota
from agent.home.tiers import TIERS
from agent.state.checkpoints import Checkpoint

from tests.home.container import Container
from tests.home.edits import Edit, until_tick
from tests.home.session_plans import Arrive, Away, Die, Save, Step
from tests.home.tree_contents import Thing, as_member, given_to_member, paths
from tests.home.workspace import LATER, Workspace

NO_LIMIT = Quota(None, None, None)
FURNITURE = (".config/a", ".config/b", "a/a", "b/a", "b/b", "b/node_modules/a", "node_modules/a", "node_modules/b")


@dataclass
class Expected:
    """For a head: the home's content then, and the layers that were still to be restored and that nothing in the home
    replaces."""

    held: dict[bytes, Thing]
    linked: set[frozenset[bytes]]
    to_come: dict[bytes, Thing]


class SessionSequence:
    """A workspace's sessions, in one container after another below `folder`. `saved`: the content that a restore of the
    head brings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = Workspace()
        self.saved: dict[str, dict[bytes, Thing]] = {}
        self.epoch = 0
        self._places = 0

    @asynccontextmanager
    async def container(self, *, is_apart: bool = True) -> AsyncIterator[Container]:
        self._places += 1
        container = Container(self.folder / str(self._places), self.workspace, self.epoch, is_apart=is_apart)
        try:
            yield container
        finally:
            await container.close()

    @asynccontextmanager
    async def session(self, trouble: Away | Die | None = None) -> AsyncIterator["Session"]:
        self.epoch += 1
        async with self.container() as container:
            session = Session(self, container)
            if trouble is not None:
                await session.take(trouble)
            await container.begin()
            yield session

    async def fill_each_tier(self) -> None:
        """Runs a first session that leaves so much in each tier that the next save of it is a delta."""
        async with self.session() as session:
            for path in FURNITURE:
                file = session.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(Random(path).randbytes(600 if file.name == "a" else 100_000))  # noqa: S311
            await session.finish()

    async def check(self, expected: Expected, *, is_all: bool) -> None:
        """Checks that the head has what it must have, in any order of tiers. `is_all`: the head has nothing else."""
        async with self.container(is_apart=False) as elsewhere:
            await elsewhere.begin()
            await elsewhere.arrive(*(LATER if self._places % 2 else reversed(LATER)))
            await elsewhere.line.order("scan")
            self.saved = elsewhere.line.named()
        present = {path: thing for tier in elsewhere.line.seen.values() for path, thing in tier.items()}
        wanted = expected.to_come | expected.held
        different = {path: (present.get(path), thing) for path, thing in wanted.items() if present.get(path) != thing}
        assert not different, f"{different!r}"
        assert expected.linked <= elsewhere.line.linked
        if is_all:
            assert present.keys() == expected.held.keys()
            assert elsewhere.line.linked == expected.linked


class Session:
    def __init__(self, life: SessionSequence, container: Container) -> None:
        self.folder = container.folder
        self._life = life
        self.container = container
        self._checkpoints = container.checkpoints
        self._to_come = life.saved
        self._expected: dict[int, Expected] = {}
        self._once: set[bytes] = set()
        self._in_the_way: set[bytes] = set()

    async def take(self, step: Step) -> None:
        line, bucket = self.container.line, self.container.bucket
        match step:
            case Save():
                await self.save(step.answer)
            case Arrive(tier=tier, is_awaited=True):
                await self.container.arrive(tier)
            case Arrive(tier=tier):
                bucket.gates[tier].set()
            case Away():
                bucket.away = step.calls
            case Die():
                line.dies_at, line.is_done = step.at, step.is_done
            case _:
                await self.edit(step)

    async def edit(self, wanted: list[Edit]) -> None:
        async with self.container.line.busy:
            until_tick(self._life.folder)
            for edit in wanted:
                present = paths(self.folder)
                edit(self.container.line.home(), [path for path in present if path != CACHE])

    async def save(self, answer: str = "accepted", *, is_checked: bool = True) -> None:
        before = self._checkpoints.waiting
        if answer == "refused meanwhile" and before is not None:
            self.container.bucket.meanwhile = self._refuse
        is_made = None
        with suppress(HomeFailed, Unreachable, CorruptState, CheckpointRefused):
            is_made = await self._checkpoints.make(self.container.prefix, NO_LIMIT, last=True)
        self.container.bucket.meanwhile = None
        # no tier has arrived since the scan: arrivals wait while a save is made
        waiting = self._checkpoints.waiting
        if waiting is not None and (waiting != before or is_made is False):
            self._expected[waiting.seq] = self._expect()
        elif is_made is False and self._life.workspace.heads:
            await self._life.check(self._expect(), is_all=False)
        if answer == "accepted" and waiting is not None:
            await self._accept(waiting, is_checked=is_checked)
        elif answer == "accepted before" and before is not None:
            await self._accept(before)
        elif waiting is not None and answer in ("refused", "refused before"):
            self._refuse()

    async def finish(self) -> None:
        """Lets all tiers arrive, and saves."""
        self.container.bucket.away = self.container.line.dies_at = 0
        await self.container.arrive(*LATER)
        await self.save()
        if self._life.workspace.heads:
            await self._life.check(self._expect(), is_all=True)

    def _expect(self) -> Expected:
        line = self.container.line
        held = {path: thing for tier in line.seen.values() for path, thing in tier.items()}
        # a path that was deleted again before the tier arrived is still in the tier's layers
        self._once |= held.keys()
        self._in_the_way |= {path for path, thing in held.items() if not stat.S_ISDIR(thing.kind)}
        to_come = {
            path: thing
            for tier in TIERS
            if not self.container.is_here(tier)
            for path, thing in self._to_come[tier].items()
            if path not in self._once and self._in_the_way.isdisjoint(_above(path))
        }
        return Expected(held, line.linked, to_come)

    async def _accept(self, checkpoint: Checkpoint, *, is_checked: bool = True) -> None:
        self._life.workspace.move(f"{self._life.epoch}-boot-{checkpoint.seq}", checkpoint)
        self._checkpoints.accepted(checkpoint)
        if is_checked:
            await self._life.check(self._expected[checkpoint.seq], is_all=False)

    def _refuse(self) -> None:
        self._checkpoints.refused()
        self._life.workspace.tidy()


def _above(path: bytes) -> Iterator[bytes]:
    while path := split(path)[0]:
        yield path


@contextmanager
def session_sequence() -> Iterator[SessionSequence]:
    with tempfile.TemporaryDirectory(prefix="ondol-home-") as folder:
        given_to_member(Path(folder))
        with as_member():
            yield SessionSequence(Path(folder))
