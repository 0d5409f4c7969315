"""The time for all decisions: this machine's clock, compared with Firestore's.

Time that was charged up to some moment is never charged again. So an instance whose clock is hours ahead would leave
the next hours uncharged, and one whose clock is behind would end sessions too late.
"""

from datetime import datetime, timedelta

from shared import machine

AHEAD_SECONDS = 20.0
"""This machine's clock is ahead if Firestore's time of a read is earlier by more than this. No read takes so long, its
retries included."""
BEHIND_SECONDS = 5.0
"""This machine's clock is behind if Firestore's time of a read is later by more than this. Correct clocks differ
less."""


class Corrected(BaseException):
    """This machine's clock is wrong: the work that used it must begin again. Not an Exception, so that code which goes
    on after a failed step does not go on with a wrong time."""


_offset = timedelta(0)


def now() -> datetime:
    return machine.now() + _offset


def is_corrected() -> bool:
    """Whether this machine's clock was found to be wrong."""
    return _offset != timedelta(0)


def forget() -> None:
    """Forgets what was learned of this machine's clock, as in a new process."""
    global _offset
    _offset = timedelta(0)


def learn(read_at: datetime) -> None:
    """Compares the clock with Firestore's time of a read that has just ended. Raises Corrected."""
    global _offset
    ahead = (now() - read_at).total_seconds()
    if not -BEHIND_SECONDS <= ahead <= AHEAD_SECONDS:
        _offset = read_at - machine.now()
        raise Corrected(f"the clock was {ahead:+.0f} s off")
