"""What a heartbeat charges, and the ledger's lines."""

from datetime import datetime

from msgspec import Struct


class LedgerLine(Struct, frozen=True, kw_only=True):
    """`billing/{bid}/lines/{sid-n}`: append-only. Line 0 is written when the session ends."""

    sid: str
    wid: str
    seconds: float
    since: datetime
    until: datetime


def charge(*, seen: datetime, was_connected: bool, connected: bool, lease: float, now: datetime) -> float:
    """Seconds to charge for the time since the last accepted heartbeat.

    Only time between two heartbeats that both said *connected* counts. A gap longer than the lease charges nothing:
    for a part of it the container was not allowed to serve, and how long is not ours to guess.
    """
    elapsed = max(0.0, (now - seen).total_seconds())
    if not (was_connected and connected) or elapsed > lease:
        return 0.0
    return elapsed
