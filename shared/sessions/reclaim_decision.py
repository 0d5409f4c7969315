"""Keep, warn or reclaim: what a session's signals mean.

The kinds of signal are the protocol's: `editor` (typing, selecting, scrolling, focus), `terminal` (input), `preview`
(requests through the port proxy), `process` (a process of the member's that uses CPU).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from shared.sessions.session import Decision, EndReason, Hold, Session, SessionState, Verdict

BY_HAND = ("editor", "terminal", "preview")
KINDS = (*BY_HAND, "process")
CLOCK = "%H:%M:%S"


class ReclaimPolicy(Struct, frozen=True, kw_only=True):
    """Lengths of time in seconds."""

    idle: float
    """Without activity for this long a session is reclaimed."""
    warning: float
    """How long before that the member is warned."""
    busy: float | None
    """How long after the last thing done by hand a busy process counts as activity; None without limit."""
    quiet: float
    """A process that was busy within this time before a heartbeat was at work then."""
    opening: float
    """How long a session may take to come to serve."""
    interval: float
    """Between two heartbeats."""
    lease: float
    """How long a container may serve after its last accepted heartbeat."""


def merge_signals(
    old: Mapping[str, datetime], reported: Mapping[str, datetime | None], *, connected: bool, now: datetime
) -> dict[str, datetime]:
    """A session's signals after a heartbeat.

    Unknown is never idle: what is not reported counts as seen now, except for what only a browser can do while none is
    connected. A report from the future counts as now, and a signal never goes back.

    What was done by hand with no browser connected is taken for a process's work: nobody is charged for such time, so
    a container that claims it without end keeps its session no longer than a busy process would.
    """
    merged = dict(old)
    for kind in KINDS:
        seen = reported.get(kind)
        if seen is None and (connected or kind not in BY_HAND):
            seen = now
        if seen is not None:
            counted = kind if connected or kind not in BY_HAND else "process"
            seen = min(seen, now)
            merged[counted] = max(seen, merged.get(counted, seen))
    return merged


def last_by_hand(session: Session) -> tuple[datetime, str]:
    """When the member did something last, and what kind of thing: opening the workspace is one."""
    seen = [(session.signals[kind], kind) for kind in BY_HAND if kind in session.signals]
    return max(*seen, (session.opened, "opening")) if seen else (session.opened, "opening")


def last_activity(session: Session, policy: ReclaimPolicy) -> tuple[datetime, str]:
    """When the session was last active, and by which kind of signal.

    Each signal is the container's word. While nobody is charged, none later than what was charged last counts: so who
    makes them up, or comes for a moment again and again, stays no longer than a plan's idle time for each visit that
    is paid for.
    """
    active, kind = _last_signal(session, policy)
    if session.is_used:
        return active, kind
    return min((active, kind), (max(session.opened, session.paid or session.opened), kind))


def _last_signal(session: Session, policy: ReclaimPolicy) -> tuple[datetime, str]:
    by_hand, process, cap = last_by_hand(session), session.signals.get("process"), _cap(session, policy)
    if process is None:
        return by_hand
    return max(by_hand, (process if cap is None else min(process, cap), "process"))


def is_busy(session: Session, policy: ReclaimPolicy) -> bool:
    """Whether a process was at work at the newest heartbeat, on a plan that lets it go on without a browser."""
    process = session.signals.get("process")
    return policy.busy != 0 and process is not None and session.seen - process <= timedelta(seconds=policy.quiet)


def _cap(session: Session, policy: ReclaimPolicy) -> datetime | None:
    """Until when a busy process may keep the session; None without limit."""
    return None if policy.busy is None else last_by_hand(session)[0] + timedelta(seconds=policy.busy)


def decide_hold(session: Session, policy: ReclaimPolicy, *, longest: float, now: datetime) -> Hold | None:
    """Whether a request is to be held open to the container, so that its CPU stays allocated and a busy process goes
    on though no browser is connected: for `longest` seconds at most, and within the plan's cap and allowance."""
    if session.state != SessionState.ACTIVE or session.connected or session.final or not is_busy(session, policy):
        return None
    ends = [now + timedelta(seconds=longest)]
    if (cap := _cap(session, policy)) is not None:
        ends.append(cap)
    if session.deadline is not None:
        ends.append(session.deadline)
    return Hold(now, min(ends)) if min(ends) > now else None


def is_held(session: Session, now: datetime) -> bool:
    """Whether a request is held open to the container. One whose time is over was left behind by whoever died."""
    return session.hold is not None and now < session.hold.until


def wants_hold(before: Session, after: Session, policy: ReclaimPolicy, *, longest: float, now: datetime) -> bool:
    """Whether a heartbeat makes it time to ask for a hold: the last browser has left, or a process has come to work
    since. Some other request must keep its CPU then, and what runs beside that is charged as any job is."""
    began = before.connected or not is_busy(before, policy)
    return began and not is_held(after, now) and decide_hold(after, policy, longest=longest, now=now) is not None


def decide_reclaim(session: Session, policy: ReclaimPolicy, now: datetime) -> Decision:
    """Keep, warn or reclaim an opening or active session, and when to look again.

    A session that takes longer than `opening` to come to serve has failed. The warning is for somebody who can see it:
    with no browser connected there is none.

    A container whose last browser leaves may be frozen before it can say so. If a process is at work in it, that must
    not wait until the session would be idle: it is looked at as soon as its heartbeats have ceased. So it is when it
    said that nobody is there, and the request that keeps its CPU never came.
    """
    if session.state == SessionState.OPENING:
        give_up = session.opened + timedelta(seconds=policy.opening)
        overdue = now >= give_up
        return Decision(
            verdict=Verdict.RECLAIM if overdue else Verdict.KEEP,
            rule="the workspace did not open in time" if overdue else "the workspace is opening",
            at=now,
            active=session.opened,
            idle_at=give_up,
            look=now if overdue else give_up,
            reason=EndReason.NEVER_OPENED if overdue else None,
        )
    active, kind = last_activity(session, policy)
    deadline = session.deadline if session.is_used else None
    idle_at = active + timedelta(seconds=policy.idle)
    warn_at = idle_at - timedelta(seconds=policy.warning) if session.connected else idle_at
    reason = None
    if deadline is not None and now >= deadline:
        verdict, look, reason = Verdict.RECLAIM, now, EndReason.ALLOWANCE
        rule = "the plan's time is used up"
    elif now >= idle_at:
        verdict, look, reason = Verdict.RECLAIM, now, EndReason.IDLE
        rule = _idle(session, active, now)
    elif now >= warn_at:
        verdict, look, rule = Verdict.WARN, idle_at, f"no activity since {active:{CLOCK}} ({kind}): warned"
    else:
        verdict, look, rule = Verdict.KEEP, warn_at, f"active at {active:{CLOCK}} ({kind})"
    sooner = [deadline] if deadline else []
    if session.silent_since:
        sooner.append(now + timedelta(seconds=policy.interval))  # it is asked again, until it is given up
    cap = _cap(session, policy)
    if is_busy(session, policy) and not is_held(session, now) and (cap is None or now < cap):
        sooner.append(max(now, session.seen) + timedelta(seconds=policy.lease))
    return Decision(
        verdict=verdict,
        rule=rule,
        at=now,
        active=active,
        idle_at=idle_at,
        look=look if reason else min([look, *sooner]),
        reason=reason,
    )


class IdleAhead(Struct, frozen=True):
    """When the member is warned, and when the session is reclaimed, if nothing more happens in it."""

    warned_from: datetime
    ends: datetime


def idle_ahead(session: Session, policy: ReclaimPolicy) -> IdleAhead | None:
    """None where nobody is warned: no browser is connected, or the session is opening or ending."""
    if session.state != SessionState.ACTIVE or not session.connected:
        return None
    ends = last_activity(session, policy)[0] + timedelta(seconds=policy.idle)
    return IdleAhead(ends - timedelta(seconds=policy.warning), ends)


def _idle(session: Session, active: datetime, now: datetime) -> str:
    process = session.signals.get("process")
    if process is None or process <= active:
        return f"idle for {_minutes(now - active)}: no typing, no terminal input, no preview, no busy process"
    by_hand = _minutes(now - last_by_hand(session)[0])
    return f"no typing, no terminal input, no preview for {by_hand}, longer than a busy process may keep a session"


def _minutes(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds // 60} min" if seconds >= 120 else f"{seconds} s"
