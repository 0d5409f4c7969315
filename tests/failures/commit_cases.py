"""All that is ever committed to Firestore, but for payments and a workspace's history: what happens, and by which
function of the store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.accounts.account import Account
from shared.accounts.audit import Action, AuditLine
from shared.accounts.roles import Role
from shared.billing.account import Billing, move
from shared.billing.periods import over_everywhere
from shared.billing.reconciliation import ClosedPeriod, day_use, figures
from shared.gcp.store import (
    accounts,
    anonymous,
    billing,
    claims,
    database,
    ledger,
    marks,
    operators,
    sessions,
    slots,
)
from shared.record import Versioned
from shared.sessions.heartbeats import AcceptedHeartbeat, Hello, accept_beat, accept_hello
from shared.sessions.reclaim_decision import decide_reclaim
from shared.sessions.session import EndReason, Session, SessionState
from shared.slots.opens import HourOfOpens, OpensCounted, WarmDecision
from shared.slots.rollout import Rollout
from shared.slots.slot import SlotState
from shared.slots.warm_policies import WarmKept
from shared.snapshots.checkpoint import Head, Snapshot
from tests.support.records.factories import BOOT, IMAGE, LEASE, POLICY, a_beat, a_head, a_slot, becoming, unwritten

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
UID = "u-1"

Act = Callable[[], Any]
"""What makes the commit, and what it answers."""


def the_first_visit() -> Act:
    return lambda: accounts.ensure_account(UID, email="a@b", name="A", locale="ko", time_zone="Asia/Seoul", now=NOW)


def an_account(plan: str = "enterprise") -> Account:
    return accounts.ensure_account(UID, email="a@b", name=None, plan=plan, now=NOW)


def language_and_time_zone() -> Act:
    an_account()
    return lambda: accounts.ensure_account(UID, email=None, name=None, locale="ko", time_zone="Asia/Seoul", now=NOW)


def a_claim(plan: str = "enterprise") -> Act:
    account = an_account(plan)
    slots.commit_slot(None, a_slot("ws-1"))
    payer = billing.read_billing(account.bid).record
    workspace, [slot] = accounts.read_workspace(account.wid), slots.all_slots()
    return lambda: claims.commit_claim(account, payer, workspace, slot, opening=60, issued=None, now=NOW)


def an_open_that_found_every_slot_in_use() -> Act:
    workspace = accounts.read_workspace(an_account().wid)
    return lambda: claims.note_refused(workspace, NOW)


def a_claimed_session(plan: str = "enterprise", **fields: Any) -> Versioned[Session]:
    """An active session as its claim and its first beats left it, but for `fields`."""
    session = a_claim(plan)()
    before = read(session.sid)
    active = replace(before.record.activate(NOW), boot=BOOT, connected=True, seq=3)
    sessions.commit_session(before, replace(active, **fields))
    return read(session.sid)


def read(sid: str) -> Versioned[Session]:
    found = sessions.read_session(sid)
    assert found is not None
    return found


def a_hello() -> Act:
    before = a_claimed_session(state=SessionState.OPENING, boot=None)
    hello = Hello(before.record.sid, before.record.epoch, BOOT)
    after = accept_hello(before.record, hello, lease=LEASE, now=LATER)
    assert after
    return lambda: sessions.commit_session(before, after)


def accepted(
    before: Session, seq: int, head: Head | None, now: datetime
) -> tuple[Versioned[Billing], AcceptedHeartbeat]:
    """Who pays for a beat, and what it changes."""
    payer, beat = billing.read_billing(before.bid), a_beat(seq, session=before.sid, epoch=before.epoch)
    beaten = accept_beat(before, beat, becoming(head), billing=payer.record, policy=POLICY, now=now)
    assert beaten
    return payer, beaten


def a_beat_with_a_checkpoint() -> Act:
    return a_charged_beat(a_claimed_session())


def a_beat_on_a_limited_plan() -> Act:
    return a_charged_beat(a_claimed_session("free"))


def a_beat_that_completes_a_line() -> Act:
    return a_charged_beat(a_claimed_session(meter=replace(unwritten(12.5), line_due=NOW)))


def a_charged_beat(before: Versioned[Session]) -> Act:
    payer, after = accepted(before.record, 4, a_head(), LATER)
    assert [*after.added.values()] == [30_000]
    return lambda: sessions.commit_beat(before, payer, after)


def a_decision() -> Act:
    before = a_claimed_session()
    after = before.record.decide(decide_reclaim(before.record, POLICY, LATER))
    return lambda: sessions.commit_session(before, after)


def the_beginning_of_an_end() -> Act:
    sid = a_claimed_session().record.sid
    return lambda: sessions.begin_end(sid, EndReason.MEMBER, LATER)


def an_end() -> Act:
    sid = a_claimed_session(meter=unwritten(12.5), head=a_head()).record.sid
    return lambda: sessions.end_session(sid, LATER, EndReason.IDLE)


def a_loss() -> Act:
    sid = a_claimed_session().record.sid
    return lambda: sessions.lose_session(sid, LATER)


def a_new_slot() -> Act:
    return lambda: slots.commit_slot(None, a_slot("ws-1", SlotState.WARMING))


def the_slots_that_are_missing() -> Act:
    roll = slots.read_slot_counter()
    return lambda: slots.make_slots(roll, [a_slot("ws-1", SlotState.WARMING), a_slot("ws-2", SlotState.WARMING)])


def the_first_rollout() -> Act:
    return lambda: slots.commit_rollout(None, Rollout(proven=IMAGE))


def the_next_rollout() -> Act:
    slots.commit_rollout(None, Rollout(proven=IMAGE))
    before = slots.read_rollout()
    return lambda: slots.commit_rollout(before, Rollout(proven=IMAGE, trying="new", slots=["ws-1", "ws-2"]))


def the_first_opens_that_are_counted() -> Act:
    counted = OpensCounted(until=NOW, hours=(HourOfOpens(NOW, 1, 1),))
    return lambda: slots.commit_opens((None, None), counted, WarmKept(decision=WarmDecision(1, "one")))


def more_opens_that_are_counted() -> Act:
    the_first_opens_that_are_counted()()
    opens, kept = slots.read_counted()
    assert opens and kept
    counted = opens.record.counted([LATER], LATER, NOW)
    return lambda: slots.commit_opens((opens, kept), counted, WarmKept(decision=WarmDecision(2, "two")))


def a_slots_next_state() -> Act:
    slots.commit_slot(None, a_slot("ws-1"))
    [before] = slots.all_slots()
    return lambda: slots.commit_slot(before, before.record.recycle(LATER))


def a_slot_too_many() -> Act:
    slots.commit_slot(None, a_slot("ws-1", SlotState.COLD))
    [before] = slots.all_slots()
    return lambda: slots.forget_slot(before)


def a_closed_account() -> Act:
    an_account()
    return lambda: accounts.close_account(UID, LATER)


def a_closed_account_with_a_mark() -> Act:
    used(an_account())
    marks.adopt(UID, "m-1", NOW)
    return lambda: accounts.close_account(UID, LATER)


def an_account_whose_person_is_gone() -> Act:
    used(an_account())
    marks.adopt(UID, "m-1", NOW)
    return lambda: accounts.note_gone(UID, LATER)


def used(account: Account) -> None:
    """Some of today's time is."""
    before = billing.read_billing(account.bid)
    billing.commit_move(before, before.record.count({"2026-11-23": 60_000}))


def an_adopted_mark() -> Act:
    a_closed_account_with_a_mark()()
    accounts.ensure_account("u-2", email="a@b", name=None, now=NOW)
    return lambda: marks.adopt("u-2", "m-1", LATER)


def a_mark_whose_time_is_over() -> Act:
    a_closed_account_with_a_mark()()
    return lambda: marks.forget_marks(NOW + timedelta(days=3))


def a_billing_account_that_is_nobodys() -> Act:
    account = an_account()
    marks.adopt(UID, "m-1", NOW)
    accounts.close_account(UID, NOW)
    used(account)
    return lambda: accounts.leave_billing(UID, "e-1", LATER)


def a_tombstone_that_goes() -> Act:
    an_account()
    closed = accounts.close_account(UID, NOW)
    assert closed
    return lambda: accounts.forget_account(closed)


def a_sign_in_that_counts() -> Act:
    an_account()
    return lambda: accounts.confirm_sign_in(UID, NOW, LATER)


def the_end_of_all_sign_ins() -> Act:
    a_claimed_session()
    return lambda: sessions.sign_out_everywhere(UID, LATER, LATER)


def a_sign_in_in_doubt() -> Act:
    an_account()
    accounts.confirm_sign_in(UID, NOW, NOW)
    return lambda: accounts.doubt_sign_in(UID)


def an_entry_by_an_older_token() -> Act:
    session = a_claimed_session()
    return lambda: sessions.note_entry(session.record, NOW - timedelta(minutes=9))


def the_end_of_a_sign_in() -> Act:
    a_claimed_session()
    return lambda: sessions.sign_out_here(UID, NOW, "a" * 16, LATER)


def somebody_missing() -> Act:
    an_account()
    [account], _ = accounts.turn("", 1)
    return lambda: accounts.note_missing(account, LATER)


def the_first_turn() -> Act:
    return lambda: accounts.write_turn(None, "u-1") is not None


def the_next_turn() -> Act:
    before = accounts.write_turn(None, "u-1")
    return lambda: accounts.write_turn(before, "u-2") is not None


def somebody_made_anonymous() -> Act:
    a_claimed_session()
    return lambda: anonymous.anonymise_sessions(UID, "e-1")


def an_erasing_begun() -> Act:
    account = an_account()
    accounts.close_account(UID, NOW)
    return lambda: accounts.amend_workspace(account.wid, lambda found: found.begin_erasing(LATER))


def erased_snapshots() -> Act:
    account = an_account()
    reference = accounts.snapshot_ref(account.wid, f"1-{BOOT}-1")
    database.Commit().create(reference, Snapshot(sid="s", head=a_head())).run()
    return lambda: accounts.erase_documents(account.wid, 10)


def a_line_that_no_heartbeat_wrote() -> Act:
    before = a_claimed_session(meter=unwritten(12.5))
    return lambda: ledger.write_line(before, LATER)


def a_checked_session() -> Act:
    before = a_claimed_session()
    sessions.end_session(before.record.sid, NOW, EndReason.MEMBER)
    ended = read(before.record.sid)
    return lambda: ledger.commit_checked(ended, None)


def a_closed_period() -> Act:
    a_charged_beat(a_claimed_session())()
    [account] = ledger.to_close(over_everywhere("2026-11"))
    counted = figures(billing.counted(account.record, "2026-11"), [])
    closed = ClosedPeriod(id="2026-11", plan="enterprise", granted=0, figures=counted, closed=LATER)
    return lambda: ledger.close_period(account, closed)


def the_first_day() -> Act:
    return lambda: ledger.write_day(day_use(NOW.date(), []), None)


def a_later_day() -> Act:
    ledger.write_day(day_use(NOW.date(), []), None)
    reached = ledger.read_reached()
    return lambda: ledger.write_day(day_use(NOW.date() + timedelta(days=1), []), reached)


def another_time_zone() -> Act:
    before = billing.read_billing(an_account().bid)
    return lambda: billing.commit_move(before, move(before.record, "Asia/Seoul", owns=True, now=NOW))


def a_suspension() -> Act:
    a_claimed_session()
    return lambda: operators.suspend_account(a_line(Action.SUSPEND), UID, LATER)


def granted_time() -> Act:
    an_account("free")
    return lambda: operators.grant_time(a_line(Action.GRANT), UID, 60, LATER)


def the_first_limits() -> Act:
    return lambda: operators.set_limits(a_line(Action.LIMITS), {"new_sessions": False})


def somebody_made_an_operator() -> Act:
    return lambda: operators.record_role_change(a_line(Action.OPERATOR), before=None, after=Role.OPERATOR)


def a_line(action: Action) -> AuditLine:
    return AuditLine(
        request="request-1", at=LATER, by="u-op", email=None, action=action, target=UID, asked={}, note="why"
    )


COMMITS: dict[Callable[[], Act], set[Callable[..., Any]]] = {
    the_first_visit: {accounts.ensure_account},
    language_and_time_zone: {accounts.set_locale},
    a_claim: {claims.commit_claim},
    an_open_that_found_every_slot_in_use: {claims.note_refused},
    a_hello: {sessions.commit_session},
    a_decision: {sessions.commit_session},
    the_beginning_of_an_end: {sessions.commit_session},
    a_beat_with_a_checkpoint: {sessions.commit_beat},
    a_beat_on_a_limited_plan: {sessions.commit_beat},
    a_beat_that_completes_a_line: {sessions.commit_beat},
    an_end: {sessions.commit_end},
    a_loss: {sessions.commit_end},
    a_new_slot: {slots.commit_slot},
    the_slots_that_are_missing: {slots.make_slots},
    the_first_rollout: {slots.commit_rollout},
    the_next_rollout: {slots.commit_rollout},
    the_first_opens_that_are_counted: {slots.commit_opens},
    more_opens_that_are_counted: {slots.commit_opens},
    a_slots_next_state: {slots.commit_slot},
    a_slot_too_many: {slots.forget_slot},
    a_closed_account: {accounts.close_account},
    a_closed_account_with_a_mark: {accounts.close_account},
    an_account_whose_person_is_gone: {accounts.note_gone},
    an_adopted_mark: {marks.adopt},
    a_mark_whose_time_is_over: {marks.forget_marks},
    a_billing_account_that_is_nobodys: {accounts.leave_billing},
    a_tombstone_that_goes: {accounts.forget_account},
    a_sign_in_that_counts: {accounts.confirm_sign_in},
    a_sign_in_in_doubt: {accounts.doubt_sign_in},
    an_entry_by_an_older_token: {sessions.commit_session},
    the_end_of_all_sign_ins: {sessions.commit_sign_out},
    the_end_of_a_sign_in: {sessions.commit_sign_out},
    somebody_missing: {accounts.note_missing},
    the_first_turn: {accounts.write_turn},
    the_next_turn: {accounts.write_turn},
    somebody_made_anonymous: {anonymous.change_found},
    a_line_that_no_heartbeat_wrote: {ledger.write_line},
    a_checked_session: {ledger.commit_checked},
    a_closed_period: {ledger.close_period},
    the_first_day: {ledger.write_day},
    a_later_day: {ledger.write_day},
    another_time_zone: {billing.commit_move},
    a_suspension: {operators.commit_once},
    granted_time: {operators.commit_once},
    the_first_limits: {operators.commit_once},
    somebody_made_an_operator: {operators.commit_once},
    an_erasing_begun: {accounts.amend_workspace},
    erased_snapshots: {database.delete_all},
}
"""What happens, and by which functions it is committed."""
