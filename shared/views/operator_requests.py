"""What an operator may ask for: changes, each of which becomes one line of the audit log, and questions.

All of it is as it crosses the wire; `functions/openapi.yaml` has the same.
"""

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.accounts.account import SuspendedFor, may_be_a_uid
from shared.accounts.audit import Action, AuditLine, Note, RequestId, Values
from shared.accounts.operator_limits import MOST_OPENS
from shared.billing.plans import PLANS
from shared.errors import bad_request

MOST_GRANTED = 1000 * 3600
"""Seconds that one request may add: more is a slip of the hand."""
MOST_SESSIONS = 100_000
LINES = 50
"""Of the audit log on one page, unless the operator says otherwise."""

Uid = Annotated[str, Meta(min_length=1, max_length=128)]


Email = Annotated[str, Meta(min_length=1, max_length=320)]


class Request(Struct, forbid_unknown_fields=True, kw_only=True):
    """The same `request` again is the same change, and is made once."""

    action: ClassVar[Action]

    request: RequestId
    note: Note

    def asked(self) -> Values:
        """What is to be, by name. Raises Refused."""
        return {}

    def target(self) -> str | None:
        """The uid of the account; None for what concerns everybody. Raises Refused."""
        return None

    def line(self, *, by: str, email: str | None, at: datetime) -> AuditLine:
        """What the audit log will say of it, but for what was before and after. Raises Refused."""
        return AuditLine(
            request=self.request,
            at=at,
            by=by,
            email=email,
            action=self.action,
            asked=self.asked(),
            target=self.target(),
            note=self.note,
        )


class OfAccount(Request, forbid_unknown_fields=True, kw_only=True):
    uid: Uid

    def target(self) -> str:
        return checked_uid(self.uid)


class SetPlan(OfAccount, forbid_unknown_fields=True, kw_only=True):
    action = Action.PLAN

    plan: str

    def asked(self) -> Values:
        if self.plan not in PLANS:
            raise bad_request(f"plan: there are {', '.join(PLANS)}.")
        return {"plan": self.plan}


class Grant(OfAccount, forbid_unknown_fields=True, kw_only=True):
    action = Action.GRANT

    seconds: Annotated[int, Meta(ge=1, le=MOST_GRANTED)]

    def asked(self) -> Values:
        return {"seconds": self.seconds}


class Suspend(OfAccount, forbid_unknown_fields=True, kw_only=True):
    action = Action.SUSPEND

    reason: SuspendedFor = SuspendedFor.ABUSE

    def asked(self) -> Values:
        return {} if self.reason == SuspendedFor.ABUSE else {"reason": self.reason}


class Resume(Request, forbid_unknown_fields=True, kw_only=True):
    """Of an account; or, by `email`, of whoever has deleted one with this address and comes again."""

    action = Action.RESUME

    uid: Uid | None = None
    email: Email | None = None

    def target(self) -> str | None:
        if (self.uid is None) == (self.email is None):
            raise bad_request("Say whose account: uid or email.")
        return None if self.uid is None else checked_uid(self.uid)


class SetLimits(Request, forbid_unknown_fields=True, kw_only=True):
    """What is not given stays as it is. `open_sessions` is null for no cap."""

    action = Action.LIMITS

    new_sessions: bool | UnsetType = UNSET
    open_sessions: Annotated[int, Meta(ge=0, le=MOST_SESSIONS)] | UnsetType | None = UNSET
    opens_an_hour: Annotated[int, Meta(ge=1, le=MOST_OPENS)] | UnsetType = UNSET

    def asked(self) -> Values:
        given = {
            "new_sessions": self.new_sessions,
            "open_sessions": self.open_sessions,
            "opens_an_hour": self.opens_an_hour,
        }
        asked: Values = {name: value for name, value in given.items() if not isinstance(value, UnsetType)}
        if not asked:
            raise bad_request(f"Say which limit to set: {', '.join(given)}.")
        return asked


class Look(Struct, forbid_unknown_fields=True):
    """At the limits, and at how many sessions are open."""


class Which(Struct, forbid_unknown_fields=True):
    """Whose account: either of them."""

    uid: Uid | None = None
    email: Email | None = None

    def check(self) -> None:
        """Raises Refused."""
        if (self.uid is None) == (self.email is None):
            raise bad_request("Say whose account: uid or email.")
        if self.uid is not None:
            checked_uid(self.uid)


class Page(Struct, forbid_unknown_fields=True):
    """`before`: the request of the last line of the page before."""

    before: RequestId | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = LINES


class OfMonth(Struct, forbid_unknown_fields=True):
    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]


def checked_uid(text: str) -> str:
    if not may_be_a_uid(text):
        raise bad_request("uid: this can be nobody's.")
    return text
