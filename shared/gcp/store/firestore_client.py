"""The Firestore client, whose gRPC channel connects again soon after an outage.

The SDK has no setting for the channel's options. So two of its own methods, which choose the channel, are overridden
here; tests/failures/test_reconnecting.py fails if a later version of the SDK no longer calls them.
"""

from typing import Any

import grpc  # type: ignore[import-untyped]  # its stubs come apart
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import client as firestore_service
from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport

from shared.gcp.store.write_batch import WriteBatch

RECONNECT_MS = 1000
"""Milliseconds between two attempts to connect. By default gRPC makes the time between attempts longer up to 120 s, and
fails every call in between: a function would fail for 2 min after an outage is over."""
BACKOFF = [(f"grpc.{which}_reconnect_backoff_ms", RECONNECT_MS) for which in ("initial", "min", "max")]
ANY_SIZE = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class _Transport(FirestoreGrpcTransport):
    @classmethod
    def create_channel(cls, *args: Any, options: Any = (), **kwargs: Any) -> Any:
        return super().create_channel(*args, options=[*options, *BACKOFF], **kwargs)


class Client(firestore.Client):
    """A Firestore client that waits no longer than RECONNECT_MS between two attempts to connect."""

    def batch(self) -> WriteBatch:
        return WriteBatch(self)

    @property
    def _firestore_api(self) -> Any:
        return self._firestore_api_helper(_Transport, firestore_service.FirestoreClient, firestore_service)

    def _emulator_channel(self, _transport: Any) -> Any:
        return grpc.insecure_channel(self._emulator_host, options=[*ANY_SIZE, *BACKOFF])
