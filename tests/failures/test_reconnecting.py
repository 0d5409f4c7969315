"""After a long outage a function reaches Firestore again at once, and not when gRPC's own back-off ends."""

import time
from contextlib import suppress
from typing import Any

import grpc  # type: ignore[import-untyped]  # its stubs come apart
import pytest
from google.auth.credentials import AnonymousCredentials

from shared.gcp import transient_errors
from shared.gcp.store import database
from shared.gcp.store.firestore_client import BACKOFF, Client
from shared.gcp.store.sessions import read_session
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.gate import gate

OUTAGE_SECONDS = 18.0
"""By default gRPC connects again after 1, 1.6, 2.6, 4.1 and 6.6 s, each with a jitter of a fifth, and then waits for
10 s more; after minutes it waits for 2 min."""
PATIENCE_SECONDS = 4.0


def test_firestore_is_reached_by_the_first_call_after_an_outage(
    firestore_emulator: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(firestore_emulator["FIRESTORE_EMULATOR_HOST"].rpartition(":")[2])
    with gate(port) as way, environment(SETTINGS | {"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{way.port}"}):
        assert read_session("s-1") is None, "however long the emulator takes to warm up"
        monkeypatch.setitem(database.CALL, "retry", database.CALL["retry"].with_timeout(PATIENCE_SECONDS))
        way.shut()
        ends = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < ends:
            with pytest.raises(Exception) as fault:  # the next line says which
                read_session("s-1")
            assert transient_errors.as_problem(fault.value) is not None
        way.open()
        assert read_session("s-1") is None


def test_the_channel_to_the_cloud_has_the_same_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[dict[str, Any]]()

    def create_channel(_host: str, **arguments: Any) -> Any:
        made.append(arguments)
        return grpc.insecure_channel("127.0.0.1:1")

    monkeypatch.setattr("google.api_core.grpc_helpers.create_channel", create_channel)
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    client = Client(project="p", credentials=AnonymousCredentials())
    with suppress(Exception):  # nobody listens: only the channel is of interest
        client.document("sessions/s-1").get(retry=None, timeout=1)
    assert len(made) == 1
    assert {name: value for name, value in made[0]["options"] if "backoff" in name} == dict(BACKOFF)
    assert ("grpc.keepalive_time_ms", 30000) in made[0]["options"], "with the SDK's own options"
