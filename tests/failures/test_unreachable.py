"""Every call to a part of Google's that is gone, or says nothing: it ends soon, and as something to try again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from shared.errors import TryAgain
from shared.gcp import buckets, exports, identity, tasks, transient_errors
from shared.gcp.emulators import VARIABLES
from shared.gcp.engines import cloud_run
from shared.gcp.engines.cloud_run import NAME, CloudRun
from shared.gcp.store import accounts, database, sessions, slots, snapshots
from shared.policies import slot_shape
from shared.slots.engine import Verb, Write, WriteRefused
from shared.snapshots.checkpoint import Checkpoint
from tests.support.records.factories import WRITER, a_slot
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.gate import Gate, gate
from tests.support.standins.process import free_port

NOW = datetime.now(UTC)
CHECKPOINT = Checkpoint(seq=1, manifest=WRITER.manifest_name(1), sha256="00", bytes=1, files=1)

CALLS: dict[str, Callable[[], object]] = {
    "a record read": lambda: sessions.read_session("s-1"),
    "records found": slots.all_slots,
    "records read together": lambda: sessions.read_sessions(["s-1", "s-2"]),
    "a commit": lambda: slots.commit_slot(None, a_slot()),
    "unguarded deletes": lambda: database.delete_all([accounts.account_ref("u-1")]),
    "a checkpoint verified": lambda: buckets.verify_checkpoint(CHECKPOINT, WRITER),
    "a history read": lambda: snapshots.all_snapshots("w-1"),
    "objects listed": lambda: buckets.list_objects("workspaces/w-1/"),
    "objects deleted": lambda: buckets.delete(["workspaces/w-1/x"]),
    "an export looked for": lambda: exports.find("w-1", "1-x-1", NOW),
    "an export there": lambda: exports.exists("w-1", "1-x-1"),
    "an export asked for": lambda: tasks.export_home("w-1", "1-x-1", NOW),
    "objects erased": lambda: buckets.erase_objects("w-1", 10),
    "documents erased": lambda: accounts.erase_documents("w-1", 10),
    "an erasure asked for": lambda: tasks.erase_workspace("w-1", NOW),
    "services listed": lambda: CloudRun("key", slot_shape()).list(),
    "a service created": lambda: CloudRun("key", slot_shape()).apply(Write(Verb.CREATE, "ws-1", a_slot(), NAME)),
    "a service replaced": lambda: CloudRun("key", slot_shape()).apply(Write(Verb.REPLACE, "ws-1", a_slot(), NAME)),
    "a service deleted": lambda: CloudRun("key", slot_shape()).apply(Write(Verb.DELETE, "ws-1", None, NAME)),
    "a task": tasks.run_pool,
    "a person looked up": lambda: identity.person("u-1"),
}


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A gate that every emulator is said to be behind, with less patience than in the cloud."""
    with gate(free_port()) as nobody:
        address = f"127.0.0.1:{nobody.port}"
        rest = dict.fromkeys(VARIABLES, f"http://{address}")
        grpc = {"FIRESTORE_EMULATOR_HOST": address, "FIREBASE_AUTH_EMULATOR_HOST": address}
        monkeypatch.setattr(database, "PATIENCE_SECONDS", 2)
        for call in (database.CALL, buckets.CALL):
            monkeypatch.setitem(call, "timeout", 1)
            monkeypatch.setitem(call, "retry", call["retry"].with_timeout(2))
        for module in (cloud_run, tasks, identity):
            monkeypatch.setattr(module, "CALL_SECONDS", 1)
        with environment(SETTINGS | rest | grpc):
            yield nobody


@pytest.mark.parametrize("way", ["shut", "silence"])
def test_what_cannot_be_reached_is_told_as_something_to_try_again(nobody: Gate, way: str) -> None:
    getattr(nobody, way)()
    with ThreadPoolExecutor(len(CALLS)) as pool:
        answers = {name: pool.submit(call) for name, call in CALLS.items()}
    for name, answer in answers.items():
        fault = answer.exception()
        assert isinstance(fault, Exception), name
        is_told = isinstance(fault, TryAgain | WriteRefused) or transient_errors.as_problem(fault) is not None
        assert is_told, f"{name}: {fault!r}"
