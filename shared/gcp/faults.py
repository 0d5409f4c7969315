"""Google's errors in Ondol's words."""

from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.errors import TryAgain

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.GatewayTimeout,
    exceptions.TooManyRequests,
    exceptions.InternalServerError,
    exceptions.RetryError,
    exceptions.Aborted,
    TransportError,
    ConnectionError,
)
"""What a later attempt may survive. ConnectionError is what `requests`, under the storage client, raises."""


def as_problem(fault: Exception) -> TryAgain | None:
    """The answer to a fault of Google's that may pass; None for anything else."""
    if isinstance(fault, TRANSIENT):
        return TryAgain(
            "unavailable", "Ondol's database or storage can't be reached. Try again in a moment.", retry_after=3
        )
    return None
