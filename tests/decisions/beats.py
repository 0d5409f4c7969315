"""What becomes of a session by one heartbeat."""

from typing import Any

from shared.sessions.heartbeats import accept_beat
from shared.sessions.session import Session
from tests.factories import (
    POLICY,
    SID,
    a_beat,
    a_billing,
    after,
)


def beat_at(session: Session, seconds: float, **fields: Any) -> Session | None:
    head, kept = fields.pop("head", None), {name: fields.pop(name, None) for name in ("storage", "apart")}
    fields["session"] = fields.pop("sid", SID)
    payer = fields.pop("billing", a_billing())
    accepted = accept_beat(session, a_beat(**fields), head, **kept, billing=payer, policy=POLICY, now=after(seconds))
    return accepted.session if accepted else None
