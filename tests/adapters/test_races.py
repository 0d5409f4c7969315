"""Many who change the same record at once: each change is made, and none is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from msgspec.structs import replace

from shared.gcp.store.accounts import amend_workspace, ensure_account, read_workspace
from shared.sessions.workspace import Workspace

AT_ONCE = 12
NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)


def one_more(workspace: Workspace) -> Workspace:
    return replace(workspace, epoch=workspace.epoch + 1)


def test_all_who_change_a_record_at_once_get_through(empty_database: None) -> None:
    wid = ensure_account("u-1", email=None, name=None, now=NOW).wid
    before = read_workspace(wid).record.epoch
    with ThreadPoolExecutor(AT_ONCE) as threads:
        after = list(threads.map(lambda _: amend_workspace(wid, one_more).epoch, range(AT_ONCE)))
    assert sorted(after) == list(range(before + 1, before + 1 + AT_ONCE))
