"""A save that nobody waits for any more, or that is incomplete."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from agent.activity.last_seen import Activity
from agent.clock import elapsed
from agent.control_plane.exchange import ControlPlane, HeartbeatAnswer
from agent.control_plane.tokens import Claims
from agent.home.storage_quota import Quota
from agent.session import Session
from agent.slot import SlotLifecycle, State
from agent.state.save_age import SaveAge

from tests.home.container import Container, NoPrograms
from tests.home.workspace import Workspace

NO_QUOTA = Quota(None, None, None)


def test_after_a_save_that_nobody_waits_for_the_next_one_can_be_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The storage reads nothing, and the keeper writes more than a pipe holds."""
    workspace = Workspace()

    async def save() -> None:
        container = Container(folder / "home", workspace, 1)
        await container.begin()
        (container.folder / "large").write_bytes(os.urandom(7_000_000))

        async def silent(*_: Any) -> None:
            await asyncio.Event().wait()

        with monkeypatch.context() as patched:
            patched.setattr(container.bucket, "create", silent)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3):
                    await container.checkpoints.make(container.prefix, NO_QUOTA)
        async with asyncio.timeout(20):
            assert await container.checkpoints.make(container.prefix, NO_QUOTA)
        await container.close()

    asyncio.run(save())


def test_what_is_large_is_not_called_saved_with_what_is_small(folder: Path) -> None:
    async def save() -> None:
        container = Container(folder / "home", Workspace(), 1)
        await container.begin()
        session = _session(container)
        session.save_age = SaveAge(elapsed() - 3600)
        (container.folder / "data").mkdir()
        (container.folder / "data/large").write_bytes(b"l" * 9_000_000)
        (container.folder / "small").write_bytes(b"s")
        late = []
        for _ in range(2):
            assert await session.save()
            checkpoint = container.checkpoints.waiting
            assert checkpoint is not None
            container.checkpoints.accepted(checkpoint)
            session.save_age.accepted()
            late.append(session.save_age.is_late(elapsed(), 20.0))
        assert late == [True, False]
        await container.close()

    asyncio.run(save())


def test_what_is_large_waits_for_a_lease_without_holding_up_everything_else() -> None:
    """A container that was frozen in the middle of a save finds it given up when it continues."""
    asked, saved = list[bool](), list[bool]()

    def holds() -> bool:
        asked.append(True)
        assert len(asked) < 1000, "nothing else can happen"
        return not saved

    async def save(*, urgent: bool) -> bool:
        saved.append(urgent)
        return True

    async def keep_saving() -> None:
        nobody = cast(Any, None)
        slot = SlotLifecycle(nobody, nobody, nobody, nobody, nobody, checkpoint_seconds=0.01)
        slot.state = State.SERVING
        session = SimpleNamespace(
            checkpoints=SimpleNamespace(more=True),
            lease=SimpleNamespace(holds=holds),
            save=save,
            saved_ago=lambda: None,
            tell=lambda: None,
        )
        saving = asyncio.create_task(slot.keep_saving(cast(Session, session)))
        await asyncio.sleep(0.1)
        slot.state = State.DRAINING
        await saving
        assert saved == [True]

    asyncio.run(keep_saving())


def _session(container: Container) -> Session:
    claims = Claims(sid="s", epoch=1, expires=0.0, wid="w")
    keeper, nobody = cast(Any, container.line), cast(ControlPlane, None)
    session = Session(
        claims, "boot", nobody, lambda _: cast(Any, container.bucket), keeper, Activity(), lambda: True, NoPrograms()
    )
    session.checkpoints = container.checkpoints
    storage, use = SimpleNamespace(prefix=container.prefix), SimpleNamespace(quota=NO_QUOTA)
    session.answer = cast(HeartbeatAnswer, SimpleNamespace(storage=storage, storage_use=use))
    return session
