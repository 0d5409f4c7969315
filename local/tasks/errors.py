"""Refusals, in the shape of Google's APIs."""

from aiohttp import web

_CODES = {
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "UNIMPLEMENTED": 501,
}


class Refusal(Exception):
    """A request that is refused with one of Google's status names, such as NOT_FOUND."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.code = _CODES[status]
        self.status = status

    def response(self) -> web.Response:
        error = {"code": self.code, "message": str(self), "status": self.status}
        return web.json_response({"error": error}, status=self.code)
