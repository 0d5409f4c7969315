"""What becomes of the member's programs while nobody is there, without any: when they are stopped and ended."""

import asyncio

import pytest
from agent.activity.pausing import ProgramPause, Reason
from agent.activity.presence import MOST_AWAKE, MOST_BEGUN, MOST_RESTLESS, MOST_USED_SECONDS, Presence


class Playing(ProgramPause):
    """Programs of which one is awake whenever it is said to be."""

    def __init__(self) -> None:
        super().__init__()
        self.awake = False
        self.begun = False
        self.stands = True
        self.used = 0.0
        self.done: list[str] = []

    def _stop(self, until: float) -> bool:
        self.done.append("stop")
        return self.stands

    def _is_awake(self) -> bool:
        return self.awake

    def _is_begun(self) -> bool:
        return self.begun

    async def used_seconds(self) -> float:
        return self.used

    async def end_all(self) -> None:
        self.done.append("end")


@pytest.fixture
def pause() -> Playing:
    return Playing()


def presence(pause: ProgramPause, connections: list[int]) -> Presence:
    return Presence(lambda: connections[0], pause)


def test_a_program_that_wakes_itself_is_stopped_again_and_then_ended(pause: Playing) -> None:
    async def play() -> None:
        connections = [1]
        there = presence(pause, connections)
        await there.settle()
        connections[0] = 0
        await there.settle()
        await there.settle()
        assert pause.done == ["stop"]
        pause.awake = True
        for _ in range(MOST_AWAKE):
            await there.settle()
        assert pause.done == ["stop", *["stop"] * (MOST_AWAKE - 1), "end", "stop"]
        await there.settle()
        assert pause.done[-2:] == ["stop", "stop"], "it is counted anew"

    asyncio.run(play())


def test_programs_that_never_stand_still_are_ended(pause: Playing) -> None:
    async def play() -> None:
        connections = [1]
        there = presence(pause, connections)
        await there.settle()
        connections[0], pause.stands = 0, False
        for _ in range(MOST_RESTLESS - 1):
            await there.settle()
        assert "end" not in pause.done
        await there.settle()
        assert pause.done == [*["stop"] * MOST_RESTLESS, "end"]

    asyncio.run(play())


def test_programs_that_never_stand_still_and_use_the_cpu_are_ended_sooner(pause: Playing) -> None:
    """Who only waits for the CPU, to stop, uses none of it."""

    async def play() -> None:
        connections = [1]
        there = presence(pause, connections)
        await there.settle()
        connections[0], pause.stands = 0, False
        pause.used = MOST_USED_SECONDS - 0.1
        await there.settle()
        assert pause.done == ["stop"]
        pause.used = MOST_USED_SECONDS
        await there.settle()
        assert pause.done == ["stop", "stop", "end"]

    asyncio.run(play())


def test_an_editor_that_begins_anew_while_nobody_is_there_is_stopped_and_not_ended(pause: Playing) -> None:
    """It would run what the member's home brings to it; an errand of the agent's is short."""

    async def play() -> None:
        connections = [1]
        there = presence(pause, connections)
        await there.settle()
        connections[0] = 0
        await there.settle()
        for pause.begun in (True, True, False, *[True] * (MOST_BEGUN - 1)):
            await there.settle()
        assert pause.done == ["stop"]
        await there.settle()
        assert pause.done == ["stop", "stop"]

    asyncio.run(play())


def test_a_visit_forgets_what_the_agent_had_begun_before_it(pause: Playing) -> None:
    async def play() -> None:
        connections = [1]
        there = presence(pause, connections)
        pause.begun = True
        for _ in range(2):
            connections[0] = 1
            await there.settle()
            connections[0] = 0
            await there.settle()
            for _ in range(MOST_BEGUN - 1):
                await there.settle()
        assert pause.done == ["stop", "stop"]

    asyncio.run(play())


def test_nothing_is_stopped_any_more_once_the_session_ends(pause: Playing) -> None:
    async def play() -> None:
        connections = [1]
        there = presence(pause, connections)
        await there.settle()
        connections[0] = 0
        await there.end()
        await there.settle()
        assert (pause.done, pause.holds(Reason.UNATTENDED)) == ([], False)

    asyncio.run(play())
