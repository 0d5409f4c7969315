"""Charging: how much time a session used between two heartbeats, and what the billing account is charged for it."""

from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from shared.billing.account import Billing
from shared.billing.metering import Charged, Interval, charge, chargeable, interval_of
from shared.billing.time_allowance import forgive, left_in, pay, period_of
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session, SessionState

FORGOTTEN_SECONDS = 3600.0
"""Time that no heartbeat reported for so long is not charged: its period may be closed already. A session whose
container is silent is ended sooner, as long as tasks or the sweep run."""
LATE_SECONDS = 5.0
"""How many seconds after it was due a heartbeat may be accepted and still count as on time."""


class UsedTime(Struct, frozen=True):
    """Time that a session used since its last heartbeat. `certain` is charged. `possible` follows it: the session may
    have used it, and it is charged when the account's budget of forgiven time is spent."""

    certain: Interval | None = None
    possible: Interval | None = None


def charge_use(session: Session, used: UsedTime, billing: Billing, now: datetime) -> tuple[Charged, Billing]:
    """The session's meter and the billing account after the use."""
    time, possible = used.certain, used.possible
    if possible:
        forgiving = forgive(billing, period_of(billing, possible.since).id, possible.ms)
        if forgiving is None:
            time = Interval(time.since if time else possible.since, possible.until)
        billing = forgiving or billing
    charged = charge(
        session.meter,
        time,
        owner=session.ledger_owner,
        plan=billing.plan,
        background=session.background_hold is not None,
        period_at=partial(period_of, billing),
        left=partial(left_in, billing),
        now=now,
    )
    return charged, pay(billing, charged.added)


def use_until(session: Session, policy: ReclaimPolicy, now: datetime, *, connected: bool) -> UsedTime:
    """The time in which a browser was connected, or in which a background hold was open.

    A container reports at once that the last browser has left, so the time until this heartbeat was used. If the
    heartbeat comes too late for that, the container was frozen meanwhile, and the time of leaving is unknown.

    The last stretch ends where the session's end began, and the first heartbeat after that charges it. Otherwise a
    member who stops just before each heartbeat would be charged nothing.
    """
    until = min(now, session.draining or now)
    time = chargeable(session.seen, until, policy.lease) if session.served else None
    if session.background_hold:
        return UsedTime(time and time.within(session.background_hold.since, session.background_hold.until))
    told_at_once = until - session.seen <= timedelta(seconds=policy.interval + LATE_SECONDS)
    if time and session.connected and (connected or told_at_once):
        return UsedTime(time)
    return unreported_use(session, policy, now)


def used_in_hold(session: Session, policy: ReclaimPolicy, now: datetime, *, answered: bool) -> UsedTime:
    """The time that a job used since the last heartbeat, when its background hold has ended. If the container did not
    answer, the job may have ended at any time before the next heartbeat was due."""
    hold, until = session.background_hold, min(now, session.draining or now)
    time = chargeable(session.seen, until, policy.lease) if session.served else None
    held = time.within(hold.since, hold.until) if time and hold else None
    if answered:
        return UsedTime(held)
    heard = session.seen + timedelta(seconds=policy.interval + LATE_SECONDS)
    return UsedTime(None, held and held.within(session.seen, heard))


def unreported_use(session: Session, policy: ReclaimPolicy, now: datetime) -> UsedTime:
    """The time used since the last heartbeat, where no further heartbeat came. A visit is charged for at least one
    interval. A connected browser may have stayed until the next heartbeat was due; after that a container with CPU
    would have sent one."""
    until = min(now, session.draining or now)
    if not session.served or until <= session.seen or now - session.seen > timedelta(seconds=FORGOTTEN_SECONDS):
        return UsedTime()
    begins = max(session.seen, session.paid or session.seen)  # the time of a job is charged when its hold ends
    certain = max(begins, min(until, session.least or begins))
    latest = session.seen + timedelta(seconds=policy.interval + LATE_SECONDS)
    possible = max(certain, min(until, latest)) if session.connected else certain
    return UsedTime(interval_of(begins, certain), interval_of(certain, possible))


def least_until(
    session: Session, policy: ReclaimPolicy, now: datetime, *, connected: bool, restored: bool
) -> datetime | None:
    """Until when the newest visit is charged at least. A visit begins when a browser connects, and when the member
    opens the session."""
    begins = connected and not session.connected
    opens = session.state == SessionState.OPENING and restored
    return now + timedelta(seconds=policy.interval) if begins or opens else session.least


def paid_until(session: Session, charged: Charged) -> datetime | None:
    """Until when the session has been charged, in open intervals or in ledger lines."""
    intervals = charged.meter.open or [interval for line in charged.lines for interval in line.intervals]
    return intervals[-1].until if charged.added and intervals else session.paid
