"""A proxy to Firestore that counts a function's reads and writes."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]  # its stubs come apart
from google.cloud.firestore_v1.types import BatchGetDocumentsRequest, CommitRequest, RunQueryResponse

from tests.support.stack.commit_proxy import Commits, proxying


class Calls(Commits):
    """Passes every call on, and counts the documents read and written, which Firestore charges for."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.read = 0
        self.written = 0

    def commit(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.written += len(CommitRequest.deserialize(request).writes)
        return super().commit(request, context)

    def stream(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        if method == "BatchGetDocuments":
            self.read += len(BatchGetDocumentsRequest.deserialize(request).documents)
        for answer in super().stream(method, request, context):
            if method == "RunQuery":
                self.read += "document" in RunQueryResponse.deserialize(answer)
            yield answer


@contextmanager
def counting(target: str) -> Iterator[tuple[Calls, str]]:
    """A counter in front of the Firestore at `target`, and the counter's address."""
    calls = Calls(target)
    with proxying(calls) as port:
        yield calls, f"127.0.0.1:{port}"
