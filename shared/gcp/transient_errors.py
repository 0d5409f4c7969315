"""Transient errors of Google's APIs, as Ondol's problems."""

import requests
from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.errors import TryAgain

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.BadGateway,
    exceptions.GatewayTimeout,
    exceptions.TooManyRequests,
    exceptions.InternalServerError,
    exceptions.RetryError,
    exceptions.Aborted,
    TransportError,
    ConnectionError,
    requests.ConnectionError,
    requests.Timeout,
)
"""Errors that a later attempt may not meet. Clients over REST pass on errors of `requests`."""


def as_problem(fault: Exception) -> TryAgain | None:
    """The problem for a transient error; None for any other error."""
    if isinstance(fault, TRANSIENT):
        return TryAgain(
            "unavailable", "A part of Ondol can't be reached. Nothing is lost. Try again in a moment.", retry_after=3
        )
    return None
