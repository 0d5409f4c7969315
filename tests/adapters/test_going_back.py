"""Going back, claiming and thinning race for one workspace: whoever is second finds out."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.accounts.account import Account
from shared.gcp.store.accounts import ensure_account, read_workspace, snapshot_ref, workspace_ref
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import Commit, LostRace
from shared.gcp.store.slots import all_slots, commit_slot
from shared.gcp.store.snapshots import all_snapshots, commit_tidied, forget_thinned, go_back, read_snapshot, to_tidy
from shared.record import Versioned
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Snapshot
from tests.support.records.factories import a_head, a_slot

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime.now(UTC)
HEADS = [a_head(number, NOW + timedelta(seconds=number)) for number in range(3)]


@pytest.fixture
def account(empty_database: None) -> Account:
    """Somebody whose workspace has three snapshots, and the newest for its head."""
    account = ensure_account("u-1", email=None, name=None, now=NOW)
    for head in HEADS:
        Commit().create(snapshot_ref(account.wid, head.snapshot), Snapshot(sid="s", head=head)).run()
    workspace = read_workspace(account.wid)
    Commit().change(workspace_ref(account.wid), workspace, workspace.record.go_back(HEADS[2], NOW)).run()
    return account


def snapshot(account: Account, number: int) -> Versioned[Snapshot]:
    found = read_snapshot(account.wid, HEADS[number].snapshot)
    assert found is not None
    return found


def claim(account: Account, workspace: Versioned[Workspace]) -> None:
    commit_slot(None, a_slot())
    commit_claim(account, read_billing(account.bid).record, workspace, all_slots()[0], opening=60, issued=None, now=NOW)


def test_going_back_moves_the_head_and_keeps_what_was_there(account: Account) -> None:
    assert go_back(read_workspace(account.wid), snapshot(account, 0), NOW) == HEADS[0]
    workspace = read_workspace(account.wid).record
    assert (workspace.head, workspace.tidy_due) == (HEADS[0], NOW)
    assert [each.head for each in all_snapshots(account.wid)] == HEADS[::-1]


def test_nobody_goes_back_below_a_session_that_was_opened_meanwhile(account: Account) -> None:
    workspace, older = read_workspace(account.wid), snapshot(account, 0)
    claim(account, read_workspace(account.wid))
    with pytest.raises(LostRace):
        go_back(workspace, older, NOW)
    assert read_workspace(account.wid).record.head == HEADS[2]


def test_a_session_opened_from_what_was_read_before_is_refused(account: Account) -> None:
    before = read_workspace(account.wid)
    go_back(before, snapshot(account, 0), NOW + timedelta(seconds=1))
    with pytest.raises(LostRace):
        claim(account, before)


def test_what_is_being_gone_back_to_is_not_thinned_and_what_is_thinned_is_gone(account: Account) -> None:
    workspace, older = read_workspace(account.wid), snapshot(account, 0)
    composed = Snapshot(sid=None, head=a_head(9, NOW), returned="p")
    go_back(workspace, older, NOW + timedelta(seconds=1), composed)
    with pytest.raises(LostRace):
        forget_thinned(workspace, [older.record], NOW)
    workspace, older = read_workspace(account.wid), snapshot(account, 1)
    forget_thinned(workspace, [older.record], NOW + timedelta(seconds=2))
    with pytest.raises(LostRace):
        go_back(workspace, older, NOW)
    with pytest.raises(LostRace):
        go_back(read_workspace(account.wid), older, NOW)
    assert read_workspace(account.wid).record.head == composed.head


def test_two_who_go_back_from_the_same_state_do_not_both(account: Account) -> None:
    workspace = read_workspace(account.wid)
    go_back(workspace, snapshot(account, 0), NOW + timedelta(seconds=1))
    with pytest.raises(LostRace):
        go_back(workspace, snapshot(account, 1), NOW + timedelta(seconds=2))


def test_a_workspace_is_due_until_it_is_tidied(account: Account) -> None:
    assert not list(to_tidy(NOW - timedelta(seconds=1)))
    [due] = to_tidy(NOW)
    commit_tidied(due, NOW + timedelta(days=1))
    assert not list(to_tidy(NOW))
    [later] = to_tidy(NOW + timedelta(days=1))
    commit_tidied(later, None)
    assert not list(to_tidy(NOW + timedelta(days=9)))
    with pytest.raises(LostRace):
        commit_tidied(later, NOW)
