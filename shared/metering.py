"""What a heartbeat charges."""

from datetime import datetime


def charge(*, seen: datetime, was_connected: bool, connected: bool, lease: float, now: datetime) -> float:
    """Seconds to charge for the time since the last accepted heartbeat.

    Only time between two heartbeats that both said *connected* counts. A gap longer than the lease charges nothing:
    for a part of it the container was not allowed to serve, and how long is not ours to guess.
    """
    elapsed = max(0.0, (now - seen).total_seconds())
    if not (was_connected and connected) or elapsed > lease:
        return 0.0
    return elapsed
