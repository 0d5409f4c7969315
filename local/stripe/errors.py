"""Stripe's errors, in their JSON shape (https://docs.stripe.com/api/errors)."""

from typing import Any

from aiohttp import web


class StripeError(Exception):
    """An answer that refuses. `kept` is True where the request had an effect all the same: a declined payment counts as
    an attempt."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
        decline: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        fields = {"type": kind, "message": message, "code": code, "param": param, "decline_code": decline}
        self.body: dict[str, Any] = {"error": {name: value for name, value in fields.items() if value is not None}}

    def response(self) -> web.Response:
        # what is not played will not be played the next time either
        headers = {"Stripe-Should-Retry": "false"} if self.status == 501 else {}
        return web.json_response(self.body, status=self.status, headers=headers)


def missing(kind: str, name: str, param: str = "id") -> StripeError:
    return StripeError(f"No such {kind}: '{name}'", status=404, code="resource_missing", param=param)


def unknown_reference(kind: str, name: str, param: str) -> StripeError:
    """A parameter names something that does not exist."""
    return StripeError(f"No such {kind}: '{name}'", code="resource_missing", param=param)


def declined(message: str, code: str = "card_declined", decline: str | None = "generic_decline") -> StripeError:
    return StripeError(message, status=402, kind="card_error", code=code, decline=decline)


def not_played(what: str) -> StripeError:
    """Stripe has it, and this stand-in has not."""
    return StripeError(f"This stand-in of Stripe does not play {what}.", status=501, kind="api_error")
