"""Open: from asking for a warm slot until the editor's URL answers, with what each step takes, beside JupyterHub."""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bench.peers.jupyterhub import JupyterHub, jupyterhub
from bench.peers.setup import prepare_peers
from bench.report import Beside, Figure
from bench.rig import WARM, Rig
from bench.workspace import FILL
from shared.gcp.emulators import reachable
from tests.support.members.person import PATIENCE, Person
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import Running

ALONE = 10
TOGETHER = 5
ROUNDS = 4
Who = TypeVar("Who")
What = TypeVar("What")
STEPS = (
    "sign-in, reads and tokens",
    "claim's commit",
    "hello",
    "restore",
    "the rest of attach",
    "enter",
    "the editor's first answer",
)


@dataclass(frozen=True)
class Opened:
    """Seconds: of the requests as the browser sees them, of the whole."""

    sid: str
    allocate: float
    enter: float
    editor: float

    @property
    def whole(self) -> float:
        return self.allocate + self.enter + self.editor


class Member:
    """A member with a small saved workspace, who opens it as the page does."""

    def __init__(self, stack: Running, name: str) -> None:
        self._stack = stack
        self._person = Person(stack, name)
        self._http = httpx.Client(timeout=PATIENCE)
        self._sid: str | None = None
        opened = self.open()
        slot = (document(stack, f"sessions/{opened.sid}") or {})["slot"]
        Inside(containers(stack)[slot]).run(FILL)
        self.close()

    def open(self) -> Opened:
        """Raises httpx.HTTPStatusError when there is no warm slot."""
        started = time.monotonic()
        entry = self.allocate()
        allocated = time.monotonic()
        url, host = reachable(entry["enter_url"])
        form = {"token": entry["enter_token"], "folder": entry["folder"]}
        answer = self._http.post(url, data=form, headers={**host, "Origin": self._stack.url})
        entered = time.monotonic()
        where, cookie = httpx.URL(url).join(answer.headers["Location"]), answer.headers["Set-Cookie"].partition(";")[0]
        page = self._http.get(where, headers={**host, "Cookie": cookie}).raise_for_status()
        shown = time.monotonic()
        if "workbench" not in page.text:
            raise RuntimeError(f"this is not the editor: {page.text[:200]}")
        return Opened(entry["session"], allocated - started, entered - allocated, shown - entered)

    def allocate(self) -> dict[str, Any]:
        """The answer of `allocate`. Raises httpx.HTTPStatusError when there is no slot."""
        bearer = {"Authorization": f"Bearer {self._person.token}"}
        answer = self._http.post(f"{self._stack.url}/api/allocate", json={}, headers=bearer)
        entry: dict[str, Any] = answer.raise_for_status().json()
        self._sid = entry["session"]
        return entry

    def close(self) -> None:
        """Ends the session, and waits until the last checkpoint is made."""
        self._person.post("release", {"session": self._sid})
        until(lambda: self._person.me()["session"] is None, "the session ended")


def measure(rig: Rig) -> list[Figure]:
    """Measures Ondol and JupyterHub by turns, so that other load on the machine affects both."""
    prepare_peers()
    members = [Member(rig.stack, f"bench-{number}") for number in range(TOGETHER)]
    users = [f"user-{number}" for number in range(TOGETHER)]
    with jupyterhub(rig.folder / "hub", users) as hub:
        # the first server is slower; so were Ondol's first sessions, in which the workspaces were made
        hub.open(users[0])
        hub.close(users[0])
        alone, spawned, entered = _by_turns(rig, rig.times(ALONE), members[:1], hub, users[:1])
        together, spawned_together, _ = _by_turns(rig, rig.times(ROUNDS), members, hub, users)
    return [
        _figure("Open, alone", alone, Beside("JupyterHub spawns a server", spawned, faster=True), "20 times faster"),
        _figure("Open, alone", alone, Beside("JupyterHub, its server kept running for each user", entered)),
        _figure(
            f"Open, {TOGETHER} at once",
            together,
            Beside("JupyterHub spawns servers", spawned_together, faster=True),
            "20 times faster",
        ),
        *_shares(rig.stack, alone),
    ]


def _by_turns(
    rig: Rig, rounds: int, members: Sequence[Member], hub: JupyterHub, users: Sequence[str]
) -> tuple[list[Opened], list[float], list[float]]:
    """Seconds of Ondol's Open, of JupyterHub with a spawn, and of JupyterHub with a server that runs already."""
    ours: list[Opened] = []
    spawned: list[float] = []
    entered: list[float] = []
    for _ in range(rounds):
        until_warm(rig.stack)
        ours += _at_once(Member.open, members)
        _at_once(Member.close, members)
        until_warm(rig.stack)
        spawned += _at_once(hub.open, users)
        entered += _at_once(hub.enter, users)
        _at_once(hub.close, users)
    return ours, spawned, entered


def _at_once(work: Callable[[Who], What], everybody: Sequence[Who]) -> list[What]:
    with ThreadPoolExecutor(max_workers=len(everybody)) as pool:
        return list(pool.map(work, everybody))


def until_warm(stack: Running, claimed: int = 0) -> None:
    """Waits until the pool is full again beside so many claimed slots, and no change of it is under way."""

    def at_rest() -> bool:
        states = [slot["state"] for slot in documents(stack, "slots")]
        return (
            states.count("warm") >= WARM
            and set(states) <= {"warm", "cold", "claimed"}
            and states.count("claimed") == claimed
        )

    until(at_rest, "the pool is warm again")


def _figure(what: str, ours: Sequence[Opened], beside: Beside, aim: str = "") -> Figure:
    return Figure(what, "s", [opened.whole for opened in ours], beside, aim=aim)


def _shares(stack: Running, opened: Sequence[Opened]) -> list[Figure]:
    """What each step takes, as the functions, the slots and the browser's side tell it."""
    claimed, attached = (
        _by_session(stack.state.glob("logs/allocate.log"), name) for name in ("slot-claimed", "slot-attached")
    )
    serving = _by_session(stack.state.glob("run/logs/*.log"), "session-serving")
    steps: dict[str, list[float]] = {step: [] for step in STEPS}
    for one in opened:
        claim, attach = claimed[one.sid]["ms"], attached[one.sid]["ms"]
        hello, restore = serving[one.sid]["hello_ms"], serving[one.sid]["restore_ms"]
        before = one.allocate * 1000 - claim - attach
        inside = attach - hello - restore
        parts = (before, claim, hello, restore, inside, one.enter * 1000, one.editor * 1000)
        for step, milliseconds in zip(STEPS, parts, strict=True):
            steps[step].append(milliseconds)
    whole = statistics.mean(one.whole for one in opened) * 1000
    return [
        Figure(f"Open, alone: {step} ({statistics.mean(took) / whole:.0%})", "ms", took) for step, took in steps.items()
    ]


def _by_session(logs: Iterable[Path], event: str) -> dict[str, dict[str, Any]]:
    lines = (line for log in logs for line in log.read_text().splitlines() if line.startswith("{"))
    return {line["session"]: line for line in map(json.loads, lines) if line["message"] == event}
