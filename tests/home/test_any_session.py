"""Whatever happens in a workspace's sessions, a head has everything that the home had and that was still to be
restored."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

import agent.home.pack
import agent.state.restore
import pytest
from agent.home.tiers import DEPS, TIERS, WORK
from agent.state.restore import DONE, FAILED
from hypothesis import example, given

from tests.home.examples import examples
from tests.home.session_plans import Away, Die, Plan, plan, plans
from tests.home.session_sequence import SessionSequence, session_sequence
from tests.home.workspace import LATER

EXAMPLES = examples(15, soak=1000)
pytestmark = pytest.mark.soak


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes two settings of the agent. A file that was written just now counts as unsaved again, which would hide
    misses; so `Session.edit` waits for the clock's next tick. A restore tries again at once, and reads some layers
    whole and others piece by piece."""
    monkeypatch.setattr(agent.home.pack, "RACY_NS", 0)
    monkeypatch.setattr(agent.state.restore, "PAUSES", (0.001,) * 6)
    monkeypatch.setattr(agent.state.restore, "SMALL", 4096)


FILE_FOR_A_FOLDER = (83737, 148504515)
"""A file is made and deleted where a folder is still to be restored."""


@EXAMPLES
@given(plans)
@example([plan(Random(seed)) for seed in FILE_FOR_A_FOLDER])  # noqa: S311  the same steps each time
def test_a_head_has_what_its_home_had(plans: list[Plan]) -> None:
    async def live(lived: SessionSequence) -> None:
        await lived.fill_each_tier()
        for each in plans:
            async with lived.session(each.trouble) as session:
                for step in each.steps:
                    await session.take(step)
                if each.is_finished:
                    await session.finish()
        async with lived.session() as session:
            await session.finish()

    with session_sequence() as lived:
        asyncio.run(live(lived))


def test_what_is_saved_beside_a_tier_that_is_damaged_comes_back() -> None:
    """No snapshot has the tier whole: from then on the tier is what the member has in it."""

    async def live(lived: SessionSequence) -> None:
        await lived.fill_each_tier()
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

    with session_sequence() as lived:
        asyncio.run(live(lived))


def test_what_is_deleted_beside_a_tier_that_is_damaged_stays_deleted() -> None:
    """The deleted file of the boot tier stays deleted even if it is empty."""

    async def live(lived: SessionSequence) -> None:
        async with lived.session() as session:
            for name, content in ((".deleted", ""), (".kept", ""), ("work", "saved")):
                (session.folder / name).write_text(content)
            await session.finish()
        lived.workspace.damage(WORK)
        async with lived.session() as session:
            await session.container.arrive(*LATER)
            (session.folder / ".deleted").unlink()
            (session.folder / "work").write_text("made")
            await session.finish()

    with session_sequence() as lived:
        asyncio.run(live(lived))


def test_a_damaged_tier_stays_named_until_there_is_something_in_it() -> None:
    async def live(lived: SessionSequence) -> None:
        await lived.fill_each_tier()
        damaged = lived.workspace.manifest().of(DEPS)
        lived.workspace.damage(DEPS)
        async with lived.session() as session:
            await session.container.arrive(*LATER)
            (session.folder / "made").write_text("made")
            await session.save()
            assert lived.workspace.manifest().of(DEPS) == damaged

    with session_sequence() as lived:
        asyncio.run(live(lived))


def test_a_home_that_fails_once_after_the_storage_was_away_for_long_is_not_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agent.state.restore, "PAUSES", (0.001,))

    async def live(lived: SessionSequence) -> None:
        await lived.fill_each_tier()
        async with lived.session() as session:
            container = session.container
            await _until(lambda: len(container.line.children) == len(LATER))
            await session.take(Away(1))
            # the tier is cleared away by two orders, then unpacked again
            await session.take(Die(3, is_done=False))
            await container.arrive(DEPS)
            await _until(lambda: container.line.dies_at <= 0)
            await container.arrive(*LATER)
            assert container.progress.tiers == dict.fromkeys(TIERS, DONE)

    with session_sequence() as lived:
        asyncio.run(live(lived))


class TestAKeeperAfterOneThatDied:
    """While a tier is still to be restored."""

    def test_knows_which_folders_are_on_the_way_only(self) -> None:
        async def live(lived: SessionSequence) -> None:
            extensions = Path(".local/share/code-server/extensions")
            await _saved(lived, extensions / "extensions.json", extensions / "a.b-1/package.json", private=extensions)
            async with lived.session() as session:
                await session.take(Die(1, is_done=False))
                await session.save()
                (session.folder / extensions / "c.d-1").mkdir()
                await session.save()
            async with lived.session() as session:
                await session.finish()
                assert (session.folder / extensions).stat().st_mode & 0o777 == 0o700
                assert {path.name for path in (session.folder / extensions).iterdir()} >= {"a.b-1", "c.d-1"}

        with session_sequence() as lived:
            asyncio.run(live(lived))

    def test_brings_packages_where_only_the_way_to_other_work_is(self) -> None:
        async def live(lived: SessionSequence) -> None:
            packages = Path("node_modules")
            await _saved(lived, packages / "ours/a", packages / "theirs", rules="work: node_modules/ours/\n")
            async with lived.session() as session:
                await session.container.arrive(WORK)
                await session.take(Die(1, is_done=False))
                await session.save()
                await session.finish()
                assert {path.name for path in (session.folder / packages).iterdir()} == {"ours", "theirs"}

        with session_sequence() as lived:
            asyncio.run(live(lived))


async def _saved(lived: SessionSequence, *files: Path, private: Path = Path(), rules: str = "") -> None:
    async with lived.session() as session:
        for file in files:
            (session.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (session.folder / file).write_text("saved")
        (session.folder / private).chmod(0o700)
        (session.folder / ".ondolignore").write_text(rules)
        await session.finish()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def test_saves_while_a_tier_is_still_to_come_leave_few_layers() -> None:
    async def live(lived: SessionSequence) -> None:
        await lived.fill_each_tier()
        async with lived.session() as session:
            for number in range(200):
                for tier in ("node_modules", "."):
                    path = session.folder / tier / f"made-{number % 20}"
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(f"{number}")
                await session.save(is_checked=number % 50 == 0)
                assert len(lived.workspace.manifest().layers) < 64
            await session.finish()

    with session_sequence() as lived:
        asyncio.run(live(lived))
