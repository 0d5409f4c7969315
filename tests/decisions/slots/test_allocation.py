"""Which slot a member gets."""

import pytest

from shared.accounts.account import Account, AccountState
from shared.errors import Refused
from shared.record import IllegalTransition
from shared.sessions.workspace import Workspace
from shared.slots.allocation import check_may_be_opened, check_may_open, order_slots
from shared.slots.slot import SlotState
from tests.support.records.factories import NOW, a_slot


def test_the_last_slot_first_if_it_is_warm_then_the_warm_then_the_cold() -> None:
    slots = [a_slot("cold", SlotState.COLD), a_slot("warm"), a_slot("last")]
    assert [slot.name for slot in order_slots(slots, last_slot="last", seed=1)] == ["last", "warm", "cold"]
    was_cold = [a_slot("last", SlotState.COLD), a_slot("warm")]
    assert [slot.name for slot in order_slots(was_cold, last_slot="last", seed=1)] == ["warm", "last"]


def test_only_slots_that_can_be_claimed_are_chosen() -> None:
    taken = [a_slot(state, SlotState(state)) for state in ("warming", "claimed", "recycling")]
    assert order_slots([*taken, a_slot("nowhere", url=None)], last_slot=None, seed=1) == []


def test_the_seed_decides_so_that_a_crowd_spreads() -> None:
    slots = [a_slot(f"ws-{n}") for n in range(8)]
    first = {order_slots(slots, last_slot=None, seed=seed)[0].name for seed in range(100)}
    assert len(first) == 8
    assert order_slots(slots, last_slot=None, seed=3) == order_slots(slots, last_slot=None, seed=3)


@pytest.mark.parametrize(
    ("state", "problem"), [(AccountState.SUSPENDED, "account-suspended"), (AccountState.DELETED, "account-closed")]
)
def test_a_closed_account_opens_nothing(state: AccountState, problem: str) -> None:
    account = Account(
        uid="u", bid="b", wid="w", state=state, email=None, name=None, locale="en", created=NOW, deleted=None
    )
    with pytest.raises(Refused) as refusal:
        check_may_open(account)
    assert refusal.value.name == problem


@pytest.mark.parametrize(
    ("mark", "problem"), [("suspended", "account-suspended"), ("closed", "account-closed"), (None, None)]
)
def test_a_workspace_says_what_became_of_its_account(mark: str | None, problem: str | None) -> None:
    workspace = Workspace(wid="w-1", owner="u-1", created=NOW, **({mark: True} if mark else {}))  # type: ignore[arg-type]
    if problem is None:
        check_may_be_opened(workspace)
        return
    with pytest.raises(Refused) as refusal:
        check_may_be_opened(workspace)
    assert refusal.value.name == problem
    with pytest.raises(IllegalTransition):
        workspace.claim("s-1", "ws-1", NOW)
