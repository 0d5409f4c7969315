"""What programs are writing while it is saved comes back sound: databases, and a repository."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from agent.storage_quota import Quota

from tests.home.container import Container
from tests.home.loads import KINDS, Loads, begun, loads, wrong
from tests.home.test_look import make
from tests.home.workspace import LATER, Workspace
from tests.running import SOAK

ROUNDS = 100 if SOAK else 8


async def _restored(workspace: Workspace, folder: Path) -> None:
    container = Container(folder, workspace, 2, is_apart=False)
    try:
        await container.begin()
        await container.arrive(*LATER)
    finally:
        await container.close()


@pytest.mark.soak
def test_whatever_moment_is_saved_databases_and_repositories_come_back_sound(folder: Path) -> None:
    """Each checkpoint is what is left of a container that is killed before the next one."""
    with loads() as programs:
        asyncio.run(_save_and_restore(folder, programs))


async def _save_and_restore(folder: Path, programs: Loads) -> None:
    workspace, random = Workspace(), Random(1)  # noqa: S311
    container = Container(folder / "home", workspace, 1, programs=programs)
    await container.begin()
    for at in range(200):  # beside them, what does not change: the saves are deltas
        make(container.folder, f"quiet/{at % 7}/{at}", content=random.randbytes(10_000).hex())
    for kind in KINDS:
        programs.start(kind, container.folder / kind)
    for kind in KINDS:
        begun(kind, container.folder / kind)
    found, sound = [], 0
    while sound < ROUNDS:
        await asyncio.sleep(random.random() / 10)
        assert programs.run_on()
        await container.checkpoints.make(container.prefix, Quota(None, None, None))
        checkpoint = container.checkpoints.waiting
        assert checkpoint is not None
        workspace.move(f"1-boot-{checkpoint.seq}", checkpoint)
        container.checkpoints.accepted(checkpoint)
        if workspace.manifest().inconsistent:  # a machine that was too slow this time says so
            continue
        home = folder / str(checkpoint.seq)
        await _restored(workspace, home)
        found += [f"{checkpoint.seq} {kind}: {told}" for kind in KINDS if (told := wrong(kind, home / kind))]
        sound += 1
    await container.close()
    assert found == []
