"""Allocation: which slot a member gets, or why none."""

import random
from collections.abc import Sequence

from shared.accounts.account import Account, AccountState, account_closed, account_suspended
from shared.sessions.workspace import Workspace
from shared.slots.slot import Slot, SlotState


def check_may_open(account: Account) -> None:
    """Raises Refused if the account may open no session."""
    account.check_not_closed()
    if account.state == AccountState.SUSPENDED:
        raise account_suspended()


def check_may_download(account: Account) -> None:
    """Raises Refused if the account may not even download saved files."""
    if not account.may_download:
        check_may_open(account)


def check_may_be_opened(workspace: Workspace) -> None:
    """Raises Refused if the account was closed or suspended after it was read. The workspace carries both marks too."""
    if workspace.closed:
        raise account_closed()
    if workspace.suspended:
        raise account_suspended()


def order_slots(slots: Sequence[Slot], *, last_slot: str | None, seed: int) -> list[Slot]:
    """The claimable slots, best first: the member's last slot if it is warm, other warm slots, cold slots.

    Within a rank the order is random, so that concurrent requests do not all choose the same slot.
    """

    def rank(slot: Slot) -> int:
        if slot.state == SlotState.WARM:
            return 0 if slot.name == last_slot else 1
        return 2

    claimable = [slot for slot in slots if slot.url and slot.state in (SlotState.WARM, SlotState.COLD)]
    random.Random(seed).shuffle(claimable)  # noqa: S311  # load is spread, nothing is kept secret
    return sorted(claimable, key=rank)
