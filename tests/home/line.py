"""The agent's line to a real keeper that works in this process, and dies when a test says so."""

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

from agent.errors import BadLayer, HomeFailed
from agent.home.keeper import Keeper, read_result
from agent.home.unpack import Declared, Unpacked, unpack
from agent.pipes import reader
from agent.tiers import TIERS

from tests.home import forks
from tests.home.photo import Thing, photo


class Line:
    """To a keeper of `folder`, as agent.keeper.Keeper is one. The keeper dies at its order number `dies_at` from now,
    before that is done or, when `is_done`, before it is answered. `seen` is what its last look saw, by tier; `children`
    unpack one each. Not `is_seeing`: nothing is, for the home changes all the time. Not `is_apart`: it unpacks in this
    process, for a fork takes longer than what tests save takes to unpack."""

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
        # a keeper goes on with what it was told when nobody waits for the answer any more
        return await asyncio.shield(doing)

    async def settle(self) -> None:
        await self.order("settle")

    async def close(self) -> None:
        self._kill_children()
        await asyncio.gather(*self._orders, return_exceptions=True)
        self._thread.shutdown()
        os.close(self._keeper._home)

    def named(self) -> dict[str, dict[bytes, Thing]]:
        """Of what was seen, what a layer names: not the folders that were made on the way to another tier's."""
        held = self._keeper._held
        return {
            tier: {path: thing for path, thing in seen.items() if path in held[tier].marks}
            for tier, seen in self.seen.items()
        }

    def home(self) -> int:
        return self._keeper._home

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
        return result if what != "unpack" else await self._hear(fields["tier"], life, *result["child"])

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
            case "look":
                fields.pop("urgent", None)
            case "pack":
                fields["pipe"] = pipe
        answer: dict[str, Any] = getattr(self._keeper, what)(**fields)
        if what == "look" and self.is_seeing:
            self._see()
        return answer

    def _see(self) -> None:
        looked = self._keeper._looked
        assert looked is not None
        there = photo(self._folder)
        self.seen = {tier: {path: there.things[path] for path in looked.tiers[tier].marks} for tier in TIERS}
        self.linked = {names for tier in TIERS for names in there.linked(self.seen[tier])}

    def _unpack(self, tier: str, layers: list[dict[str, Any]], source: int) -> tuple[int, int]:
        into = self._keeper.beside(tier)
        told, telling = os.pipe()
        if not self._is_apart:
            Thread(target=_unpack_here, args=(layers, os.dup(source), into, telling)).start()
            return 0, told
        pid = forks.unpack(layers, source, into, telling)
        os.close(into)
        os.close(telling)
        self.children.add(pid)
        return pid, told

    async def _hear(self, tier: str, life: int, pid: int, told: int) -> dict[str, Any]:
        result = read_result(await (await reader(told)).read())
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
        os.close(self._keeper._home)
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
    with os.fdopen(source, "rb", buffering=0) as stream, os.fdopen(result, "wb") as told:
        try:
            marshal.dump(vars(unpack([Declared(**layer) for layer in layers], stream, into, lambda _: None)), told)
        except BadLayer as error:
            marshal.dump({"bad": str(error)}, told)
        finally:
            os.close(into)
