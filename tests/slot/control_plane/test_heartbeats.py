"""Heartbeats go on whatever goes wrong on the way to one: without them the lease lapses, and the member is cut off."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from agent import session as beats
from agent.activity.last_seen import Activity
from agent.activity.pausing import ProgramPause
from agent.activity.presence import Presence
from agent.clock import elapsed
from agent.control_plane.exchange import ControlPlane, HeartbeatAnswer
from agent.control_plane.tokens import Claims
from agent.errors import Stale, Unreachable
from agent.session import Session
from agent.session_watch import Watch
from agent.slot import SlotLifecycle, State
from agent.state.save_age import SaveAge
from aiohttp import web

NOBODY = cast(Any, None)


@dataclass
class Plane:
    """Accepts so many heartbeats, a moment apart, and then gives the session to another container."""

    left: int = 3
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, body: dict[str, Any], _token: str) -> HeartbeatAnswer:
        if self.left == 0:
            raise Stale("another container has it")
        self.left -= 1
        self.heard.append(body)
        now = elapsed()
        answered = {"now": 1000.0, "lease": 90.0, "interval": 0.001, "sent": now, "received": now}
        return cast(HeartbeatAnswer, SimpleNamespace(token="t", head=None, idle_at=None, deadline=None, **answered))


def a_session(plane: Plane, connected: Callable[[], bool] = lambda: True) -> Session:
    claims = Claims(sid="s", epoch=1, expires=0.0, wid="w")
    control_plane = cast(ControlPlane, plane)
    return Session(claims, "boot", control_plane, lambda _: NOBODY, NOBODY, Activity(), connected, NOBODY)


def failing(times: int, error: Exception) -> Callable[..., bool]:
    """Raises so many times, and answers then."""
    left = [error] * times

    def fail(*_: object) -> bool:
        if left:
            raise left.pop()
        return True

    return fail


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "BACKOFF", (0.001,))


def beat_until_stale(session: Session) -> None:
    async def play() -> None:
        await session.hello("token")
        async with asyncio.timeout(10):
            await session.keep_beating()

    asyncio.run(play())


def test_heartbeats_go_on_when_one_can_not_be_made() -> None:
    plane = Plane()
    beat_until_stale(a_session(plane, failing(5, OSError(24, "Too many open files"))))
    assert [said["kind"] for said in plane.heard] == ["hello", "beat", "beat"]


def test_heartbeats_go_on_when_news_of_an_answer_can_not_be_told() -> None:
    plane = Plane()
    session = a_session(plane)
    tell = failing(1, TypeError("no number"))

    def on_answer() -> None:
        if len(plane.heard) > 1:
            tell()

    session.on_answer = on_answer
    beat_until_stale(session)
    assert len(plane.heard) == 3
    assert not session.lease.holds(), "it ended because the session is another's"


def test_an_answer_that_is_no_text_is_none() -> None:
    async def garble(_: web.Request) -> web.Response:
        return web.Response(body=b"\xff\xfe\xff", content_type="application/json", charset="utf-8")

    async def play() -> None:
        application = web.Application()
        application.add_routes([web.post("/", garble)])
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        [address] = runner.addresses
        async with aiohttp.ClientSession() as http:
            with pytest.raises(Unreachable):
                await ControlPlane(http, f"http://127.0.0.1:{address[1]}/").post({}, "token")
        await runner.cleanup()

    asyncio.run(play())


@pytest.mark.parametrize("connections", [0, 2])
def test_while_connections_can_not_be_counted_it_is_as_it_was(connections: int) -> None:
    count = failing(1, OSError(24, "Too many open files"))
    counted: list[Callable[[], int]] = [lambda: connections, count, lambda: 1 - min(connections, 1)]
    presence = Presence(lambda: counted.pop(0)(), cast(ProgramPause, NOBODY))
    assert [presence.is_connected() for _ in range(3)] == [connections > 0, connections > 0, connections == 0]


def watch_of(
    settled: list[bool], *, unsaved_for: float | None, session: Session | None = None, stands_still: bool = False
) -> Watch:
    """The watch of a container that serves a member, who is there."""

    async def settle() -> None:
        settled.append(True)

    async def may_serve() -> bool:
        return True

    presence = SimpleNamespace(is_connected=lambda: True, settle=settle, stands_still=lambda: stands_still)
    session = session or a_session(Plane())
    slot = SimpleNamespace(session=session, state=State.SERVING, may_serve=may_serve, unsaved_for=lambda: unsaved_for)
    session.lease.extend(elapsed(), 90)
    return Watch(cast(SlotLifecycle, slot), cast(Presence, presence), lambda: True, lambda: None)


def test_programs_stand_still_though_they_can_not_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[bool] = []
    monkeypatch.setattr("agent.session_watch.last_terminal_input", failing(9, OSError(24, "Too many open files")))

    async def play() -> None:
        await watch_of(settled, unsaved_for=None).look_after(1.0)

    asyncio.run(play())
    assert settled


@pytest.mark.parametrize(("unsaved_for", "said"), [(None, []), (75.4, [("save-late", "s", 75)])])
def test_the_log_says_once_a_minute_since_when_work_is_not_saved(
    unsaved_for: float | None, said: list[tuple[str, str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    async def play() -> None:
        watch = watch_of([], unsaved_for=unsaved_for)
        await watch.look_after(1.0)
        await watch.look_after(1.0)

    asyncio.run(play())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["message"], line["session"], line["seconds"]) for line in lines if "seconds" in line] == said


def test_a_container_that_was_frozen_without_a_browser_is_late_with_no_save() -> None:
    session = a_session(Plane())

    async def play() -> list[bool]:
        session.save_age = SaveAge(elapsed() - 610)  # ten minutes of which it was frozen
        await watch_of([], unsaved_for=None, session=session, stands_still=True).look_after(600.0)
        still = session.save_age.is_late(elapsed() + 600, 30)
        await watch_of([], unsaved_for=None, session=session).look_after(1.0)
        return [still, *(session.save_age.is_late(elapsed() + later, 30) for later in (0, 95))]

    assert asyncio.run(play()) == [False, False, True]
