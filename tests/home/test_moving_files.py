"""Files that programs are writing during a save are restored sound: databases, and a repository."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Event, Thread

import agent.home.keeper
import agent.home.packed
import pytest
from agent.home.storage_quota import Quota
from agent.state.restore import Progress

from tests.home.container import Container
from tests.home.edits import until_tick
from tests.home.file_writers import KINDS, FileWriters, begun, file_writers, wrong
from tests.home.test_scan import make
from tests.home.workspace import LATER, Workspace
from tests.support.checkout import SOAK

NO_QUOTA = Quota(None, None, None)
ROUNDS = 100 if SOAK else 8
MOST_INCONSISTENT = max(8, ROUNDS // 4)
"""Saves that say that files may be damaged: a standstill that mostly fails, fails the test."""


async def _saved_in_steps(container: Container, workspace: Workspace, folder: Path) -> list[Path]:
    """The restored home after each save, until nothing waits for another save; a folder for each."""
    more, places = True, list[Path]()
    while more:
        until_tick(folder)
        assert await container.checkpoints.make(container.prefix, NO_QUOTA)
        checkpoint, more = container.checkpoints.waiting, container.checkpoints.more
        assert checkpoint is not None
        workspace.move(f"1-boot-{checkpoint.seq}", checkpoint)
        container.checkpoints.accepted(checkpoint)
        place = folder / f"{checkpoint.seq}"
        await _restored(workspace, place)
        places.append(place)
    return places


def _files(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


async def _restored(workspace: Workspace, folder: Path) -> Progress:
    """What the member is told of the restore."""
    container = Container(folder, workspace, 2, is_apart=False)
    try:
        await container.begin()
        await container.arrive(*LATER)
        return container.progress
    finally:
        await container.close()


@pytest.mark.soak
def test_whatever_moment_is_saved_databases_and_repositories_come_back_sound(folder: Path) -> None:
    """Nothing is killed here: each checkpoint is restored as it would be after a kill before the next one. Containers
    are killed in tests/slot/state/test_kills_while_files_change.py."""
    with file_writers() as programs:
        asyncio.run(_save_and_restore(folder, programs))


async def _save_and_restore(folder: Path, programs: FileWriters) -> None:
    workspace, random = Workspace(), Random(1)  # noqa: S311
    container = Container(folder / "home", workspace, 1, programs=programs)
    await container.begin()
    for at in range(200):  # unchanged files beside them, so that the saves are deltas
        make(container.folder, f"quiet/{at % 7}/{at}", content=random.randbytes(10_000).hex())
    for kind in KINDS:
        programs.start(kind, container.folder / kind)
    for kind in KINDS:
        begun(kind, container.folder / kind)
    faults, sound, inconsistent = [], 0, 0
    while sound < ROUNDS:
        await asyncio.sleep(random.random() / 10)
        assert programs.run_on()
        await container.checkpoints.make(container.prefix, NO_QUOTA)
        checkpoint = container.checkpoints.waiting
        assert checkpoint is not None
        workspace.move(f"1-boot-{checkpoint.seq}", checkpoint)
        container.checkpoints.accepted(checkpoint)
        if workspace.manifest().inconsistent:  # a machine that was too slow this time reports the file
            inconsistent += 1
            assert inconsistent <= MOST_INCONSISTENT, f"most saves are torn: {sound} are sound"
            continue
        home = folder / str(checkpoint.seq)
        await _restored(workspace, home)
        faults += [f"{checkpoint.seq} {kind}: {fault}" for kind in KINDS if (fault := wrong(kind, home / kind))]
        sound += 1
    await container.close()
    assert faults == []


def _grow(path: Path, ended: Event) -> None:
    with path.open("ab") as file:
        while not ended.is_set():
            file.write(b"x" * 100_000)
            file.flush()
            if file.tell() > 30_000_000:
                file.truncate(10_000_000)


async def _save_last(workspace: Workspace, container: Container) -> None:
    await container.checkpoints.make(container.prefix, NO_QUOTA, last=True)
    checkpoint = container.checkpoints.waiting
    assert checkpoint is not None
    workspace.move(f"1-boot-{checkpoint.seq}", checkpoint)


def _limit_copies(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    for module in (agent.home.keeper, agent.home.packed):
        monkeypatch.setattr(module, "MOST_COPIED", size)


@contextmanager
def _growing(paths: list[Path]) -> Iterator[None]:
    """A process that writes into all of these files without pause. A thread would not run while the keeper does."""
    files = [path.open("ab", buffering=0) for path in paths]
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        while os.getppid() == parent:
            for file in files:
                file.write(b"x")
        os._exit(0)
    try:
        yield
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        for file in files:
            file.close()


def test_more_moving_files_than_a_manifest_names_are_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _limit_copies(monkeypatch, 1000)
    workspace = Workspace()

    async def save() -> None:
        container = Container(folder / "home", workspace, 1)
        container.line.is_seeing = False
        await container.begin()
        for number in range(25):
            (container.folder / f"{number}.db").write_bytes(b"x" * 5000)
        with _growing([*container.folder.glob("*.db")]):
            await _save_last(workspace, container)
        await container.close()

    asyncio.run(save())
    manifest = workspace.manifest()
    assert (len(set(manifest.inconsistent)), manifest.inconsistent_unnamed) == (20, 5)
    progress = asyncio.run(_restored(workspace, folder / "other"))
    assert (progress.inconsistent, progress.unnamed) == (manifest.inconsistent, 5)


def test_what_never_comes_to_rest_is_in_a_layer_once_and_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is too large to be copied: it may be torn, but no round packs it a second time."""
    _limit_copies(monkeypatch, 1 << 20)
    workspace, ended = Workspace(), Event()

    async def save() -> None:
        container = Container(folder / "home", workspace, 1)
        container.line.is_seeing = False
        await container.begin()
        make(container.folder, "small")
        (container.folder / "large").write_bytes(b"x" * 10_000_000)
        growing = Thread(target=_grow, args=(container.folder / "large", ended))
        growing.start()
        try:
            await _save_last(workspace, container)
        finally:
            ended.set()
            growing.join()
        await container.close()

    asyncio.run(save())
    manifest = workspace.manifest()
    assert manifest.inconsistent == ("large",)
    assert asyncio.run(_restored(workspace, folder / "other")).inconsistent == ("large",)
    (layer,) = manifest.layers
    assert layer.entries == 2
    assert 10_000_000 < layer.logical_bytes < 31_000_000
    assert layer.stream < layer.logical_bytes + 100_000


def test_what_is_small_is_saved_before_what_is_large(folder: Path) -> None:
    """The same order holds beside a tier that was saved before. A large file goes with everything beside it."""
    workspace = Workspace()

    async def save() -> list[set[bytes]]:
        container = Container(folder / "home", workspace, 1)
        await container.begin()
        saved = list[set[bytes]]()
        for content in (b"x", b"y"):
            for path in ("project/text", "data/large", "data/large-wal", ".config/a", "node_modules/a/b"):
                (container.folder / path).parent.mkdir(parents=True, exist_ok=True)
                size = 9_000_000 if path in ("data/large", "node_modules/a/b") else 10
                (container.folder / path).write_bytes(content * size)
            (container.folder / "rest").write_bytes(b"z" * 30_000_000) if content == b"x" else None
            saved += [
                {(place / path).read_bytes()[:1] + path.encode() for path in _files(place)}
                for place in await _saved_in_steps(container, workspace, folder)
            ]
        await container.close()
        return saved

    first, all_of_first, second, all_of_second = asyncio.run(save())
    assert first == {b"xproject/text", b"x.config/a"}
    large = {b"data/large", b"data/large-wal", b"node_modules/a/b"}
    assert all_of_first == first | {b"zrest"} | {b"x" + path for path in large}
    assert second == {b"yproject/text", b"y.config/a", b"zrest"} | {b"x" + path for path in large}
    assert all_of_second == {b"yproject/text", b"y.config/a", b"zrest"} | {b"y" + path for path in large}


def test_what_is_moved_to_where_much_waits_is_in_each_save(folder: Path) -> None:
    """The same holds for a large file itself, a renamed folder, and a file that changes its tier. A container may be
    killed between the save of small changes and that of large ones."""
    workspace = Workspace()
    moves = {"large": "data/large", "notes/a": "data/a", "video/b": "film/b", "vendor/c": "node_modules/vendor/c"}

    async def save() -> list[set[str]]:
        container = Container(folder / "home", workspace, 1)
        await container.begin()
        for path in moves:
            (container.folder / path).parent.mkdir(exist_ok=True)
            (container.folder / path).write_bytes(path.encode() * (10 if path == "notes/a" else 2_000_000))
        (container.folder / "replaced").mkdir()
        (container.folder / "replaced/d").write_bytes(b"d")
        (container.folder / "base").mkdir()
        (container.folder / "base/db").write_bytes(b"old")
        (container.folder / "base/db-journal").write_bytes(b"of the old one")
        (container.folder / "rest").write_bytes(b"z" * 90_000_000)
        until_tick(folder)
        while await container.checkpoints.make(container.prefix, NO_QUOTA):
            until_tick(folder)
        for before, after in moves.items():
            (container.folder / after).parent.mkdir(parents=True, exist_ok=True)
            (container.folder / before).rename(container.folder / after)
        (container.folder / "replaced/d").unlink()
        (container.folder / "replaced").rmdir()
        (container.folder / "replaced").write_bytes(b"replaced")
        (container.folder / "base/db").write_bytes(b"new")
        (container.folder / "base/db-journal").unlink()
        (container.folder / "text").mkdir()
        (container.folder / "text/e").write_bytes(b"e")
        places = await _saved_in_steps(container, workspace, folder)
        for place in places:
            is_new = (place / "base/db").read_bytes() == b"new"
            assert is_new != (place / "base/db-journal").exists(), "both are of one moment"
        await container.close()
        return [_files(place) for place in places]

    small, everything = asyncio.run(save())
    assert {"rest", "text/e"} <= small & everything
    assert all(before in small or after in small for before, after in moves.items())
    assert everything == {"replaced", "rest", "text/e", "base/db", *moves.values()}
