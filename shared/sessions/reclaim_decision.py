"""Reclaim decision: keep, warn or reclaim a session, by its signals.

The kinds of signal are the protocol's: `editor` (typing, selecting, scrolling, focus), `terminal` (input), `preview`
(requests through the port proxy), `process` (a process of the member's that uses CPU).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from shared.sessions.session import BackgroundHold, Decision, EndReason, Session, SessionState, Verdict

BY_HAND = ("editor", "terminal", "preview")
KINDS = (*BY_HAND, "process")
CLOCK = "%H:%M:%S"


class ReclaimPolicy(Struct, frozen=True, kw_only=True):
    """Durations in seconds."""

    idle: float
    """A session without activity for this long is reclaimed."""
    warning: float
    """How long before that the member is warned."""
    background_limit: float | None
    """How long after the last activity by hand a busy process still counts as activity; None without limit."""
    quiet: float
    """A process that used CPU within this time before a heartbeat counts as working at that heartbeat."""
    opening: float
    """How long a session may take until it serves."""
    interval: float
    """Between two heartbeats."""
    saving: float
    """Between two saves of a home that changes."""
    lease: float
    """How long a container may serve after its last accepted heartbeat."""


def merge_signals(
    old: Mapping[str, datetime], reported: Mapping[str, datetime | None], *, connected: bool, now: datetime
) -> dict[str, datetime]:
    """A session's signals after a heartbeat.

    A signal that is not reported counts as seen now, except for kinds that only a browser can cause while no browser is
    connected. A time in the future counts as now, and a signal never goes back.

    Activity by hand without a connected browser counts as a process's work. Such time is not charged, so a container
    that keeps claiming it keeps its session no longer than a busy process would.
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
    """When the member last did something by hand, and which kind of signal it was. Opening the workspace counts."""
    seen = [(session.signals[kind], kind) for kind in BY_HAND if kind in session.signals]
    return max(*seen, (session.opened, "opening")) if seen else (session.opened, "opening")


def last_activity(session: Session, policy: ReclaimPolicy) -> tuple[datetime, str]:
    """When the session was last active, and by which kind of signal.

    Each signal is the container's claim. While the session is not charged, no signal later than the last charged time
    counts. So invented signals, or many short visits, keep a session no longer than the plan's idle time after each
    visit that was paid for.
    """
    active, kind = _last_signal(session, policy)
    if session.is_charged:
        return active, kind
    return min((active, kind), (max(session.opened, session.paid or session.opened), kind))


def _last_signal(session: Session, policy: ReclaimPolicy) -> tuple[datetime, str]:
    by_hand, process, cap = last_by_hand(session), session.signals.get("process"), _cap(session, policy)
    if process is None:
        return by_hand
    return max(by_hand, (process if cap is None else min(process, cap), "process"))


def is_busy(session: Session, policy: ReclaimPolicy) -> bool:
    """Whether a process was working at the newest heartbeat, on a plan that allows work without a browser."""
    process = session.signals.get("process")
    return (
        policy.background_limit != 0
        and process is not None
        and session.seen - process <= timedelta(seconds=policy.quiet)
    )


def _cap(session: Session, policy: ReclaimPolicy) -> datetime | None:
    """Until when a busy process may keep the session; None without limit."""
    return (
        None
        if policy.background_limit is None
        else last_by_hand(session)[0] + timedelta(seconds=policy.background_limit)
    )


def decide_background_hold(
    session: Session, policy: ReclaimPolicy, *, longest: float, now: datetime
) -> BackgroundHold | None:
    """The background hold for a busy process without a browser: a request held open keeps the container's CPU
    allocated. The hold lasts `longest` seconds at most, within the plan's limit and allowance. None if there should be
    none."""
    if session.state != SessionState.ACTIVE or session.connected or session.final or not is_busy(session, policy):
        return None
    ends = [now + timedelta(seconds=longest)]
    if (cap := _cap(session, policy)) is not None:
        ends.append(cap)
    if session.deadline is not None:
        ends.append(session.deadline)
    return BackgroundHold(now, min(ends)) if min(ends) > now else None


def has_background_hold(session: Session, now: datetime) -> bool:
    """Whether a background hold is open. A hold whose time is over was left behind by a function that died."""
    return session.background_hold is not None and now < session.background_hold.until


def wants_background_hold(
    before: Session, after: Session, policy: ReclaimPolicy, *, longest: float, now: datetime
) -> bool:
    """Whether to schedule a background hold after this heartbeat: the last browser has left, or a process has started
    to work since. The container had CPU for this heartbeat from some other request, and loses it when that ends."""
    began = before.connected or not is_busy(before, policy)
    return (
        began
        and not has_background_hold(after, now)
        and decide_background_hold(after, policy, longest=longest, now=now) is not None
    )


def decide_reclaim(session: Session, policy: ReclaimPolicy, now: datetime) -> Decision:
    """Decides whether to keep, warn or reclaim an opening or active session, and when to check again.

    A session that does not serve within `opening` has failed. Only a connected browser can show a warning, so there is
    none without a browser.

    A container may be frozen before it can report that its last browser has left. If one of its processes is working,
    the check must not wait until the session is idle: the session is checked as soon as heartbeats are missing. The
    same holds when the container reported that no browser is connected, and the background hold never came.
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
    deadline = session.deadline if session.is_charged else None
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
        # the container is asked again until the session is given up
        sooner.append(now + timedelta(seconds=policy.interval))
    cap = _cap(session, policy)
    if is_busy(session, policy) and not has_background_hold(session, now) and (cap is None or now < cap):
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
    """When the member is warned and when the session is reclaimed, if nothing more happens."""

    warned_from: datetime
    ends: datetime


def idle_ahead(session: Session, policy: ReclaimPolicy) -> IdleAhead | None:
    """None if nobody would be warned: no browser is connected, or the session is opening or ending."""
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
