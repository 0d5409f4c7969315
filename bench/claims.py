"""The claim, made directly at the store: many at once on 200 warm slots, and a steady stream."""

import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier

from google.api_core.exceptions import DeadlineExceeded

from bench.emulator import wake
from bench.report import Figure
from bench.rig import Rig
from shared.accounts.account import Account, AccountState
from shared.billing.account import Billing
from shared.gcp.store.accounts import read_workspace, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import Commit, LostRace
from shared.gcp.store.ids import new_id
from shared.gcp.store.sessions import read_session
from shared.gcp.store.slots import candidates, new_slot_name, slot_ref
from shared.sessions.session import Session
from shared.sessions.workspace import Workspace
from shared.slots.allocation import order_slots
from shared.slots.slot import SlotState
from tests.support.records.factories import a_slot
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.running import running

SLOTS = 200
AT_ONCE = (1, 8, 32, 64)
ROUNDS = 5
RATE = 45
SECONDS = 20
WRITES = 25
"""Documents made in one commit while preparing: an emulator that has just started takes its time."""
HANDS = 32
"""Threads of the steady stream: more than the claims that are ever under way at once, unless the stream falls behind.
"""


@dataclass(frozen=True)
class Claimed:
    """`seconds` from the moment the member came."""

    session: Session
    seconds: float
    retries: int


def measure(rig: Rig) -> list[Figure]:
    """Raises RuntimeError if a slot was given twice."""
    with running(rig.folder / "claims", "--only", "firestore") as emulator, environment(SETTINGS | dict(emulator.env)):
        wake()
        _fill(SLOTS)
        _burst(8)  # the first calls of a process and of an emulator are slower than later ones
        figures = [_at_once(count, rig.times(ROUNDS)) for count in AT_ONCE]
        return [*figures, _steady(1 if rig.quick else SECONDS)]


def _at_once(count: int, rounds: int) -> Figure:
    walls, claims = [], []
    for _ in range(rounds):
        wall, claimed = _burst(count)
        walls.append(wall)
        claims += claimed
    facts = {"each_s": [claim.seconds for claim in claims], "retries": sum(claim.retries for claim in claims)}
    return Figure(f"Claim: {count} at once, until the last has a slot", "s", walls, facts=facts, aim=_aim(count))


def _aim(count: int) -> str:
    return "about 0.6 s" if count == max(AT_ONCE) else ""


def _burst(count: int) -> tuple[float, list[Claimed]]:
    """How long all of `count` members took together, and each. Afterwards as many slots are warm as before."""
    accounts = _accounts(count)
    ready = Barrier(count + 1)

    def come(account: Account) -> Claimed:
        ready.wait()
        return _claim(account, time.monotonic())

    with ThreadPoolExecutor(max_workers=count) as pool:
        coming = [pool.submit(come, account) for account in accounts]
        ready.wait()
        started = time.monotonic()
        claimed = [one.result() for one in coming]
        took = time.monotonic() - started
    _fill(count)
    return took, _distinct(claimed)


def _steady(seconds: int) -> Figure:
    """One member every 1/RATE s, however long earlier claims take. Each claimed slot is replaced."""
    accounts = _accounts(RATE * seconds)

    def come(account: Account, due: float) -> Claimed:
        claimed = _claim(account, due)
        _fill(1)
        return claimed

    with ThreadPoolExecutor(max_workers=HANDS) as pool:
        started = time.monotonic()
        coming = []
        for number, account in enumerate(accounts):
            due = started + number / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            coming.append(pool.submit(come, account, due))
        claimed = _distinct([one.result() for one in coming])
    took = [claim.seconds * 1000 for claim in claimed]
    facts = {"retries": sum(claim.retries for claim in claimed), "seconds": seconds}
    return Figure(
        f"Claim: a steady {RATE} a second", "ms", took, aim="p50 92 ms, p99 376 ms (agent-sandbox)", facts=facts
    )


def _claim(account: Account, since: float) -> Claimed:
    """The claim as `allocate` makes it, again after a lost race, and again, as the page does, after a time-out of the
    database.
    """
    retries = 0
    while True:
        try:
            return Claimed(_try(account), time.monotonic() - since, retries)
        except (LostRace, DeadlineExceeded):
            retries += 1


def _try(account: Account) -> Session:
    """Reads, chooses a slot and commits."""
    workspace = read_workspace(account.wid)
    mine = read_session(workspace.record.session) if workspace.record.session else None
    if mine is not None:  # the claim was made, and only its answer was late
        return mine.record
    billing = read_billing(account.bid).record
    warm = {slot.record.name: slot for slot in candidates()}
    best, *_ = order_slots([slot.record for slot in warm.values()], last_slot=None, seed=secrets.randbits(32))
    return commit_claim(account, billing, workspace, warm[best.name], opening=60, issued=None, now=datetime.now(UTC))


def _distinct(claimed: Sequence[Claimed]) -> list[Claimed]:
    if len({claim.session.slot for claim in claimed}) != len(claimed):
        raise RuntimeError("a slot was given twice")
    return list(claimed)


def _accounts(how_many: int) -> list[Account]:
    """Members, each with a workspace and a billing account."""
    now = datetime.now(UTC)
    accounts = []
    for first in range(0, how_many, WRITES):
        commit = Commit()
        for _ in range(first, min(first + WRITES, how_many)):
            uid, wid = new_id("u-"), new_id("w-")
            active = AccountState.ACTIVE
            accounts.append(
                Account(uid=uid, bid=uid, wid=wid, state=active, email=None, name=None, locale=None, created=now)
            )
            commit.create(billing_ref(uid), Billing(bid=uid, owner=uid, plan="pro", time_zone=None))
            commit.create(workspace_ref(wid), Workspace(wid=wid, owner=uid, created=now))
        commit.run()
    return accounts


def _fill(how_many: int) -> None:
    """Makes `count` more warm slots."""
    for first in range(0, how_many, WRITES):
        commit = Commit()
        for name in {new_slot_name() for _ in range(first, min(first + WRITES, how_many))}:
            commit.create(slot_ref(name), a_slot(name, SlotState.WARM))
        commit.run()
