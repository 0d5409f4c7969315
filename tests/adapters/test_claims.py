"""The claim on a real database: never one slot twice, never two sessions for one member."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from shared.accounts.account import Account
from shared.accounts.operator_limits import Limits
from shared.billing.time_allowance import deadline
from shared.gcp.operation_counts import counted
from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim, count_refused, note_refused, read_standing
from shared.gcp.store.database import Commit, LostRace
from shared.gcp.store.limits import limits_ref
from shared.gcp.store.sessions import commit_session, end_session, read_session
from shared.gcp.store.slots import (
    CANDIDATES,
    all_slots,
    candidates,
    commit_slot,
    count_claimed,
    forget_slot,
    new_slot_name,
)
from shared.record import Versioned
from shared.sessions.session import EndReason, Session, SessionState
from shared.sessions.workspace import Workspace
from shared.slots.slot import Slot, SlotState
from tests.support.records.factories import a_slot

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime.now(UTC)


def an_account(uid: str = "u-1") -> Account:
    return ensure_account(uid, email=None, name=None, now=NOW)


def some_slots(count: int, state: SlotState = SlotState.WARM) -> None:
    for _ in range(count):
        commit_slot(None, a_slot(new_slot_name(), state))


def claim(account: Account) -> Session:
    return claiming(account, read_workspace(account.wid), candidates()[0])()


def claiming(
    account: Account, workspace: Versioned[Workspace], slot: Versioned[Slot], now: datetime = NOW
) -> Callable[[], Session]:
    """The claim of what was read by now."""
    billing = read_billing(account.bid).record
    return partial(commit_claim, account, billing, workspace, slot, opening=60, issued=None, now=now)


def at_once(work: list[Callable[[], Session]]) -> list[Session | None]:
    def attempt(one: Callable[[], Session]) -> Session | None:
        try:
            return one()
        except LostRace:
            return None

    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return list(pool.map(attempt, work))


def test_of_two_refused_opens_of_one_member_one_notes_it_and_neither_fails() -> None:
    read = read_workspace(an_account().wid)
    note_refused(read, NOW)
    note_refused(read, NOW + timedelta(seconds=1))
    assert read_workspace(read.record.wid).record.refused == NOW
    assert count_refused(NOW) == 1


def test_a_claim_moves_workspace_slot_and_session_together() -> None:
    account = an_account()
    some_slots(1)
    session = claim(account)
    workspace, [slot], stored = read_workspace(account.wid).record, all_slots(), read_session(session.sid)
    assert (workspace.session, workspace.epoch, workspace.last_slot) == (session.sid, 1, slot.record.name)
    assert (slot.record.state, slot.record.session) == (SlotState.CLAIMED, session.sid)
    assert stored is not None and stored.record == session
    assert session.deadline is not None and session.deadline == deadline(read_billing(account.bid).record, NOW)


def test_of_many_members_who_want_one_slot_one_gets_it() -> None:
    accounts = [an_account(f"u-{n}") for n in range(8)]
    some_slots(1)
    [slot] = candidates()
    workspaces = {account.wid: read_workspace(account.wid) for account in accounts}
    results = at_once([claiming(account, workspaces[account.wid], slot) for account in accounts])
    assert len([session for session in results if session]) == 1
    assert sum(read_workspace(account.wid).record.session is not None for account in accounts) == 1


def test_one_member_from_many_windows_gets_one_session() -> None:
    account = an_account()
    some_slots(8)
    workspace = read_workspace(account.wid)
    slots = all_slots()
    results = at_once([claiming(account, workspace, slot) for slot in slots])
    assert len([session for session in results if session]) == 1
    assert sum(slot.record.state == SlotState.CLAIMED for slot in all_slots()) == 1


def test_the_end_frees_the_workspace_and_recycles_the_slot_once() -> None:
    account = an_account()
    some_slots(1)
    session = claim(account)
    ended = end_session(session.sid, NOW, EndReason.LOST)
    assert end_session(session.sid, NOW, EndReason.IDLE) == ended
    [slot] = all_slots()
    assert (ended.state, ended.reason) == (SessionState.ENDED, EndReason.LOST)
    assert (slot.record.state, slot.record.stale, slot.record.session) == (SlotState.RECYCLING, True, None)
    assert read_workspace(account.wid).record.session is None


@pytest.mark.parametrize(
    ("reason", "served", "blamed"),
    [
        (EndReason.NEVER_OPENED, False, True),
        (EndReason.LOST, False, True),
        (EndReason.LOST, True, False),
        (EndReason.MEMBER, False, False),
    ],
)
def test_the_slot_of_a_session_that_never_came_to_serve_is_marked(
    reason: EndReason, served: bool, blamed: bool
) -> None:
    session = claim_one()
    found = read_session(session.sid)
    assert found
    commit_session(found, replace(found.record, served=served))
    end_session(session.sid, NOW, reason)
    [slot] = all_slots()
    assert slot.record.unserved == (session.sid if blamed else None)


def test_many_who_end_one_session_end_it_once() -> None:
    session = claim_one()
    times = [NOW + timedelta(seconds=n) for n in range(8)]
    results = at_once([partial(end_session, session.sid, now, EndReason.IDLE) for now in times])
    [ended] = {result.ended for result in results if result}
    assert ended in times
    stored = read_session(session.sid)
    assert stored is not None and stored.record.ended == ended


def claim_one() -> Session:
    some_slots(1)
    return claim(an_account())


def test_the_epoch_rises_with_every_claim() -> None:
    account = an_account()
    some_slots(3)
    epochs = []
    for _ in range(3):
        session = claim(account)
        epochs.append(session.epoch)
        end_session(session.sid, NOW, EndReason.MEMBER)
    assert epochs == [1, 2, 3]


def test_candidates_are_few_random_and_warm_while_there_is_one() -> None:
    some_slots(12)
    some_slots(2, SlotState.COLD)
    some_slots(2, SlotState.CLAIMED)
    seen = set()
    for _ in range(60):
        found = candidates()
        assert 1 <= len(found) <= CANDIDATES
        assert {slot.record.state for slot in found} == {SlotState.WARM}
        seen |= {slot.record.name for slot in found}
    assert len(seen) > CANDIDATES


def test_where_none_is_warm_a_random_cold_one_is_a_candidate() -> None:
    some_slots(4, SlotState.COLD)
    for state in (SlotState.CLAIMED, SlotState.RECYCLING, SlotState.WARMING):
        some_slots(2, state)
    found = [candidates() for _ in range(60)]
    assert {slot.record.state for [slot] in found} == {SlotState.COLD}
    assert len({slot.record.name for [slot] in found}) > 1
    for slot in all_slots():
        if slot.record.state == SlotState.COLD:
            forget_slot(slot)
    assert candidates() == []


def test_the_slot_that_is_asked_for_comes_first_if_it_is_warm() -> None:
    some_slots(12)
    for slot in all_slots():
        assert candidates(slot.record.name)[0].record == slot.record
    commit_slot(slot, slot.record.claim("s-1", NOW))
    assert slot.record.name not in {found.record.name for found in candidates(slot.record.name)}


LOWEST, HIGHEST = "ws-0", "ws-zzzzzzzzzzzz"


@pytest.mark.parametrize("near", [LOWEST, HIGHEST, None])
@pytest.mark.parametrize("state", [SlotState.WARM, SlotState.COLD, SlotState.CLAIMED, None])
def test_candidates_cost_no_more_reads_than_are_meant_for_them(state: SlotState | None, near: str | None) -> None:
    if state:
        some_slots(8, state)
    with counted() as operations:
        found = candidates(near)
    assert bool(found) == (state in (SlotState.WARM, SlotState.COLD))
    assert operations.reads <= CANDIDATES


def test_open_sessions_are_counted_for_one_read() -> None:
    assert count_claimed() == 0
    some_slots(7, SlotState.CLAIMED)
    some_slots(3)
    with counted() as operations:
        assert count_claimed() == 7
    assert (operations.reads, operations.writes) == (1, 0)


def test_what_decides_about_a_claim_is_read_in_four_reads_and_the_claim_makes_three_writes() -> None:
    account = an_account()
    some_slots(4)
    with counted() as operations:
        standing = read_standing(an_account())
        [slot, *_] = candidates()
        commit_claim(account, standing.billing, standing.workspace, slot, opening=60, issued=None, now=NOW)
    assert (operations.reads <= 4 + CANDIDATES, operations.writes) == (True, 3)
    assert standing.limits == Limits()
    Commit().create(limits_ref(), Limits(new_sessions=False, open_sessions=3)).run()
    assert read_standing(account).limits == Limits(new_sessions=False, open_sessions=3)


def test_a_claim_says_when_it_was_and_forgets_those_of_an_hour_ago() -> None:
    account = an_account()
    some_slots(3)
    times = [NOW - timedelta(minutes=61), NOW - timedelta(minutes=59), NOW]
    for now in times:
        session = claiming(account, read_workspace(account.wid), candidates()[0], now)()
        end_session(session.sid, now, EndReason.MEMBER)
    assert read_workspace(account.wid).record.opens == times[1:]


def test_a_claim_that_lost_the_race_counts_as_no_open() -> None:
    account = an_account()
    some_slots(2)
    workspace = read_workspace(account.wid)
    first, second = (claiming(account, workspace, slot) for slot in all_slots())
    first()
    with pytest.raises(LostRace):
        second()
    assert read_workspace(account.wid).record.opens == [NOW]
