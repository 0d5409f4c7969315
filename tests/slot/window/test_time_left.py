"""The plan's time in the editor: what the agent says of it, and when the extension warns."""

import json
import subprocess
import time
from collections.abc import Sequence

import pytest

from tests.slot.control_plane.test_session import TALK
from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import Member

COUNTDOWN = ROOT / "workspace-image/extension/countdown.js"
# what is warned of at each step, and what is shown, in whole seconds
PLAY = """
const { Countdown } = require(process.argv[1]);
const countdown = new Countdown();
const told = JSON.parse(process.argv[2]).map(([now, left]) => {
  if (left !== "ticks") countdown.learn(left, now);
  return [countdown.warning(now), countdown.left(now)];
});
console.log(JSON.stringify(told));
"""
TICKS = "ticks"
HOUR = 3600
Steps = Sequence[tuple[int, int | str | None]]


@pytest.mark.parametrize(
    ("steps", "warned"),
    [
        pytest.param([(0, None), (700, TICKS)], [None, None], id="without limit"),
        pytest.param([(0, HOUR), (2999, TICKS), (3000, TICKS), (3001, TICKS)],
                     [None, None, 600, None], id="ten minutes, counted here"),
        pytest.param([(0, 601), (1, 600), (31, 570), (480, 121), (482, 119), (490, 111)],
                     [None, 600, None, None, 119, None], id="two minutes, told by the agent"),
        pytest.param([(0, 300), (1, TICKS), (180, TICKS), (299, TICKS), (400, TICKS)],
                     [300, None, 120, None, None], id="opened with five minutes left"),
        pytest.param([(0, 60), (1, TICKS), (59, TICKS)], [60, None, None], id="opened with one minute left"),
        pytest.param([(0, 600), (30, 575), (60, 570), (480, 120), (481, 140)],
                     [600, None, None, 120, None], id="wavers, and is not another end"),
        pytest.param([(0, 600), (30, HOUR), (3030, TICKS), (3510, TICKS)], [600, None, 600, 120], id="moves to later"),
        pytest.param([(0, 100), (10, 300), (190, TICKS)], [100, 300, 120], id="moves later within the last minutes"),
        pytest.param([(0, 600), (9, 640), (60, 620), (90, 599)], [600, None, None, 599], id="creeps later"),
        pytest.param([(0, HOUR), (10, 400), (20, 90)], [None, 400, 90], id="moves earlier: others use the same"),
        pytest.param([(0, 600), (10, None), (20, 580), (30, HOUR), (3030, 600)],
                     [600, None, None, None, 600], id="is lifted for a while"),
    ],
)  # fmt: skip
def test_it_warns_once_at_ten_and_at_two_minutes(steps: Steps, warned: list[int | None]) -> None:
    assert [warning for warning, _ in played(steps)] == warned


def test_what_is_left_is_shown_during_the_last_ten_minutes() -> None:
    steps: Steps = [(0, 601), (1, TICKS), (541, TICKS), (700, TICKS), (701, HOUR), (702, None)]
    assert [left for _, left in played(steps)] == [None, 600, 60, 0, None, None]


def test_the_agent_says_what_is_left(member: Member, plane: ControlPlane) -> None:
    assert said(member)["time_left"] is None
    plane.deadline = time.time() + HOUR
    member.attach(plane.sessions[SID]).raise_for_status()
    assert said(member)["time_left"] == pytest.approx(HOUR, abs=120)
    plane.deadline = time.time() - HOUR
    member.attach(plane.sessions[SID]).raise_for_status()
    assert said(member)["time_left"] == 0


def said(member: Member) -> dict[str, object]:
    line: dict[str, object] = json.loads(member.slot.run(TALK))
    return line


def played(steps: Steps) -> list[tuple[int | None, int | None]]:
    """For each step, a moment and what is heard of the agent at it, what the extension warns of and what it shows."""
    command = [str(PREFIX / "bin/node"), "-e", PLAY, str(COUNTDOWN), json.dumps(steps)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [(warned, left) for warned, left in json.loads(done.stdout)]
