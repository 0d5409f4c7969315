"""The agent's side of a session without a container or a network: real checkpoints and a real restore, a real keeper in
this process, and a bucket in memory."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

import agent.state.bucket
import agent.state.keeper_process
from agent.activity.pausing import Reason
from agent.control_plane.exchange import Head
from agent.errors import HomeFailed, Unreachable
from agent.home.tiers import TIERS, WORK
from agent.state.checkpoints import Checkpoints
from agent.state.restore import DONE, FAILED, Progress, Restore
from agent.state.standstill import Standstill

from tests.home.keeper_line import Line
from tests.home.workspace import Bucket, Workspace


class NoPrograms:
    """Programs that need no stop."""

    async def pause(self, reason: Reason) -> bool:
        return True

    async def resume(self, reason: Reason) -> None:
        pass


class Container:
    """One session's `Restore` and `Checkpoints` on an empty folder."""

    def __init__(
        self,
        folder: Path,
        workspace: Workspace,
        epoch: int,
        *,
        is_apart: bool = True,
        programs: Standstill | None = None,
    ) -> None:
        folder.mkdir(mode=0o755)
        self.folder = folder
        self.bucket = Bucket(workspace.contents)
        self.line = Line(folder, is_apart=is_apart, is_seeing=programs is None)
        self.progress = Progress(tiers=dict.fromkeys(TIERS, DONE))
        self.prefix = f"workspaces/w/{epoch}-boot/"
        self._workspace = workspace
        self._bringing: asyncio.Task[None] | None = None
        bucket = cast(agent.state.bucket.Bucket, self.bucket)
        keeper = cast(agent.state.keeper_process.KeeperProcess, self.line)
        self.checkpoints = Checkpoints(bucket, keeper, "w", epoch, "boot", programs or NoPrograms())
        self.line.lost = self.checkpoints.forget
        self._restore = Restore(bucket, keeper, self.checkpoints, self.progress, self._older, lambda: None)

    async def begin(self) -> None:
        """Returns when the boot tier is restored. The other tiers wait at their gates."""
        # a session that ends leaves futures that nobody awaits; printing their warnings takes longer than the session
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        while self._workspace.heads:
            with suppress(Unreachable, HomeFailed):
                await self._restore.bring_boot(self._workspace.heads[-1])
                self._bringing = asyncio.create_task(self._restore.bring_rest())
                return

    async def arrive(self, *tiers: str) -> None:
        """Opens the gates one after another. Returns when the tiers are restored or given up; at once if only deps are
        opened, because deps wait for work."""
        for tier in tiers:
            self.bucket.gates[tier].set()
            await asyncio.sleep(0.005)
        while self.bucket.gates[WORK].is_set() and not all(map(self.is_here, tiers)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    def is_here(self, tier: str) -> bool:
        return self.progress.tiers[tier] in (DONE, FAILED)

    async def close(self) -> None:
        """Ends the session in the middle of any step."""
        if self._bringing is not None:
            self._bringing.cancel()
            await asyncio.gather(self._bringing, return_exceptions=True)
        await self.line.close()

    async def _older(self) -> list[Head]:
        return self._workspace.heads[-2::-1]
