"""Neither a document that can't be read, as one that was written by hand, nor a silent storage keeps others from their
turn."""

import importlib
import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.accounts.account import Account
from shared.gcp.store import anonymous, ledger, snapshots
from shared.gcp.store.accounts import close_account, ensure_account, read_workspace, to_erase, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import Commit, Unreadable, database, document
from shared.gcp.store.sessions import session_ref
from shared.gcp.store.slots import candidates, commit_slot, readable_slots, slot_ref
from shared.sessions.session import Session
from shared.slots.slot import SlotState
from tests.support.http_server import Handler, serving
from tests.support.records.factories import a_session, a_slot
from tests.support.stack.environment import environment
from tests.support.stack.gate import gate
from tests.support.standins.process import free_port

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=1)


@pytest.fixture(autouse=True)
def google(empty_database: None, tasks_standin: dict[str, str]) -> Iterator[None]:
    """With an Admin API that has no services, and takes every write."""

    class Admin(Handler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = json.dumps({"name": "operations/1"} if self.command == "POST" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

    with serving(Admin) as url, environment(tasks_standin | {"RUN_EMULATOR_HOST": url, "POOL_WARM": "1"}):
        yield


def an_account(uid: str) -> Account:
    return ensure_account(uid, email=None, name=None, now=LONG_AGO)


def a_claimed_slot(uid: str, name: str) -> Session:
    account = an_account(uid)
    commit_slot(None, a_slot(name))
    [slot] = [slot for slot in readable_slots()[0] if slot.record.name == name]
    billing, workspace = read_billing(account.bid).record, read_workspace(account.wid)
    return commit_claim(account, billing, workspace, slot, opening=60, issued=None, now=LONG_AGO)


def run_pool(*, audit: bool = True) -> Any:
    main = importlib.import_module("functions.pool.main")
    return inspect.unwrap(main.pool)("", main.PoolRequest(audit=audit), NOW)


def told(capsys: pytest.CaptureFixture[str]) -> set[str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {line["reason"].partition(":")[0] for line in lines if line["message"] == "record-unreadable"}


@pytest.mark.parametrize("audit", [True, False])
def test_the_pool_is_planned_beside_slots_and_sessions_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], audit: bool
) -> None:
    odd, sound = a_claimed_slot("u-1", "ws-odd"), a_claimed_slot("u-2", "ws-sound")
    session_ref(odd.sid).update({"epoch": "seven"})
    slot_ref(odd.slot).update({"settled": False})
    commit_slot(None, a_slot("ws-x", SlotState.WARM))
    slot_ref("ws-x").update({"state": "melted", "settled": False})
    done = run_pool(audit=audit)
    assert done.swept == 1, f"{sound.sid} is late, and is looked at"
    assert any(action.startswith("create") for action in done.actions), "what is missing is made"
    assert told(capsys) == {f"sessions/{odd.sid}", "slots/ws-x"}
    left = {slot.record.name: slot.record for slot in readable_slots()[0]}
    assert left["ws-odd"].state == SlotState.CLAIMED, "somebody may be working in it"
    assert not any("delete" in write for write in done.writes)


def test_an_erasure_that_cannot_be_read_is_left_out_of_the_sweep() -> None:
    accounts = [an_account(f"u-{number}") for number in (1, 2)]
    for account in accounts:
        close_account(account.uid, LONG_AGO)
    workspace_ref(accounts[0].wid).update({"epoch": "seven"})
    assert [workspace.wid for workspace in to_erase(NOW)] == [accounts[1].wid]
    assert run_pool().swept == 1


def test_the_pool_runs_as_ever_while_the_storage_is_silent_and_somebody_is_to_be_erased() -> None:
    account = an_account("u-1")
    close_account(account.uid, LONG_AGO)
    with gate(free_port()) as storage:
        storage.silence()
        with environment({"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{storage.port}"}):
            assert [run_pool().swept for _ in range(6)] == [1] * 6
    assert read_workspace(account.wid).record.erase_due is not None, "that is another function's work"


def test_meter_goes_on_behind_what_it_cannot_read() -> None:
    for number, odd in ((1, True), (2, False)):
        account = an_account(f"u-{number}")
        changed: dict[str, Any] = {"epoch": "seven"} if odd else {}
        workspace_ref(account.wid).update({"tidy_due": LONG_AGO + timedelta(seconds=number), **changed})
        changed = {"plan": 7} if odd else {}
        billing_ref(account.bid).update({"close_due": LONG_AGO + timedelta(seconds=number), **changed})
    document("sessions", "s-odd").set({"check_due": LONG_AGO})
    assert len(list(snapshots.to_tidy(NOW))) == 1
    assert len(list(ledger.to_close(NOW))) == 1
    assert list(ledger.unchecked(NOW)) == []
    assert len(list(database().collection("sessions").stream())) == 1


def test_everything_else_of_somebody_is_made_anonymous_beside_what_can_not_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anonymous, "SESSIONS", 2)
    sessions = [a_session(sid=f"s-{number}", wid="w-1") for number in range(6)]
    for session in sessions:
        Commit().create(session_ref(session.sid), session).run()
    for odd in sessions[:3]:  # more than one commit takes, and they come first
        session_ref(odd.sid).update({"epoch": "seven"})
    assert [anonymous.anonymise_sessions("u-1", "e-1"), anonymous.anonymise_sessions("u-1", "e-1")] == [2, 1]
    with pytest.raises(Unreadable):
        anonymous.anonymise_sessions("u-1", "e-1")  # so nobody takes it for done
    left = {session.id: (session.to_dict() or {})["uid"] for session in database().collection("sessions").stream()}
    assert left == {f"s-{number}": "u-1" if number < 3 else "e-1" for number in range(6)}


def test_a_slot_that_can_not_be_read_keeps_nobody_from_the_others() -> None:
    for name in ("ws-a", "ws-b"):
        commit_slot(None, a_slot(name, SlotState.WARM))
    slot_ref("ws-a").update({"changed": "melted"})
    assert [slot.record.name for slot in candidates("ws-a")] == ["ws-b"]
    assert [slot.record.name for slot in candidates("ws-c")] == ["ws-b"]


def test_a_slot_that_another_run_deletes_meanwhile_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address would be back, and no record would know it."""
    commit_slot(None, a_slot("ws-gone", SlotState.WARMING))
    main = importlib.import_module("functions.pool.main")
    observed = main.observe_slots

    def observe(*given: Any) -> Any:
        slot_ref("ws-gone").delete()
        return observed(*given)

    monkeypatch.setattr(main, "observe_slots", observe)
    assert not any("ws-gone" in write for write in run_pool(audit=False).writes)
