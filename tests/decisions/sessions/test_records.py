"""The records refuse every transition that DESIGN does not list."""

from itertools import product

import pytest
from msgspec.structs import replace

from shared.accounts.account import MOST_ENDED, Account, AccountState
from shared.record import IllegalTransition
from shared.sessions.session import MOST_SIGNED_OUT, EndReason, SessionState
from shared.sessions.workspace import Workspace
from shared.slots.slot import SlotState
from tests.support.records.factories import IMAGE, NOW, a_head, a_session, a_slot, after

SLOT_MOVES = {
    "claim": lambda slot: slot.claim("s-1", NOW),
    "recycle": lambda slot: slot.recycle(NOW),
    "take out": lambda slot: slot.take_out(NOW),
    "warm up": lambda slot: slot.warm_up(NOW),
    "cool": lambda slot: slot.cool(NOW),
    "renew": lambda slot: slot.renew(IMAGE, warm=True, now=NOW),
    "ready": lambda slot: slot.ready("https://u", NOW),
}
SLOT_ALLOWED = {
    *((state, "take out") for state in SlotState),
    ("quarantined", "recycle"),
    ("cold", "warm up"),
    ("cold", "claim"),
    ("cold", "recycle"),
    ("warming", "ready"),
    ("warming", "recycle"),
    ("warm", "claim"),
    ("warm", "cool"),
    ("warm", "recycle"),
    ("claimed", "recycle"),
    ("recycling", "ready"),
    ("recycling", "recycle"),
    ("recycling", "renew"),
}


@pytest.mark.parametrize(("state", "move"), list(product(SlotState, SLOT_MOVES)))
def test_a_slot_makes_only_the_moves_that_exist(state: SlotState, move: str) -> None:
    slot = a_slot(state=state)
    if (state, move) in SLOT_ALLOWED:
        SLOT_MOVES[move](slot)
    else:
        with pytest.raises(IllegalTransition):
            SLOT_MOVES[move](slot)


@pytest.mark.parametrize("state", list(SessionState))
def test_a_session_drains_and_ends_once(state: SessionState) -> None:
    session = a_session(state)
    if state in (SessionState.OPENING, SessionState.ACTIVE):
        assert session.drain(EndReason.IDLE, NOW).due == after(60)
    else:
        with pytest.raises(IllegalTransition):
            session.drain(EndReason.IDLE, NOW)
    if state == SessionState.ENDED:
        with pytest.raises(IllegalTransition):
            session.end(NOW)
    else:
        assert session.end(NOW, EndReason.LOST).due is None


def test_a_session_ends_no_earlier_than_its_newest_heartbeat() -> None:
    """A reclaim waits for a release for minutes, and ends by the moment at which it began."""
    assert a_session(seen=after(0.5)).end(NOW, EndReason.LOST).ended == after(0.5)
    assert a_session(seen=NOW).end(after(0.5), EndReason.LOST).ended == after(0.5)


def test_the_end_keeps_the_reason_of_draining_unless_another_is_given() -> None:
    draining = a_session().drain(EndReason.MEMBER, NOW)
    assert draining.end(NOW).reason == EndReason.MEMBER
    assert draining.end(NOW, EndReason.LOST).reason == EndReason.LOST


def test_a_loss_is_told_in_the_next_session_that_opens() -> None:
    assert a_session(served=True).end(NOW, EndReason.LOST).leaves_a_loss
    assert not a_session(served=True, after_loss=True).end(NOW, EndReason.MEMBER).leaves_a_loss


@pytest.mark.parametrize("reason", [EndReason.NEVER_OPENED, EndReason.LOST, EndReason.MEMBER])
def test_a_session_that_never_served_has_nothing_to_lose_and_tells_nobody(reason: EndReason) -> None:
    assert not a_session(SessionState.OPENING).end(NOW, reason).leaves_a_loss
    assert a_session(SessionState.OPENING, after_loss=True).end(NOW, reason).leaves_a_loss


def test_a_used_slot_is_stale_until_it_has_a_new_incarnation() -> None:
    used = a_slot(state=SlotState.CLAIMED, session="s-1", incarnation=3).recycle(NOW)
    assert (used.stale, used.session) == (True, None)
    fresh = used.renew(IMAGE, warm=True, now=NOW)
    assert (fresh.stale, fresh.incarnation, fresh.state, fresh.kept) == (False, 4, SlotState.WARMING, True)
    unkept = used.renew(IMAGE, warm=False, now=NOW)
    assert (unkept.stale, unkept.incarnation, unkept.state, unkept.kept) == (False, 4, SlotState.RECYCLING, False)
    assert unkept.ready("https://u", NOW).state == SlotState.COLD


def test_a_workspace_is_claimed_by_one_session_and_its_epoch_rises() -> None:
    workspace = Workspace(wid="w-1", owner="u-1", created=NOW)
    claimed = workspace.claim("s-1", "ws-1", NOW)
    assert (claimed.session, claimed.epoch, claimed.last_slot) == ("s-1", 1, "ws-1")
    with pytest.raises(IllegalTransition):
        claimed.claim("s-2", "ws-2", NOW)
    with pytest.raises(IllegalTransition):
        claimed.free(a_session(sid="s-2"), NOW)
    lost = a_session(sid="s-1", head=a_head(), apart=a_head(2), served=True, reason=EndReason.LOST)
    freed = claimed.free(lost, after(5))
    assert (freed.session, freed.head, freed.apart, freed.lost) == (None, a_head(), a_head(2).bytes, True)
    assert (freed.tidy_due, freed.claim("s-2", "ws-1", NOW).epoch) == (after(5), 2)


def test_only_a_workspace_that_nobody_has_open_goes_back() -> None:
    workspace = Workspace(wid="w-1", owner="u-1", created=NOW, head=a_head(9))
    gone_back = workspace.go_back(a_head(3), after(5))
    assert (gone_back.head, gone_back.tidy_due) == (a_head(3), after(5))
    for busy in (workspace.claim("s-1", "ws-1", NOW), workspace.close(NOW)):
        with pytest.raises(IllegalTransition):
            busy.go_back(a_head(3), NOW)


def test_a_closed_workspace_is_never_claimed_again_and_is_erased_twice() -> None:
    closed = Workspace(wid="w-1", owner="u-1", created=NOW).close(NOW)
    with pytest.raises(IllegalTransition):
        closed.claim("s-1", "ws-1", NOW)
    assert closed.closed_at == closed.erase_due == NOW
    once = closed.begin_erasing(NOW).erased(NOW)
    assert once.erase_due == after(24 * 3600)
    assert once.erased(after(24 * 3600)).erase_due is None


def test_an_attempt_to_erase_sets_the_time_of_the_next_before_it_begins() -> None:
    workspace, now, pauses = Workspace(wid="w-1", owner="u-1", created=NOW).close(NOW), NOW, []
    for _ in range(7):
        begun = workspace.begin_erasing(now)
        assert begun.erase_due is not None
        with pytest.raises(IllegalTransition):
            begun.begin_erasing(after((begun.erase_due - NOW).total_seconds() - 1))
        pauses.append((begun.erase_due - now).total_seconds())
        workspace, now = begun, begun.erase_due
    assert pauses == [60, 300, 1800, 7200, 21600, 21600, 21600]
    got_on = workspace.erased_in_part(now)
    assert (got_on.erase_due, got_on.erase_attempts, got_on.erased_once) == (now, 0, False)
    assert (got_on.begin_erasing(now).erased(now).erase_attempts, workspace.erase_attempts) == (0, 7)


ACCOUNT = Account(
    uid="u-1", bid="b-1", wid="w-1", state=AccountState.ACTIVE, email="a@b", name="A", locale="en", created=NOW
)
ACCOUNT_MOVES = {
    "suspend": lambda account: account.suspend(),
    "resume": lambda account: account.resume(),
    "delete": lambda account: account.delete(NOW),
}
ACCOUNT_ALLOWED = {
    ("active", "suspend"): AccountState.SUSPENDED,
    ("active", "delete"): AccountState.DELETED,
    ("suspended", "resume"): AccountState.ACTIVE,
    ("suspended", "delete"): AccountState.DELETED,
}


@pytest.mark.parametrize(("state", "move"), list(product(AccountState, ACCOUNT_MOVES)))
def test_an_account_makes_only_the_moves_that_exist(state: AccountState, move: str) -> None:
    account = replace(ACCOUNT, state=state)
    if (state, move) in ACCOUNT_ALLOWED:
        assert ACCOUNT_MOVES[move](account).state == ACCOUNT_ALLOWED[state, move]
    else:
        with pytest.raises(IllegalTransition):
            ACCOUNT_MOVES[move](account)


def test_a_suspended_workspace_is_claimed_once_it_is_resumed() -> None:
    workspace = Workspace(wid="w-1", owner="u-1", created=NOW)
    with pytest.raises(IllegalTransition):
        workspace.suspend().claim("s-1", "ws-1", NOW)
    assert workspace.suspend().resume() == workspace


def test_an_account_remembers_so_many_ended_sign_ins_and_then_ends_all_that_are_older() -> None:
    account = Account(
        uid="u-1", bid="b-1", wid="w-1", state=AccountState.ACTIVE, email=None, name=None, locale=None, created=NOW
    )
    for number in range(MOST_ENDED):
        assert account.counts(NOW, after(number))
        account = account.end_sign_in(after(number))
        assert not account.counts(after(9999), after(number)), "nor does what is renewed from it"
        assert account.counts(NOW, after(-1)) == (number < MOST_ENDED - 1)
    account = account.end_sign_in(after(MOST_ENDED))
    assert len(account.ended_sign_ins) == MOST_ENDED
    assert not any(account.counts(NOW, after(number)) for number in range(MOST_ENDED + 1))
    assert (account.counts(NOW, after(MOST_ENDED + 1)), account.counts(NOW, None)) == (True, False)


def test_a_session_remembers_so_many_signed_out_browsers_and_then_ends_once() -> None:
    session = a_session()
    for number in range(MOST_SIGNED_OUT):
        session = session.sign_out([f"browser{number:09}"], NOW)
    assert session.state == SessionState.ACTIVE
    assert session.sign_out(["browser000000000"], NOW) is session
    ending = session.sign_out(["browser000000000", "one-more-browser"], NOW)
    assert (ending.state, ending.reason) == (SessionState.DRAINING, EndReason.SIGNED_OUT)
    assert ending.sign_out(["and-another-one-"], NOW) is ending
