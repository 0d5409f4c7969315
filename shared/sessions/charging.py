"""What a session used between two heartbeats, by what they say and what nobody can know, and who pays for it."""

from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from shared.billing.account import Billing
from shared.billing.metering import Charged, Interval, charge, chargeable, interval_of
from shared.billing.time_allowance import forgive, left_in, pay, period_of
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session, SessionState

FORGOTTEN_SECONDS = 3600.0
"""What is not heard of for so long is not charged any more: its period may be closed. Every session whose container is
silent is ended sooner, as long as tasks or the sweep run."""
LATE_SECONDS = 5.0
"""How long after its news a heartbeat may be accepted and still count as having come at once."""


class Use(Struct, frozen=True):
    """What a session used since it was heard of last. `certain` is charged; `possible`, which follows it, may have been
    used, and is charged where no more is forgiven."""

    certain: Interval | None = None
    possible: Interval | None = None


def charge_use(session: Session, used: Use, billing: Billing, now: datetime) -> tuple[Charged, Billing]:
    """What becomes of the session's meter, and of who pays."""
    time, possible = used.certain, used.possible
    if possible:
        forgiving = forgive(billing, period_of(billing, possible.since).id, possible.ms)
        if forgiving is None:
            time = Interval(time.since if time else possible.since, possible.until)
        billing = forgiving or billing
    charged = charge(
        session.meter,
        time,
        spender=session.spender,
        plan=billing.plan,
        background=session.hold is not None,
        period_at=partial(period_of, billing),
        left=partial(left_in, billing),
        now=now,
    )
    return charged, pay(billing, charged.added)


def use_until(session: Session, policy: ReclaimPolicy, now: datetime, *, connected: bool) -> Use:
    """Time in which a browser was there, or in which a request was held open for a job.

    A container tells at once that the last browser has left: the time until then was theirs. Later than a heartbeat
    takes to come, it was frozen meanwhile, and nobody knows since when they are gone.

    The last stretch ends where the session's end began, and is charged by the first heartbeat after that: else whoever
    stops before each heartbeat would be charged nothing.
    """
    until = min(now, session.draining or now)
    time = chargeable(session.seen, until, policy.lease) if session.served else None
    if session.hold:
        return Use(time and time.within(session.hold.since, session.hold.until))
    told_at_once = until - session.seen <= timedelta(seconds=policy.interval + LATE_SECONDS)
    if time and session.connected and (connected or told_at_once):
        return Use(time)
    return unheard(session, policy, now)


def used_in_hold(session: Session, policy: ReclaimPolicy, now: datetime, *, answered: bool) -> Use:
    """What a job used since the last heartbeat when the request that was held for it is over. If its container has not
    answered, nobody knows whether it was at work until the next heartbeat was due."""
    hold, until = session.hold, min(now, session.draining or now)
    time = chargeable(session.seen, until, policy.lease) if session.served else None
    held = time.within(hold.since, hold.until) if time and hold else None
    if answered:
        return Use(held)
    heard = session.seen + timedelta(seconds=policy.interval + LATE_SECONDS)
    return Use(None, held and held.within(session.seen, heard))


def unheard(session: Session, policy: ReclaimPolicy, now: datetime) -> Use:
    """What was used in a stretch of which no heartbeat tells. A visit is charged for an interval at least. Who
    was there when it began may have stayed until the next heartbeat was due: a container that has CPU would have
    spoken then."""
    until = min(now, session.draining or now)
    if not session.served or until <= session.seen or now - session.seen > timedelta(seconds=FORGOTTEN_SECONDS):
        return Use()
    begins = max(session.seen, session.paid or session.seen)  # a job's time is charged when its request is over
    certain = max(begins, min(until, session.least or begins))
    latest = session.seen + timedelta(seconds=policy.interval + LATE_SECONDS)
    possible = max(certain, min(until, latest)) if session.connected else certain
    return Use(interval_of(begins, certain), interval_of(certain, possible))


def least_until(
    session: Session, policy: ReclaimPolicy, now: datetime, *, connected: bool, restored: bool
) -> datetime | None:
    """Up to when the visit that began last is charged at least. A visit begins when a browser comes, and with the
    session, which somebody has opened."""
    begins = connected and not session.connected
    opens = session.state == SessionState.OPENING and restored
    return now + timedelta(seconds=policy.interval) if begins or opens else session.least


def paid_until(session: Session, charged: Charged) -> datetime | None:
    """Up to when the session was charged last, whether that is still open or in a ledger line by now."""
    intervals = charged.meter.open or [interval for line in charged.lines for interval in line.intervals]
    return intervals[-1].until if charged.added and intervals else session.paid
