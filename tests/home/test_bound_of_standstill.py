"""The member's programs continue at the bound, whatever the keeper does. The clock moves only as a test says."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from agent.activity.pausing import Reason
from agent.errors import HomeFailed
from agent.state import standstill
from agent.state.keeper_process import KeeperProcess
from agent.state.layers import How
from agent.state.manifest import Tier
from agent.state.planning import NextTier
from agent.state.standstill import MOST_STILL_SECONDS, STILL_SECONDS, StillScan

Scanned = dict[str, Any]


class Play:
    """Programs, and a keeper whose orders take as long as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, scan_seconds: float = 0.0) -> None:
        self.now = 0.0
        self.still_since: float | None = None
        self.orders: list[tuple[str, bool, dict[str, Any]]] = []
        self.keeper: Callable[[str], Scanned] | None = None
        self._scan_seconds = scan_seconds
        monkeypatch.setattr(standstill, "elapsed", lambda: self.now)
        following = [NextTier("work", How.DELTA, Tier(1, 1))]
        monkeypatch.setattr(standstill, "plan", lambda *_: following)

    async def pause(self, reason: Reason) -> bool:
        assert reason is Reason.COPYING
        self.still_since = self.now
        return True

    async def resume(self, reason: Reason) -> None:
        assert reason is Reason.COPYING
        self.still_since = None

    async def order(self, what: str, **fields: Any) -> Scanned:
        self.orders.append((what, self.still_since is not None, fields))
        if what == "scan":
            self.now += self._scan_seconds
        return {"tiers": {}}

    def scan(self) -> tuple[bool, list[float]]:
        """Whether the programs stood still for the scan, and the milliseconds that are told."""
        still_ms = list[float]()
        scanning = StillScan(cast(KeeperProcess, self), self).scan({}, {}, [], still_ms)
        return asyncio.run(scanning)[2], still_ms


@pytest.mark.parametrize(
    ("scan_seconds", "left"),
    [(0.0, STILL_SECONDS), (0.03, STILL_SECONDS - 0.03), (0.11, STILL_SECONDS / 2), (0.9, STILL_SECONDS / 2)],
)
def test_the_copies_get_what_the_scan_has_left_of_the_bound(
    monkeypatch: pytest.MonkeyPatch, scan_seconds: float, left: float
) -> None:
    play = Play(monkeypatch, scan_seconds=scan_seconds)
    assert play.scan() == (True, [round(scan_seconds * 1000, 1)])
    (scan, _, _), (copy, was_still, fields) = play.orders
    assert (scan, copy, was_still) == ("scan", "copy", True)
    assert fields["seconds"] == pytest.approx(left)
    assert play.still_since is None


@pytest.mark.parametrize("hangs", ["scan", "copy"])
def test_a_keeper_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, hangs: str) -> None:
    play = Play(monkeypatch)
    monkeypatch.setattr(standstill, "MOST_STILL_SECONDS", 0.01)
    order = play.order

    async def hang_while_still(what: str, **fields: Any) -> Scanned:
        if what == hangs and play.still_since is not None:
            await asyncio.Event().wait()
        return await order(what, **fields)

    monkeypatch.setattr(play, "order", hang_while_still)
    is_still, _ = play.scan()
    assert not is_still, "the scan is made while the programs run, and the manifest names what it may miss"
    assert play.orders[-1][:2] == ("scan", False)
    assert play.still_since is None


def test_programs_continue_after_a_keeper_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch)

    async def fail(what: str, **fields: Any) -> Scanned:
        raise HomeFailed("it has died")

    monkeypatch.setattr(play, "order", fail)
    with pytest.raises(HomeFailed):
        play.scan()
    assert play.still_since is None


def test_the_bound_is_some_hundred_milliseconds() -> None:
    assert STILL_SECONDS <= 0.15
    assert MOST_STILL_SECONDS <= 1.0
