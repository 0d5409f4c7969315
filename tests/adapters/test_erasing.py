"""Erasing what a closed workspace has left: step by step, later each time that it fails, and no workspace's trouble is
another's."""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from firebase_admin import auth
from google.cloud import tasks_v2

from functions.erase import main
from shared.accounts.account import Account
from shared.errors import TryAgain
from shared.flows import erasing
from shared.gcp import buckets, emulators
from shared.gcp.identity import firebase_app, person
from shared.gcp.store.accounts import (
    close_account,
    ensure_account,
    find_account,
    find_workspace,
    read_workspace,
    to_erase,
    workspace_ref,
)
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import end_session, read_session
from shared.gcp.store.slots import all_slots, commit_slot
from shared.sessions.session import EndReason, SessionState
from shared.sessions.workspace import SESSION_SECONDS, Workspace
from shared.snapshots.checkpoint import Snapshot
from tests.adapters.people import sign_up
from tests.support.records.factories import BOOT, a_head, a_slot
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.gate import gate

NOW = datetime.now(UTC).replace(microsecond=0)
"""Tasks are asked for by the time that is now."""


@pytest.fixture(autouse=True)
def google(
    empty_database: None,
    storage_emulator: dict[str, str],
    tasks_standin: dict[str, str],
    auth_emulator: dict[str, str],
) -> Iterator[dict[str, str]]:
    with environment(storage_emulator | tasks_standin | auth_emulator):
        auth.delete_users([user.uid for user in auth.list_users(app=firebase_app()).users], app=firebase_app())
        yield storage_emulator


def a_closed_workspace(uid: str = "u-1", objects: int = 3, snapshots: int = 2, closed: datetime = NOW) -> Account:
    account = ensure_account(uid, email=None, name=None, now=NOW)
    for number in range(objects):
        buckets.create(f"workspaces/{account.wid}/1-x/{number}", b"x")
    for number in range(snapshots):
        reference = workspace_ref(account.wid).collection("snapshots").document(f"1-{BOOT}-{number}")
        Commit().create(reference, Snapshot(sid="s", head=a_head())).run()
    close_account(uid, closed)
    return account


def erase(account: Account, now: datetime = NOW) -> str:
    done: main.EraseAnswer = inspect.unwrap(main.erase)("", main.Erase(account.wid), now)
    return done.outcome


def left(account: Account) -> tuple[int, int]:
    """Objects and snapshots."""
    objects = buckets.list_objects(f"workspaces/{account.wid}/")
    return len(objects), len(list(workspace_ref(account.wid).collection("snapshots").stream()))


def record(account: Account) -> Workspace:
    found = find_workspace(account.wid)
    assert found
    return found


def asked_for(account: Account) -> list[datetime]:
    """When `erase` is to look at it, by the tasks that are waiting."""
    with tasks_v2.CloudTasksClient(**emulators.rest_client("TASKS_EMULATOR_HOST")) as client:
        queue = client.queue_path(SETTINGS["GOOGLE_CLOUD_PROJECT"], SETTINGS["REGION"], "erase")
        return [task.schedule_time for task in client.list_tasks(parent=queue) if account.wid in task.name]


@contextmanager
def silent_storage(google: dict[str, str]) -> Iterator[None]:
    port = urlsplit(google["STORAGE_EMULATOR_HOST"]).port
    assert port
    with gate(port) as before:
        before.silence()
        with environment({"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{before.port}"}):
            yield


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_closed_workspace_is_erased_at_once_and_again_a_day_later() -> None:
    account = a_closed_workspace()
    assert [workspace.wid for workspace in to_erase(NOW)] == [account.wid]
    assert erase(account) == "erased"
    assert left(account) == (0, 0)
    again = NOW + timedelta(days=1)
    assert (record(account).erase_due, to_erase(NOW)) == (again, [])
    assert abs(asked_for(account)[0] - again) < timedelta(seconds=1), "the second time has its task too"
    buckets.create(f"workspaces/{account.wid}/1-x/late", b"what a container still wrote")
    assert (erase(account), left(account)) == ("not due yet", (1, 0))
    assert (erase(account, again), left(account)) == ("forgotten", (0, 0))
    assert (find_workspace(account.wid), find_account("u-1")) == (None, None)
    assert erase(account, again) == "nothing to erase"


def test_the_tombstone_stays_until_the_sign_in_is_deleted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up("u-1")
    now = NOW + timedelta(days=1)  # later than the sign-up, however late that is
    account = a_closed_workspace("u-1", closed=now)
    with monkeypatch.context() as silent:
        silent.setattr(erasing, "delete_person", Mock(side_effect=TryAgain("unavailable", "Firebase Auth is silent.")))
        assert (erase(account, now), left(account)) == ("failed", (0, 0)), "all else is erased"
        assert erase(account, now + timedelta(days=2)) == "failed"
    assert find_account("u-1") and person("u-1")
    assert erase(account, now + timedelta(days=4)) == "erased"
    assert person("u-1") is None
    assert erase(account, now + timedelta(days=6)) == "forgotten"
    assert find_account("u-1") is None


def test_somebody_new_with_the_uid_of_who_is_erased_keeps_their_sign_in() -> None:
    account = a_closed_workspace("u-1", closed=NOW - timedelta(days=2))
    sign_up("u-1")
    assert (erase(account), erase(account, NOW + timedelta(days=1))) == ("erased", "forgotten")
    assert person("u-1")


def test_thousands_of_objects_are_erased_over_several_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "PIECE", 100)
    monkeypatch.setattr(erasing, "STEP_THINGS", 200)
    account = a_closed_workspace(objects=600)
    steps = []
    while record(account).erase_due == NOW:
        steps.append((erase(account), left(account)[0]))
    assert steps == [("erased in part", 400), ("erased in part", 200), ("erased in part", 0), ("erased", 0)]


def test_a_step_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "PIECE", 1)
    monkeypatch.setattr(erasing, "STEP_SECONDS", 0)
    account = a_closed_workspace()
    assert (erase(account), left(account)) == ("erased in part", (2, 1)), "each part gets on"


def test_an_erasure_that_fails_is_told_with_its_age_and_harms_no_other(
    google: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, other = a_closed_workspace("u-1"), a_closed_workspace("u-2")
    now = NOW + timedelta(hours=1)
    monkeypatch.setitem(buckets.CALL, "timeout", 0.2)
    monkeypatch.setitem(buckets.CALL, "retry", buckets.CALL["retry"].with_timeout(0.3))
    with silent_storage(google):
        assert erase(failing, now) == "failed"
    assert left(failing) == (3, 0), "what can be erased is"
    [told] = [line for line in lines(capsys) if line["message"] == "erase-failed"]
    assert (told["severity"], told["workspace"]) == ("ERROR", failing.wid)
    assert (told["attempts"], told["age_seconds"]) == (1, 3600)
    assert record(failing).erase_due == now + timedelta(minutes=1)
    assert [workspace.wid for workspace in to_erase(now)] == [other.wid], "it does not stand before the others"
    assert (erase(other, now), left(other)) == ("erased", (0, 0))
    later = now + timedelta(minutes=1)
    assert (erase(failing, later), left(failing)) == ("erased", (0, 0))


def test_two_deliveries_at_once_make_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    account, second = a_closed_workspace(), list[str]()

    def meanwhile(workspace: Workspace) -> int:
        second.append(erase(account))
        return 0

    monkeypatch.setattr(erasing, "PARTS", (meanwhile, *erasing.PARTS))
    assert (erase(account), second) == ("erased", ["not due yet"])


def test_what_an_open_session_may_still_write_is_waited_for() -> None:
    account = ensure_account("u-1", email=None, name=None, now=NOW)
    commit_slot(None, a_slot("ws-1"))
    [slot], billing = all_slots(), read_billing(account.bid).record
    session = commit_claim(account, billing, read_workspace(account.wid), slot, opening=60, issued=None, now=NOW).sid
    close_account("u-1", NOW)
    assert erase(account) == "a session is open"
    draining = read_session(session)
    assert draining
    assert (draining.record.state, draining.record.reason) == (SessionState.DRAINING, EndReason.DELETED)
    assert record(account).erase_due == NOW + timedelta(seconds=SESSION_SECONDS)
    assert asked_for(account)
    end_session(session, NOW)
    assert erase(account, NOW + timedelta(seconds=SESSION_SECONDS)) == "erased"
