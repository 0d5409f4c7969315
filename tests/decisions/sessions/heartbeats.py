"""What becomes of a session by one heartbeat."""

from typing import Any

from shared.sessions.heartbeats import accept_beat
from shared.sessions.session import Session
from tests.support.records.factories import POLICY, SID, a_beat, a_billing, after, becoming


def beat_at(session: Session, seconds: float, **fields: Any) -> Session | None:
    new, apart = becoming(fields.pop("head", None), fields.pop("storage", None)), fields.pop("apart", None)
    fields["session"] = fields.pop("sid", SID)
    payer = fields.pop("billing", a_billing())
    accepted = accept_beat(
        session, a_beat(**fields), new, apart=apart, billing=payer, policy=POLICY, now=after(seconds)
    )
    return accepted.session if accepted else None
