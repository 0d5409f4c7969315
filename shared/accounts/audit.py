"""The audit log: one line for each change by an operator, written in the same commit and never changed."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.errors import Conflict

RequestId = Annotated[str, Meta(pattern=r"^[a-z0-9-]{8,64}\Z")]
"""Chosen by the caller. The same id again is the same request."""
Note = Annotated[str, Meta(min_length=1, max_length=500)]
"""The operator's reason."""
Values = dict[str, str | int | bool | None]


ADMINISTRATOR = "administrator"
"""Stands for an administrator of the project whose credentials have no address."""


ERASED = "erased with the account"
"""Replaces what an operator has written, in a line about a person who was erased."""
WRITTEN = ("message", "contact")
"""Values of a request that an operator writes for the member."""


class Action(StrEnum):
    PLAN = "plan"
    GRANT = "grant"
    SUSPEND = "suspend"
    RESUME = "resume"
    LIMITS = "limits"
    POOL = "pool"
    ANNOUNCE = "announce"
    """An operator announces members who will come together."""
    TAKE_BACK = "take-back"
    """An operator takes an announcement back."""
    DRAIN = "drain"
    RECYCLE = "recycle"
    QUARANTINE = "quarantine"
    END = "end"
    DOWNLOAD = "download"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    OPERATOR_TAKEN_BACK = "operator-taken-back"
    """An operator, or an auditor, has the role no more."""


class AuditLine(Struct, frozen=True, kw_only=True):
    """`audit/{request}`."""

    request: str
    at: datetime
    by: str
    """The operator's uid. For OPERATOR, AUDITOR and OPERATOR_TAKEN_BACK the address of an administrator of the project,
    or ADMINISTRATOR."""
    email: str | None
    """The operator's address at that time."""
    action: Action
    target: str | None
    """The uid of the account; None if the change concerns everybody."""
    asked: Values
    note: str
    before: Values = {}
    after: Values = {}

    def anonymous(self, uid: str, alias: str) -> "AuditLine":
        """The line once this person is erased: what was done and when. What an operator has
        written is replaced, because it may name them."""
        by_them = self.by == uid
        return replace(
            self,
            by=alias if by_them else self.by,
            email=None if by_them else self.email,
            target=alias if self.target == uid else self.target,
            asked={name: ERASED if name in WRITTEN else value for name, value in self.asked.items()},
            note=ERASED,
        )

    def check_repeats(self, first: "AuditLine") -> None:
        """Raises Conflict if this request differs from `first`, an earlier request with the same id."""
        if [self.action, self.target, self.asked, self.note] != [first.action, first.target, first.asked, first.note]:
            earlier = f"{first.action} of {first.target or 'everybody'}"
            detail = f"The request id {self.request} was used before, for another change: {earlier}."
            raise Conflict("request-reused", f"{detail} Nothing was changed. Choose a new id.")
