"""Heartbeats, sweeps and accounts on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.accounts.account import AccountState
from shared.gcp.store.accounts import close_account, ensure_account, find_account, snapshot_ref, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, encode, read
from shared.gcp.store.sessions import (
    commit_beat,
    commit_session,
    end_session,
    newest_cold,
    overdue,
    read_session,
    session_ref,
)
from shared.gcp.store.snapshots import all_snapshots, older_snapshots
from shared.record import Versioned
from shared.sessions.heartbeats import AcceptedHeartbeat, accept_beat
from shared.sessions.session import EndReason, Opening, Session
from shared.snapshots.checkpoint import Head, Snapshot
from shared.snapshots.storage_quota import StorageUse
from tests.support.records.factories import POLICY, a_beat, a_billing, a_head, a_session, becoming

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime.now(UTC)


def stored(session: Session) -> Versioned[Session]:
    """The session as it lies in the database, with its billing account beside it."""
    commit = Commit().create(session_ref(session.sid), session)
    commit.create(billing_ref(session.bid), a_billing("pro")).run()
    return again(session)


def again(session: Session) -> Versioned[Session]:
    found = read_session(session.sid)
    assert found is not None
    return found


def test_a_record_comes_back_as_it_was_written() -> None:
    session = a_session(connected=True, head=a_head(), signals={"editor": NOW})
    assert stored(session).record == session


def beaten(
    before: Versioned[Session], seq: int = 1, head: Head | None = None, *, now: datetime, **fields: Any
) -> AcceptedHeartbeat:
    """What one more beat changes, on the plan of the billing account as it is now."""
    payer = read_billing(before.record.bid).record
    accepted = accept_beat(
        before.record, a_beat(seq), becoming(head), billing=payer, policy=POLICY, now=now, **fields
    )  # fmt: skip
    assert accepted is not None
    return accepted


def charged(bid: str) -> int:
    return sum(read_billing(bid).record.used.values())


def test_a_snapshot_names_the_plan_under_which_it_was_saved_though_the_session_ends_under_another() -> None:
    before = stored(a_session(connected=True, opened=NOW, seen=NOW))
    payer = read_billing(before.record.bid)
    commit_beat(before, payer, beaten(before, head=a_head(), now=NOW + timedelta(seconds=30)))
    billing_ref(before.record.bid).update({"plan": "free"})
    saved, payer = again(before.record), read_billing(before.record.bid)
    last, now = a_beat(2, final=True), NOW + timedelta(seconds=60)
    accepted = accept_beat(saved.record, last, None, billing=payer.record, policy=POLICY, now=now)
    assert accepted is not None
    commit_beat(saved, payer, accepted)
    [snapshot] = all_snapshots(before.record.wid)
    assert (again(before.record).record.plan, snapshot.plan, snapshot.final) == ("free", "pro", True)


def test_a_beat_moves_lease_charge_and_head_together() -> None:
    before = stored(a_session(connected=True, opened=NOW, seen=NOW))
    accepted = beaten(before, head=a_head(), now=NOW + timedelta(seconds=30))
    after = accepted.session
    commit_beat(before, read_billing(after.bid), accepted)
    assert again(after).record == after
    assert charged(after.bid) == after.meter.ms == 30_000
    snapshot = read(workspace_ref(after.wid).collection("snapshots").document(a_head().snapshot), Snapshot)
    assert snapshot is not None and snapshot.record.head == a_head()


@pytest.mark.parametrize("with_it", [True, False], ids=["in the last beat", "acknowledged before"])
def test_the_last_snapshot_of_a_clean_stop_is_known_as_one(with_it: bool) -> None:
    before = stored(a_session(connected=True, opened=NOW, seen=NOW))
    heads = [a_head(1, at=NOW), None if with_it else a_head(2, at=NOW + timedelta(seconds=30))]
    for seq, head in enumerate([*heads, a_head(2, at=NOW + timedelta(seconds=60)) if with_it else None], 1):
        now, payer = NOW + timedelta(seconds=30 * seq), read_billing(before.record.bid)
        accepted = accept_beat(
            before.record, a_beat(seq, final=seq == 3), becoming(head), billing=payer.record, policy=POLICY, now=now
        )
        assert accepted is not None
        commit_beat(before, payer, accepted)
        before = again(before.record)
    assert [(each.head.snapshot[-1:], each.final) for each in all_snapshots(before.record.wid)] == [
        ("2", True),
        ("1", False),
    ]


def test_a_beat_that_lost_its_race_changes_nothing_and_charges_nothing() -> None:
    before = stored(a_session(connected=True, opened=NOW, seen=NOW))
    accepted = beaten(before, now=NOW + timedelta(seconds=30))
    commit_session(before, before.record.drain(EndReason.MEMBER, NOW))
    with pytest.raises(LostRace):
        commit_beat(before, read_billing(before.record.bid), accepted)
    assert (again(before.record).record.seq, charged(before.record.bid)) == (0, 0)


def moved(before: Versioned[Session], seq: int, head: Head) -> Versioned[Session]:
    """The session after one more beat, committed."""
    commit_beat(before, read_billing(before.record.bid), beaten(before, seq, head, now=NOW))
    return again(before.record)


def test_older_snapshots_come_newest_first_without_the_head() -> None:
    times = [NOW + timedelta(seconds=n) for n in range(6)]
    session = stored(a_session())
    for n, at in enumerate(times):
        session = moved(session, n + 1, a_head(n, at))
    found = older_snapshots("w-1", a_head(4, times[4]), 2)
    assert [snapshot.head.at for snapshot in found] == [times[3], times[2]]
    assert older_snapshots("w-1", a_head(0, times[0]), 9) == []
    assert older_snapshots("w-1", None, 9) == []


def test_records_of_the_time_when_whole_checkpoints_were_refused_are_read() -> None:
    session = stored(a_session(head=a_head(1))).record
    head = encode(a_head(2))
    use = {"state": "refused", "used": 200, "limit": 100, "largest": []}
    session_ref(session.sid).update({"refused": head, "storage": use})
    read_again = read_session(session.sid)
    assert read_again is not None and read_again.record.storage == StorageUse(used=200, limit=100)
    snapshot_ref("w-1", "7-b-2").set({"sid": session.sid, "head": head, "refused": True, "returned": None})
    assert [each.head for each in all_snapshots("w-1")] == [a_head(2)]


def test_what_is_overdue_is_found_until_it_has_ended() -> None:
    session = stored(a_session()).record
    assert session.due is not None
    assert overdue(session.due + timedelta(seconds=9), timedelta(seconds=10)) == []
    assert overdue(session.due + timedelta(seconds=11), timedelta(seconds=10)) == [session]
    end_session(session.sid, NOW, EndReason.LOST)
    assert overdue(session.due + timedelta(days=1), timedelta(0)) == []


def test_sessions_that_waited_for_a_container_come_newest_first() -> None:
    def opened(sid: str, minutes: int, *, cold: bool) -> None:
        at = NOW - timedelta(minutes=minutes)
        Commit().create(session_ref(sid), a_session(sid=sid, opened=at, opening=Opening(cold=cold))).run()

    for sid, minutes, cold in (("s-1", 9, True), ("s-2", 2, True), ("s-3", 1, False), ("s-4", 5, True)):
        opened(sid, minutes, cold=cold)
    assert [each.sid for each in newest_cold(2)] == ["s-2", "s-4"]


def test_an_account_is_made_once_and_never_revived() -> None:
    def ensure(email: str) -> AccountState:
        return ensure_account("u-1", email=email, name=None, locale="ko", time_zone="Asia/Seoul", now=NOW).state

    assert ensure("a@example.com") == AccountState.ACTIVE
    first = ensure_account("u-1", email=None, name=None, locale="en", now=NOW)
    assert (first.email, first.locale) == ("a@example.com", "ko")
    closed = close_account("u-1", NOW)
    assert closed is not None and closed.closed
    assert ensure("b@example.com") == AccountState.DELETED
    tombstone = ensure_account("u-1", email="b", name="b", now=NOW)
    assert (tombstone.email, tombstone.name) == (None, None)


def test_language_and_time_zone_are_those_of_the_first_login_after_the_event() -> None:
    by_event = ensure_account("u-1", email="a@b", name=None, now=NOW)
    assert by_event.locale is None
    at_login = ensure_account("u-1", email="a@b", name=None, locale="ko", time_zone="Asia/Seoul", now=NOW)
    assert (at_login.locale, read_billing(at_login.bid).record.time_zone) == ("ko", "Asia/Seoul")


def test_somebody_who_never_came_leaves_no_tombstone() -> None:
    for _ in range(2):  # the event may come twice
        assert close_account("u-never", NOW) is None
    assert find_account("u-never") is None
