"""The errors of Google's APIs, in their JSON shape: what the stand-ins of Google's services refuse with."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

CODES = {
    "INVALID_ARGUMENT": (400, 3),
    "NOT_FOUND": (404, 5),
    "ALREADY_EXISTS": (409, 6),
    "PERMISSION_DENIED": (403, 7),
    "RESOURCE_EXHAUSTED": (429, 8),
    "FAILED_PRECONDITION": (400, 9),
    "ABORTED": (409, 10),
    "UNIMPLEMENTED": (501, 12),
    "INTERNAL": (500, 13),
    "UNAVAILABLE": (503, 14),
}
"""By status name: the HTTP status and the gRPC code (google/rpc/code.proto)."""


class ApiError(Exception):
    """An answer that refuses, or the failed end of an operation. `status` is one of CODES. `details` are messages such
    as google.rpc.ErrorInfo, each with its `@type`."""

    def __init__(self, status: str, message: str, details: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = list(details)
        self.http_status, self.code = CODES[status]

    def json(self) -> dict[str, Any]:
        """The body of the answer."""
        error = {"code": self.http_status, "message": self.message, "status": self.status}
        return {"error": {**error, "details": self.details} if self.details else error}

    def response(self) -> web.Response:
        return web.json_response(self.json(), status=self.http_status)

    def rpc_status(self) -> dict[str, Any]:
        """The `error` of a finished operation (google.rpc.Status)."""
        return {"code": self.code, "message": self.message}


def not_offered(request: web.Request) -> ApiError:
    """What a stand-in says of a method of Google's that it has not."""
    return ApiError("UNIMPLEMENTED", f"This stand-in has no {request.method} {request.path}.")
