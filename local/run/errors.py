"""The errors of Google's APIs, in their JSON shape."""

from __future__ import annotations

from typing import Any

# status name -> HTTP status, gRPC code (google/rpc/code.proto)
CODES = {
    "INVALID_ARGUMENT": (400, 3),
    "NOT_FOUND": (404, 5),
    "ALREADY_EXISTS": (409, 6),
    "RESOURCE_EXHAUSTED": (429, 8),
    "FAILED_PRECONDITION": (400, 9),
    "ABORTED": (409, 10),
    "UNIMPLEMENTED": (501, 12),
    "INTERNAL": (500, 13),
}


class ApiError(Exception):
    """An answer that refuses, or the failed end of an operation. `status` is one of CODES."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.http_status, self.code = CODES[status]

    def body(self) -> dict[str, Any]:
        """The body of an HTTP answer."""
        return {"error": {"code": self.http_status, "message": self.message, "status": self.status}}

    def rpc_status(self) -> dict[str, Any]:
        """The `error` of a finished operation (google.rpc.Status)."""
        return {"code": self.code, "message": self.message}
