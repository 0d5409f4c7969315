"""The service at this moment, as operators are shown it: figures, slots and sessions. Times are in Unix seconds."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shared.accounts.audit import RequestId
from shared.accounts.operator_limits import Limits
from shared.accounts.roles import Role
from shared.sessions.session import EndReason, Session, SessionId, SessionState, Verdict
from shared.slots.levers import PoolLevers, PoolSize
from shared.slots.opens import WarmDecision
from shared.slots.slot import Slot, SlotName, SlotState
from shared.slots.warm_policies import Adaptive, ByHour
from shared.snapshots.checkpoint import Count
from shared.views.health import Figure
from shared.views.units import Seconds


class SessionCounts(Struct):
    opening: Count
    active: Count
    draining: Count


class AnnouncementView(Struct):
    """Members who will come together."""

    announcement: RequestId
    """The request that announced them, by which it is taken back. Its line in the audit log says who they are."""
    starts: float
    members: Count
    holds: bool
    """Whether slots are warm for them now."""


class PoolNow(Struct):
    """The slots by state, and how many are wanted."""

    cold: Count
    warming: Count
    warm: Count
    claimed: Count
    recycling: Count
    quarantined: Count
    wanted_warm: Count
    reason: str
    """Why so many are wanted."""
    policy: ByHour | Adaptive | None
    """How the number of warm slots is chosen; None if it is the same at all times."""
    opens_an_hour: float | None
    """The Opens that an adaptive pool expects; None for any other."""
    burst: float | None
    """How many of them come at the same moment, in the mean."""
    missed: float | None
    """The part of them that will find no warm slot."""
    announced: list[AnnouncementView]
    """The next first, without those that are over."""
    most: Count
    """How many may exist."""
    set_by_operator: bool
    """The numbers that are wanted are an operator's, and not those of the settings."""
    drained: float | None
    """Sessions that were opened before this time are ended; None if nobody has drained all."""


class Overview(Struct):
    """The caller's role, the limits, and the service now."""

    role: Role
    limits: Limits
    open_sessions: Count
    sessions: SessionCounts
    pool: PoolNow
    figures: list[Figure]


class MailsView(Struct):
    """What becomes of mails. Nobody is shown their words: they are the members'."""

    server: bool
    """Whether a mail server is set. Without one nothing is sent, also not later."""
    waiting: Count
    """Mails that are to be sent, or tried again."""
    unsent: Count
    """Mails that were given up or refused within the last week."""


class OpensView(Struct):
    """How Opens of the last hour went, by the newest of them."""

    since: float
    opens: Count
    """How many the figures are made of, at most a hundred."""
    figures: list[Figure]


class SlotRow(Struct):
    slot: SlotName
    state: SlotState
    changed: float
    session: SessionId | None
    image: str
    incarnation: Count
    sessions: Count
    """How many sessions were given this slot."""
    attempts: Count
    """Incarnations that failed since the last one that became ready."""
    unanswered: Count
    quarantine: bool
    """It is taken out of use when its session has ended."""


class SlotsView(Struct):
    """A page of slots by name."""

    slots: list[SlotRow]
    next: SlotName | None
    """More slots follow if this is not None: ask for them with `after`."""


class SlotEventView(Struct):
    at: float
    verb: str
    state: SlotState
    """The slot's state afterwards."""
    reason: str


class SlotDetails(Struct):
    """One slot, and what was done with it and why, newest first."""

    slot: SlotRow
    history: list[SlotEventView]


class SessionRow(Struct):
    session: SessionId
    uid: str
    slot: SlotName
    state: SessionState
    plan: str
    opened: float
    ended: float | None
    reason: EndReason | None
    seconds: Seconds
    """What was charged."""
    cold: bool
    """The slot had no warm container."""


class SessionsView(Struct):
    """A page of sessions."""

    sessions: list[SessionRow]
    next: str | None
    """More sessions follow if this is not None: ask for them with `after`."""


class DecisionView(Struct):
    """What was decided about a session, and by which rule."""

    at: float
    verdict: Verdict
    rule: str
    active: float
    """The last activity that counted."""
    idle_at: float
    """When the session would have been reclaimed."""
    reason: EndReason | None
    """Why the session ends; None if it does not."""


class SessionDetails(Struct):
    """One session: how it opened, what was decided about it, and how it ended."""

    session: SessionRow
    seen: float
    """When its newest heartbeat was accepted."""
    connected: bool
    due: float | None
    """When it is looked at next; None once it has ended."""
    deadline: float | None
    """When the allowance ends if the session stays in use; None without limit."""
    saved: float | None
    """When the newest snapshot was made."""
    final: bool
    """The last checkpoint is committed."""
    hello: Seconds | None
    """Seconds from the claim until the container said hello."""
    served: Seconds | None
    """Until the editor could be entered."""
    entered: Seconds | None
    """Until the browser's editor was connected."""
    draining: float | None
    """When its end began."""
    decisions: list[DecisionView]
    """Newest first."""


def pool_now(
    counts: dict[SlotState, int], levers: PoolLevers, wanted: PoolSize, decision: WarmDecision, now: datetime
) -> PoolNow:
    demand, chosen = decision.demand, (levers.warm, levers.max, levers.policy)
    return PoolNow(
        cold=counts[SlotState.COLD],
        warming=counts[SlotState.WARMING],
        warm=counts[SlotState.WARM],
        claimed=counts[SlotState.CLAIMED],
        recycling=counts[SlotState.RECYCLING],
        quarantined=counts[SlotState.QUARANTINED],
        wanted_warm=wanted.warm,
        reason=decision.reason,
        policy=levers.policy,
        opens_an_hour=demand.per_hour if demand else None,
        burst=demand.burst if demand else None,
        missed=decision.missed,
        announced=[
            AnnouncementView(each.id, each.starts.timestamp(), each.members, each.holds(now))
            for each in levers.announced
            if not each.is_over(now)
        ],
        most=wanted.max,
        set_by_operator=any(each is not None for each in chosen),
        drained=_stamp(levers.drained),
    )


def slot_row(slot: Slot) -> SlotRow:
    return SlotRow(
        slot=slot.name,
        state=slot.state,
        changed=slot.changed.timestamp(),
        session=slot.session,
        image=slot.image,
        incarnation=slot.incarnation,
        sessions=slot.sessions,
        attempts=slot.attempts,
        unanswered=slot.unanswered,
        quarantine=slot.quarantine,
    )


def slots_view(slots: Sequence[Slot], limit: int) -> SlotsView:
    return SlotsView([slot_row(slot) for slot in slots], slots[-1].name if len(slots) == limit else None)


def slot_details(slot: Slot) -> SlotDetails:
    events = [SlotEventView(each.at.timestamp(), each.verb, each.state, each.reason) for each in slot.history]
    return SlotDetails(slot_row(slot), events[::-1])


def session_row(session: Session) -> SessionRow:
    return SessionRow(
        session=session.sid,
        uid=session.uid,
        slot=session.slot,
        state=session.state,
        plan=session.plan,
        opened=session.opened.timestamp(),
        ended=_stamp(session.ended),
        reason=session.reason,
        seconds=session.meter.ms / 1000,
        cold=session.opening.cold,
    )


def session_details(session: Session) -> SessionDetails:
    def after(step: datetime | None) -> float | None:
        return (step - session.opened).total_seconds() if step else None

    return SessionDetails(
        session=session_row(session),
        seen=session.seen.timestamp(),
        connected=session.connected,
        due=_stamp(session.due),
        deadline=_stamp(session.deadline),
        saved=_stamp(session.head.at if session.head else None),
        final=session.final,
        hello=after(session.opening.hello),
        served=after(session.opening.served),
        entered=after(session.opening.entered),
        draining=_stamp(session.draining),
        decisions=[
            DecisionView(
                at=each.at.timestamp(),
                verdict=each.verdict,
                rule=each.rule,
                active=each.active.timestamp(),
                idle_at=each.idle_at.timestamp(),
                reason=each.reason,
            )
            for each in reversed(session.decisions)
        ],
    )


def _stamp(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
