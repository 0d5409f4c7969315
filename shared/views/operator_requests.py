"""Changes that operators ask for, each of which becomes one line of the audit log; as they are sent."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType, to_builtins

from shared.accounts.account import SuspendedFor, SuspensionNotice, may_be_a_uid
from shared.accounts.audit import Action, AuditLine, Note, RequestId, Values
from shared.accounts.operator_limits import MOST_OPENS
from shared.billing.plans import PLANS
from shared.errors import bad_request
from shared.slots.levers import policy_text
from shared.slots.slot import SlotName
from shared.slots.warm_policies import MOST_SLOTS, Adaptive, ByHour, Slots
from shared.snapshots.checkpoint import SnapshotId

MOST_GRANTED = 1000 * 3600
"""The most seconds that one request may add. A larger number is taken for a mistake."""
MOST_SESSIONS = 100_000
LATEST = 4_102_444_800
"""The first second of the year 2100, in Unix seconds."""

Uid = Annotated[str, Meta(min_length=1, max_length=128)]


Email = Annotated[str, Meta(min_length=1, max_length=320)]


class Request(Struct, forbid_unknown_fields=True, kw_only=True):
    """A change that an operator asks for."""

    action: ClassVar[Action]

    request: RequestId
    """Chosen by the caller. The same id again is the same request, and must have the same content."""
    note: Note
    """The operator's reason."""

    def asked(self) -> Values:
        """The requested values, by name. Raises Refused."""
        return {}

    def target(self) -> str | None:
        """The uid of the account; None if the change concerns everybody. Raises Refused."""
        return None

    def line(self, *, by: str, email: str | None, at: datetime) -> AuditLine:
        """The audit line of the request, without the values before and after. Raises Refused."""
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
    """A change of one account."""

    uid: Uid

    def target(self) -> str:
        return checked_uid(self.uid)


class OfBilling(OfAccount, forbid_unknown_fields=True, kw_only=True):
    """A change of a billing account: the person's own, or that of the team that they are in."""

    team: bool = False

    def whose(self) -> Values:
        return {"of": "team"} if self.team else {}


class SetPlan(OfBilling, forbid_unknown_fields=True, kw_only=True):
    """The plan that an account is to have."""

    action = Action.PLAN

    plan: Annotated[str, Meta(extra_json_schema={"enum": [*PLANS]})]

    def asked(self) -> Values:
        if self.plan not in PLANS:
            raise bad_request(f"plan: Choose one of {', '.join(PLANS)}.")
        return {"plan": self.plan, **self.whose()}


class Grant(OfBilling, forbid_unknown_fields=True, kw_only=True):
    """How many seconds to add."""

    action = Action.GRANT

    seconds: Annotated[int, Meta(ge=1, le=MOST_GRANTED)]

    def asked(self) -> Values:
        return {"seconds": self.seconds, **self.whose()}


class Suspend(OfAccount, forbid_unknown_fields=True, kw_only=True):
    """The account to suspend, the reason, and what the member is told."""

    action = Action.SUSPEND

    reason: SuspendedFor = SuspendedFor.ABUSE
    notice: SuspensionNotice | None = None

    def asked(self) -> Values:
        reason: Values = {} if self.reason == SuspendedFor.ABUSE else {"reason": self.reason}
        told = {} if self.notice is None else to_builtins(self.notice)
        return {**reason, **{name: text for name, text in told.items() if text is not None}}


class Resume(Request, forbid_unknown_fields=True, kw_only=True):
    """The account to resume; or, by `email`, the address of an account that was erased while it was suspended."""

    action = Action.RESUME

    uid: Uid | None = None
    email: Email | None = None

    def target(self) -> str | None:
        if (self.uid is None) == (self.email is None):
            raise bad_request("Give either uid or email.")
        return None if self.uid is None else checked_uid(self.uid)


class EndSession(OfAccount, forbid_unknown_fields=True, kw_only=True):
    """The member whose open session is to end."""

    action = Action.END


class DownloadHome(OfAccount, forbid_unknown_fields=True, kw_only=True):
    """The member whose home is wanted, and which snapshot of it: the newest if none is given."""

    action = Action.DOWNLOAD

    snapshot: SnapshotId | None = None

    def asked(self) -> Values:
        return {"snapshot": self.snapshot}


class SetLimits(Request, forbid_unknown_fields=True, kw_only=True):
    """Limits that are not given stay as they are. At least one must be given."""

    action = Action.LIMITS

    new_sessions: bool | UnsetType = UNSET
    """False closes new sessions for everybody."""
    open_sessions: Annotated[int, Meta(ge=0, le=MOST_SESSIONS)] | UnsetType | None = UNSET
    """The most open sessions at once; None is without limit."""
    opens_an_hour: Annotated[int, Meta(ge=1, le=MOST_OPENS)] | UnsetType = UNSET
    """The most sessions that one member may open within an hour."""

    def asked(self) -> Values:
        given = {
            "new_sessions": self.new_sessions,
            "open_sessions": self.open_sessions,
            "opens_an_hour": self.opens_an_hour,
        }
        asked: Values = {name: value for name, value in given.items() if not isinstance(value, UnsetType)}
        if not asked:
            raise bad_request(f"Give at least one limit: {', '.join(given)}.")
        return asked


class SetPool(Request, forbid_unknown_fields=True, kw_only=True):
    """What is not given stays as it is. At least one must be given, and not both `warm` and `policy`."""

    action = Action.POOL

    warm: Slots | UnsetType | None = UNSET
    """How many slots to keep warm at all times, in place of any other policy; None for the setting POOL_WARM."""
    max: Slots | UnsetType | None = UNSET
    """The most slots; None for the setting POOL_MAX."""
    policy: ByHour | Adaptive | UnsetType | None = UNSET
    """How to choose the number of warm slots; None for the same number at all times."""

    def asked(self) -> Values:
        if not isinstance(self.warm, UnsetType) and not isinstance(self.policy, UnsetType):
            raise bad_request("Give either warm or policy: a number of warm slots takes the place of a policy.")
        asked: Values = {
            name: value for name, value in (("warm", self.warm), ("max", self.max)) if not isinstance(value, UnsetType)
        }
        if not isinstance(self.policy, UnsetType):
            asked["policy"] = policy_text(self.policy)
        if not asked:
            raise bad_request("Give at least one of warm, max, policy.")
        return asked


class Announce(Request, forbid_unknown_fields=True, kw_only=True):
    """Members who will come together, such as a class: slots for all of them are warm from ten minutes before until
    twenty minutes after the time, on top of the others."""

    action = Action.ANNOUNCE

    starts: Annotated[float, Meta(ge=0, le=LATEST)]
    """When, in Unix seconds."""
    members: Annotated[int, Meta(ge=1, le=MOST_SLOTS)]

    def asked(self) -> Values:
        return {"starts": self.at.isoformat(), "members": self.members}

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.starts, UTC).replace(microsecond=0)


class TakeBack(Request, forbid_unknown_fields=True, kw_only=True):
    """The announcement that is taken back."""

    action = Action.TAKE_BACK

    announcement: RequestId

    def asked(self) -> Values:
        return {"announcement": self.announcement}


class Drain(Request, forbid_unknown_fields=True, kw_only=True):
    """Ends every session that is open now."""

    action = Action.DRAIN

    close: bool = True
    """Close new sessions too. They stay closed until an operator opens them again."""

    def asked(self) -> Values:
        return {"close": self.close}


class OfSlot(Request, forbid_unknown_fields=True, kw_only=True):
    """A change of one slot."""

    slot: SlotName

    def asked(self) -> Values:
        return {"slot": self.slot}


class RecycleSlot(OfSlot, forbid_unknown_fields=True, kw_only=True):
    """The slot that gets a fresh container."""

    action = Action.RECYCLE


class QuarantineSlot(OfSlot, forbid_unknown_fields=True, kw_only=True):
    """The slot to take out of use."""

    action = Action.QUARANTINE


def checked_uid(text: str) -> str:
    if not may_be_a_uid(text):
        raise bad_request("uid: This is not a valid uid.")
    return text
