"""Heartbeats: signed ones, sent to one process of the function at a rising rate until the process falls behind."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import aiohttp
import msgspec
import psutil

from bench import function
from bench.calls import Calls, counting
from bench.emulator import wake
from bench.report import Figure
from bench.rig import Rig
from shared.billing.account import Billing
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.ids import new_id
from shared.gcp.store.sessions import session_ref
from shared.sessions.session import Session
from shared.sessions.tokens import Signer
from shared.settings import FIELDS
from tests.support.records.factories import a_beat, a_session
from tests.support.stack.environment import environment
from tests.support.stack.running import Running, running

SESSIONS = 1000
RATES = (10, 20, 40, 80, 120, 160, 200, 240, 280, 320, 400, 500, 650, 800)
"""Heartbeats a second, tried in this order until one rate is too much."""
SECONDS = 6.0
BEATS_COUNTED = 20
TOO_LATE = 1.0
"""Seconds. A rate is too much if one heartbeat in twenty takes longer."""


@dataclass(frozen=True)
class Load:
    """The result of one rate: the seconds from when each heartbeat was due to its answer, and how many were not
    answered 200.
    """

    rate: int
    took: Sequence[float]
    refused: int
    cpu: float
    """CPU seconds of the function's process for each heartbeat"""

    @property
    def carried(self) -> bool:
        return not self.refused and sorted(self.took)[int(len(self.took) * 0.95)] <= TOO_LATE


class Slots:
    """The containers of many open sessions, which send heartbeats one after the other."""

    def __init__(self, sessions: Sequence[Session], signing_key: str) -> None:
        signer, now = Signer(signing_key), datetime.now(UTC)
        self._sessions = sessions
        self._tokens = [signer.heartbeat(session, now) for session in sessions]
        self._number = count()

    def next(self) -> tuple[bytes, str]:
        """The next beat and its bearer token."""
        number = next(self._number)
        seq, index = divmod(number, len(self._sessions))
        session = self._sessions[index]
        # connected from the first heartbeat on, so that accounts are charged as those of active members are
        beat = a_beat(seq + 1, session=session.sid, epoch=session.epoch, boot=session.boot)
        return msgspec.json.encode(beat), self._tokens[index]


def measure(rig: Rig) -> list[Figure]:
    with ExitStack() as stack:
        parts = ("firestore", "storage", "tasks")
        emulators = stack.enter_context(running(rig.folder / "heartbeats", "--only", *parts))
        stack.enter_context(environment(emulators.env))
        wake()
        slots = Slots(_open_sessions(50 if rig.quick else SESSIONS), emulators.env["SIGNING_KEY"])
        calls = _count_calls(rig, emulators, slots)
        loads = _raise_rate(rig, emulators, slots)
    best = next((load for load in reversed(loads) if load.carried), None)
    shown = best or loads[0]
    interval = FIELDS["HEARTBEAT_SECONDS"].default
    facts = {"rates": [{"rate": load.rate, "refused": load.refused, "cpu_s": load.cpu} for load in loads]}
    return [
        Figure(
            "Heartbeats: slots that one process carries", "slots", [best.rate * interval if best else 0], facts=facts
        ),
        Figure("Heartbeats: a second that one process carries", "", [best.rate if best else 0]),
        Figure(f"Heartbeats: answered, at {shown.rate} a second", "ms", [took * 1000 for took in shown.took]),
        Figure("Heartbeats: the function's CPU for each", "ms", [load.cpu * 1000 for load in loads]),
        *(
            Figure(f"Heartbeats: {what} for each", "", [number / BEATS_COUNTED])
            for what, number in (("documents read", calls.read), ("documents written", calls.written))
        ),
    ]


def _open_sessions(how_many: int) -> list[Session]:
    """An open session with a container that said hello and an account to charge."""
    now = datetime.now(UTC)
    sessions = [
        a_session(sid=new_id("s-"), bid=new_id("b-"), plan="pro", opened=now, seen=now, due=now, connected=True)
        for _ in range(how_many)
    ]
    for first in range(0, how_many, 10):
        commit = Commit()
        for session in sessions[first : first + 10]:
            commit.create(session_ref(session.sid), session)
            billing = Billing(bid=session.bid, owner=session.uid, plan=session.plan, time_zone="UTC")
            commit.create(billing_ref(session.bid), billing)
        commit.run()
    return sessions


def _count_calls(rig: Rig, emulators: Running, slots: Slots) -> Calls:
    """Of BEATS_COUNTED beats, as seen between the function and the emulator."""
    with counting(emulators.env["FIRESTORE_EMULATOR_HOST"]) as (calls, host):
        through = {**emulators.env, "FIRESTORE_EMULATOR_HOST": host}
        part = function.part("heartbeat", rig.folder / "heartbeats-counted", through)
        with function.started(part, rig.folder / "counted.log") as process:
            url = function.until_listening(part, process)
            asyncio.run(_send(url, slots, rate=10, seconds=BEATS_COUNTED / 10))
            return calls


def _raise_rate(rig: Rig, emulators: Running, slots: Slots) -> list[Load]:
    part = function.part("heartbeat", rig.folder / "heartbeats-alone", emulators.env)
    loads: list[Load] = []
    with function.started(part, rig.folder / "heartbeat.log") as process:
        url = function.until_listening(part, process)
        asyncio.run(_send(url, slots, rate=10, seconds=1))  # the first calls make connections
        for rate in RATES[: rig.times(len(RATES))]:
            before = _cpu(process.pid)
            took, refused = asyncio.run(_send(url, slots, rate, 1.0 if rig.quick else SECONDS))
            loads.append(Load(rate, took, refused, (_cpu(process.pid) - before) / len(took)))
            if not loads[-1].carried:
                break
    return loads


async def _send(url: str, slots: Slots, rate: int, seconds: float) -> tuple[list[float], int]:
    """Beats at a steady rate, however long those before take, each over a connection of its own as slots send them."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        started = time.monotonic()
        sent = []
        for number in range(int(rate * seconds)):
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent.append(asyncio.create_task(_beat(http, url, *slots.next(), due)))
        answers = await asyncio.gather(*sent)
    return [took for took, _ in answers], sum(status != 200 for _, status in answers)


async def _beat(http: aiohttp.ClientSession, url: str, body: bytes, token: str, due: float) -> tuple[float, int]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        async with http.post(url, data=body, headers=headers) as answer:
            await answer.read()
            status = answer.status
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    return time.monotonic() - due, status


def _cpu(pid: int) -> float:
    """Seconds of CPU that the function has used, its server's processes together."""
    server = psutil.Process(pid)
    return sum(sum(process.cpu_times()[:2]) for process in (server, *server.children(recursive=True)))
