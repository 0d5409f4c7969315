"""One member's session, whose heartbeats are taken together: a stretch in which nothing changes is one step."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from economics.arrivals import Leaving
from economics.month import moment, since_begin
from economics.platform import Platform
from economics.tally import Tally
from shared.billing.account import Billing
from shared.billing.metering import LINE_SECONDS, LedgerLine, close, interval_of
from shared.billing.plans import PLANS
from shared.billing.time_allowance import deadline
from shared.sessions.charging import UsedTime, charge_use, paid_until
from shared.sessions.heartbeats import Beat, Hello, Signals, accept_beat, accept_hello
from shared.sessions.reclaim_decision import ReclaimPolicy, decide_reclaim
from shared.sessions.session import Session, SessionState, Verdict

BOOT = "b" * 16


def reclaim_policy(plan: str, platform: Platform) -> ReclaimPolicy:
    """That of `shared.policies`, with the settings' defaults."""
    row = PLANS[plan]
    return ReclaimPolicy(
        idle=row.idle,
        warning=min(platform.warning, row.idle / 2),
        background_limit=row.background_limit,
        quiet=platform.quiet,
        opening=platform.opening,
        interval=platform.heartbeat,
        saving=platform.saving,
        lease=platform.lease,
    )


class Visit:
    """A member with an open session."""

    __slots__ = ("billing", "leaves", "left_at", "policy", "served_at", "session", "stamp", "tally", "until", "works")

    def __init__(
        self, session: Session, billing: Billing, policy: ReclaimPolicy, works: int, leaves: Leaving, tally: Tally
    ) -> None:
        self.session, self.billing, self.policy, self.tally = session, billing, policy, tally
        self.works, self.leaves = works, leaves
        self.until = 0
        """Until when the member works."""
        self.stamp = 0
        """Which of the session's planned events still holds."""
        self.served_at = self.left_at = -1
        """When a browser was connected, and when the last one left; -1 if not."""

    def hello(self, now: int) -> None:
        """The container begins the session."""
        hello = Hello(session=self.session.sid, epoch=self.session.epoch, boot=BOOT)
        said = accept_hello(self.session, hello, lease=self.policy.lease, now=moment(now))
        if said:
            self.session = said

    def beat(self, now: int, *, by_hand: int, connected: bool, stop: bool = False, final: bool = False) -> None:
        """A heartbeat that says something new. `by_hand`: when the member did something last."""
        self.stretch(now, by_hand)
        # without a browser nothing is done by hand, and no job goes on in this simulation
        hand = moment(by_hand).timestamp() if connected else None
        message = Beat(
            session=self.session.sid,
            epoch=self.session.epoch,
            boot=BOOT,
            seq=self.session.seq + 1,
            connected=connected,
            restored=True,
            final=final,
            signals=Signals(editor=hand, terminal=hand, process=0.0, preview=hand),
            checkpoint=None,
            stop=stop,
        )
        accepted = accept_beat(self.session, message, None, billing=self.billing, policy=self.policy, now=moment(now))
        if accepted:
            self.session, self.billing = accepted.session, accepted.billing
            self._note(accepted.lines)

    def stretch(self, now: int, by_hand: int) -> None:
        """The heartbeats since the last one, by which nothing but time has gone on. A line of the ledger is made when
        it is due, as one of them would make it."""
        session, at = self.session, moment(now)
        if not (session.connected and session.served) or session.state != SessionState.ACTIVE:
            return
        while session.seen < at:
            until = min(at, session.meter.line_due or session.seen + timedelta(seconds=LINE_SECONDS))
            charged, self.billing = charge_use(session, UsedTime(interval_of(session.seen, until)), self.billing, until)
            session = replace(session, meter=charged.meter, paid=paid_until(session, charged), seen=until)
            self._note(charged.lines)
        seen = min(at, max(moment(by_hand), session.signals.get("editor", session.opened)))
        ends = deadline(self.billing, at)
        self.session = replace(session, signals=session.signals | {"editor": seen}, deadline=ends)

    def look(self, now: int, by_hand: int) -> datetime | None:
        """The check of a session that is due: None if its end begins now, or else when to look again."""
        self.stretch(now, by_hand)
        decision = decide_reclaim(self.session, self.policy, moment(now))
        if decision.verdict != Verdict.RECLAIM or decision.reason is None:
            return decision.look
        self.session = self.session.drain(decision.reason, moment(now))
        return None

    def next_look(self, now: int, by_hand: int) -> int:
        """When the session is due if nothing more happens."""
        session = self.session
        at = since_begin(decide_reclaim(session, self.policy, moment(now)).look)
        return max(now + 1, at)

    def close(self, now: int) -> None:
        """The last line of the ledger."""
        meter, lines = close(self.session.meter, self.session.ledger_owner, moment(now))
        self.session = replace(self.session, meter=meter)
        self._note(lines)

    def _note(self, lines: list[LedgerLine]) -> None:
        self.tally.lines += len(lines)
        self.tally.in_lines += sum(line.ms for line in lines)
