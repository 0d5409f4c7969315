"""Google's errors in Ondol's words."""

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
"""What a later attempt may survive. Clients that speak REST let through what `requests` raises."""


def as_problem(fault: Exception) -> TryAgain | None:
    """The answer to a fault of Google's that may pass; None for anything else."""
    if isinstance(fault, TRANSIENT):
        return TryAgain(
            "unavailable", "A part of Ondol can't be reached. Nothing is lost. Try again in a moment.", retry_after=3
        )
    return None
