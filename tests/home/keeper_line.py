"""The agent's connection to a real keeper that works in this process, and that dies when a test wants it to."""

import asyncio
import marshal
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from agent.errors import HomeFailed
from agent.home.keeper import Keeper
from agent.home.tiers import TIERS
from agent.home.unpack import Declared, Unpacked, unpack
from agent.home.unpack_apart import read_result
from agent.state.pipes import reader

from shared.snapshots.format.layout import BadLayer
from tests.home import forking
from tests.home.tree_contents import Thing, contents_of


class Line:
    """A connection to a keeper of `folder`, in place of agent.state.keeper_process.

    The keeper dies at its order number `dies_at` from now: before the order is done, or, with `is_done`, before it is
    answered. `seen`: the last scan, by tier. `children`: the processes that unpack. Without `is_seeing`, `seen` is not
    kept, because the home changes all the time. Without `is_apart`, the keeper unpacks in this process, because a fork
    takes longer than unpacking a small test home.
    """

    def __init__(self, folder: Path, *, is_apart: bool, is_seeing: bool = True) -> None:
        self.is_seeing = is_seeing
        self._is_apart = is_apart
        self.lost: Callable[[], None] = lambda: None
        self.dies_at = 0
        self.is_done = False
        self.seen: dict[str, dict[bytes, Thing]] = {}
        self.linked: set[frozenset[bytes]] = set()
        self.busy = asyncio.Lock()
        self._folder = folder
        self._lives = 0
        self._thread = ThreadPoolExecutor(1)
        self._keeper = Keeper(str(folder))
        self._unpacked: dict[str, Unpacked] = {}
        self.children: set[int] = set()
        self._orders: set[asyncio.Task[dict[str, Any]]] = set()

    async def order(self, what: str, pipe: int | None = None, **fields: Any) -> dict[str, Any]:
        doing = asyncio.create_task(self._obey(what, pipe, fields))
        self._orders.add(doing)
        # a keeper completes an order even if nobody waits for the answer any more
        return await asyncio.shield(doing)

    async def settle(self) -> None:
        await self.order("settle")

    async def close(self) -> None:
        self._kill_children()
        await asyncio.gather(*self._orders, return_exceptions=True)
        self._thread.shutdown()
        os.close(self._keeper.home)

    def named(self) -> dict[str, dict[bytes, Thing]]:
        """The part of the scan that a layer names: without parent folders that were made for another tier."""
        held = self._keeper.held
        return {
            tier: {path: thing for path, thing in seen.items() if path in held[tier].marks}
            for tier, seen in self.seen.items()
        }

    def home(self) -> int:
        return self._keeper.home

    async def _obey(self, what: str, pipe: int | None, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self.busy:
                self.dies_at -= 1
                if self.dies_at == 0 and not self.is_done:
                    self._die()
                    raise HomeFailed("it ended")
                result = await asyncio.get_running_loop().run_in_executor(self._thread, self._do, what, pipe, fields)
                if self.dies_at == 0:
                    self._die()
                    raise HomeFailed("it ended")
                life = self._lives
        except (OSError, LookupError, RuntimeError) as error:
            raise HomeFailed(f"the keeper could not {what}") from error
        finally:
            if pipe is not None:
                os.close(pipe)
        return result if what != "unpack" else await self._read_result(fields["tier"], life, *result["child"])

    def _do(self, what: str, pipe: int | None, fields: dict[str, Any]) -> dict[str, Any]:
        match what:
            case "settle":
                return {}
            case "unpack":
                assert pipe is not None
                return {"child": self._unpack(fields["tier"], fields["layers"], pipe)}
            case "place":
                fields = {"tier": fields["tier"], "unpacked": self._unpacked.pop(fields["tier"])}
            case "discard":
                self._unpacked.pop(fields["tier"], None)
            case "scan":
                fields.pop("urgent", None)
            case "pack" | "pack_apart":
                fields["pipe"] = pipe
        answer: dict[str, Any] = getattr(self._keeper, what)(**fields)
        if what == "scan" and self.is_seeing:
            self._note_seen()
        return answer

    def _note_seen(self) -> None:
        scan = self._keeper.last_scan
        assert scan is not None
        contents = contents_of(self._folder)
        self.seen = {tier: {path: contents.things[path] for path in scan.tiers[tier].marks} for tier in TIERS}
        self.linked = {names for tier in TIERS for names in contents.linked(self.seen[tier])}

    def _unpack(self, tier: str, layers: list[dict[str, Any]], source: int) -> tuple[int, int]:
        into = self._keeper.make_staging(tier)
        result_read, result_write = os.pipe()
        if not self._is_apart:
            Thread(target=_unpack_here, args=(layers, os.dup(source), into, result_write)).start()
            return 0, result_read
        pid = forking.unpack(layers, source, into, result_write)
        os.close(into)
        os.close(result_write)
        self.children.add(pid)
        return pid, result_read

    async def _read_result(self, tier: str, life: int, pid: int, result_read: int) -> dict[str, Any]:
        result = read_result(await (await reader(result_read)).read())
        if pid:
            self.children.discard(pid)
        if life != self._lives:
            raise HomeFailed("it ended")
        if isinstance(result, Unpacked):
            self._unpacked[tier] = result
            return {"files": len(result.marks)}
        if "bad" in result:
            raise BadLayer(result["bad"])
        raise HomeFailed(result["failed"])

    def _die(self) -> None:
        self._kill_children()
        os.close(self._keeper.home)
        self._keeper = Keeper(str(self._folder))
        self._unpacked.clear()
        self._lives += 1
        self.lost()

    def _kill_children(self) -> None:
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _unpack_here(layers: list[dict[str, Any]], source: int, into: int, result: int) -> None:
    """As `unpack_apart`, but in a thread."""
    with os.fdopen(source, "rb", buffering=0) as stream, os.fdopen(result, "wb") as output:
        try:
            marshal.dump(vars(unpack([Declared(**layer) for layer in layers], stream, into, lambda _: None)), output)
        except BadLayer as error:
            marshal.dump({"bad": str(error)}, output)
        finally:
            os.close(into)
