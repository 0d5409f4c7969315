"""Whatever happens in the sessions of a workspace, a head has all that its home had, and what was still to come."""

import asyncio
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import agent.home.pack
import agent.restore
import pytest
from agent.checkpoints import Checkpoint
from agent.errors import CheckpointRefused, CorruptState, HomeFailed, Unreachable
from agent.home.place import CACHE, STAGING
from agent.home.steps import split
from agent.restore import DONE, FAILED
from agent.tiers import DEPS, TIERS, WORK
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.home.edits import OFTEN, Edit
from tests.home.photo import Thing, as_member, given_to_member, paths
from tests.home.session import LATER, Container, Workspace
from tests.running import SOAK

EXAMPLES = settings(
    max_examples=1000 if SOAK else 15,
    phases=tuple(Phase) if SOAK else (Phase.explicit, Phase.generate),
    derandomize=not SOAK,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
pytestmark = pytest.mark.soak


@dataclass(frozen=True)
class Save:
    """And what is said of it: `accepted`, `refused`, or nothing yet; while it is made, the one before it is on its way
    to the control plane, and is `accepted before` or `refused before` this one is told; or `refused meanwhile`."""

    answer: str


@dataclass(frozen=True)
class Arrive:
    """`is_awaited`: before the next step begins."""

    tier: str
    is_awaited: bool


@dataclass(frozen=True)
class Away:
    """The storage, for so many calls."""

    calls: int


@dataclass(frozen=True)
class Die:
    """The keeper, at an order soon."""

    at: int
    is_done: bool


Step = list[Edit] | Save | Arrive | Away | Die

FURNITURE = (".config/a", ".config/b", "a/a", "b/a", "b/b", "b/node_modules/a", "node_modules/a", "node_modules/b")

ANSWERS = ("accepted", "accepted", "refused", "", "accepted before", "refused before", "refused meanwhile")
EDITS = (*OFTEN, "file", "file", "delete", "delete", "delete")
NAMED = (0, 1, 6, 7, 10, 10)
"""Of the names in tests.home.edits: two of the work tier, two of boot, one of deps."""


@dataclass(frozen=True)
class Plan:
    """Of a session. `trouble`: as it begins. `is_finished`: at its end all has arrived and is saved."""

    trouble: Away | Die | None
    steps: list[Step]
    is_finished: bool


def plan(random: Random) -> Plan:
    """By chance: what hypothesis makes up repeats itself too much, where it takes many different steps to go wrong."""
    trouble = _trouble(random) if random.random() < 0.2 else None
    return Plan(trouble, [_step(random) for _ in range(random.randint(6, 20))], random.random() < 0.5)


def _step(random: Random) -> Step:
    match random.choices(("edit", "save", "arrive", "trouble"), (10, 10, 2, 1))[0]:
        case "edit":
            return [_edit(random) for _ in range(random.randint(1, 4))]
        case "save":
            return Save(random.choice(ANSWERS))
        case "arrive":
            return Arrive(random.choice(LATER), random.random() < 0.5)
    return _trouble(random)


def _edit(random: Random) -> Edit:
    numbers = random.randrange(40), random.randrange(20), random.choice(NAMED), random.randrange(99)
    return Edit(random.choice(EDITS), *numbers)


def _trouble(random: Random) -> Away | Die:
    return Away(random.randint(1, 4)) if random.random() < 0.5 else Die(random.randint(1, 7), random.random() < 0.5)


plans = st.lists(st.builds(plan, st.randoms(use_true_random=True)), min_size=2, max_size=2)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written just now is not written again, which would hide what is missed: `Life.edit` waits for the
    clock's next tick. A restore tries again at once, and reads some layers at once and others piece by piece."""
    monkeypatch.setattr(agent.home.pack, "RACY_NS", 0)
    monkeypatch.setattr(agent.restore, "PAUSES", (0.001,) * 6)
    monkeypatch.setattr(agent.restore, "SMALL", 4096)


@dataclass
class Expected:
    """Of a head: what the home held then, and what was still to come and is not in the way of that."""

    held: dict[bytes, Thing]
    linked: set[frozenset[bytes]]
    to_come: dict[bytes, Thing]


class Life:
    """A workspace's, in one container after another below `folder`. `saved` is what a restore of the head brings."""

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

    async def furnish(self) -> None:
        """A first session leaves something in each tier: so much that what is saved next is a delta."""
        async with self.session() as session:
            for path in FURNITURE:
                file = session.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(Random(path).randbytes(600 if file.name == "a" else 100_000))  # noqa: S311
            await session.finish()

    async def check(self, expected: Expected, *, is_all: bool) -> None:
        """The head is as it must be, whatever arrives first. `is_all`: nothing else is in it."""
        async with self.container(is_apart=False) as elsewhere:
            await elsewhere.begin()
            await elsewhere.arrive(*(LATER if self._places % 2 else reversed(LATER)))
            await elsewhere.line.order("look")
            self.saved = elsewhere.line.named()
        there = {path: thing for tier in elsewhere.line.seen.values() for path, thing in tier.items()}
        wanted = expected.to_come | expected.held
        different = {path: (there.get(path), thing) for path, thing in wanted.items() if there.get(path) != thing}
        assert not different, f"{different!r}"
        assert expected.linked <= elsewhere.line.linked
        if is_all:
            assert there.keys() == expected.held.keys()
            assert elsewhere.line.linked == expected.linked


class Session:
    def __init__(self, life: Life, container: Container) -> None:
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
            self._tick()
            for edit in wanted:
                there = paths(self.folder)
                edit(self.container.line.home(), [path for path in there if path != CACHE and not _is_staging(path)])

    def _tick(self) -> None:
        """Returns when what is written from now on has another ctime."""
        probe = self._life.folder / "probe"
        probe.write_bytes(b"")
        first = probe.stat().st_ctime_ns
        while probe.stat().st_ctime_ns == first:
            probe.write_bytes(b"")

    async def save(self, answer: str = "accepted", *, is_checked: bool = True) -> None:
        before = self._checkpoints.waiting
        if answer == "refused meanwhile" and before is not None:
            self.container.bucket.meanwhile = self._refuse
        is_made = None
        with suppress(HomeFailed, Unreachable, CorruptState, CheckpointRefused):
            is_made = await self._checkpoints.make(self.container.prefix)
        self.container.bucket.meanwhile = None
        # nothing has arrived since the look: that waits while a save is made
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
        """All arrives, and is saved."""
        self.container.bucket.away = self.container.line.dies_at = 0
        await self.container.arrive(*LATER)
        await self.save()
        if self._life.workspace.heads:
            await self._life.check(self._expect(), is_all=True)

    def _expect(self) -> Expected:
        line = self.container.line
        held = {path: thing for tier in line.seen.values() for path, thing in tier.items()}
        # what was deleted again before the tier arrived is in its layers still
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


def _is_staging(path: bytes) -> bool:
    return path == STAGING or path.startswith(STAGING + b"/")


def _above(path: bytes) -> Iterator[bytes]:
    while path := split(path)[0]:
        yield path


@contextmanager
def life() -> Iterator[Life]:
    with tempfile.TemporaryDirectory(prefix="ondol-home-") as folder:
        given_to_member(Path(folder))
        with as_member():
            yield Life(Path(folder))


FILE_FOR_A_FOLDER = (83737, 148504515)
"""A file is made and deleted where a folder is still to come."""


@EXAMPLES
@given(plans)
@example([plan(Random(seed)) for seed in FILE_FOR_A_FOLDER])  # noqa: S311  the same steps each time
def test_a_head_has_what_its_home_had(plans: list[Plan]) -> None:
    async def live(lived: Life) -> None:
        await lived.furnish()
        for plan in plans:
            async with lived.session(plan.trouble) as session:
                for step in plan.steps:
                    await session.take(step)
                if plan.is_finished:
                    await session.finish()
        async with lived.session() as session:
            await session.finish()

    with life() as lived:
        asyncio.run(live(lived))


def test_what_is_saved_beside_a_tier_that_is_damaged_comes_back() -> None:
    """No snapshot has it whole: what the member has in it afterwards is all that it is from then on."""

    async def live(lived: Life) -> None:
        await lived.furnish()
        lived.workspace.damage(WORK)
        for made in ("before", "after"):
            async with lived.session() as session:
                if made == "before":
                    (session.folder / made).write_text(made)
                    await session.save(is_checked=False)
                await session.container.arrive(*LATER)
                assert session.container.progress.tiers[WORK] == (FAILED if made == "before" else DONE)
                (session.folder / made).write_text(made)
                await session.finish()
        assert lived.saved[WORK].keys() == {b"before", b"after", b"b"}
        assert b"b/node_modules/a" in lived.saved[DEPS]

    with life() as lived:
        asyncio.run(live(lived))


def test_a_damaged_tier_stays_named_until_there_is_something_in_it() -> None:
    async def live(lived: Life) -> None:
        await lived.furnish()
        damaged = lived.workspace.manifest().of(DEPS)
        lived.workspace.damage(DEPS)
        async with lived.session() as session:
            await session.container.arrive(*LATER)
            (session.folder / "made").write_text("made")
            await session.save()
            assert lived.workspace.manifest().of(DEPS) == damaged

    with life() as lived:
        asyncio.run(live(lived))


def test_saves_while_a_tier_is_still_to_come_leave_few_layers() -> None:
    async def live(lived: Life) -> None:
        await lived.furnish()
        async with lived.session() as session:
            for number in range(200):
                for tier in ("node_modules", "."):
                    path = session.folder / tier / f"made-{number % 20}"
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(f"{number}")
                await session.save(is_checked=number % 50 == 0)
                assert len(lived.workspace.manifest().layers) < 64
            await session.finish()

    with life() as lived:
        asyncio.run(live(lived))
