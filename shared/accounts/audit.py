"""What operators did: one line for each use of their rights, made with the change itself, and never changed."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.errors import Conflict

RequestId = Annotated[str, Meta(pattern=r"^[a-z0-9-]{8,64}\Z")]
"""Chosen by the caller: the same one a second time is the same request."""
Note = Annotated[str, Meta(min_length=1, max_length=500)]
"""Why."""
Values = dict[str, str | int | bool | None]


ADMINISTRATOR = "administrator"
"""Who administers the project, where their credentials do not say who they are."""


ERASED = "erased with the account"
"""In place of the note of a line that tells of somebody who was erased."""


class Action(StrEnum):
    PLAN = "plan"
    GRANT = "grant"
    SUSPEND = "suspend"
    RESUME = "resume"
    LIMITS = "limits"
    OPERATOR = "operator"
    OPERATOR_TAKEN_BACK = "operator-taken-back"


class AuditLine(Struct, frozen=True, kw_only=True):
    """`audit/{request}`."""

    request: str
    at: datetime
    by: str
    """The operator's uid. Of OPERATOR and OPERATOR_TAKEN_BACK the address of who administers the project, or
    ADMINISTRATOR."""
    email: str | None
    """Theirs, as of then."""
    action: Action
    target: str | None
    """The uid of the account; None for what concerns everybody."""
    asked: Values
    note: str
    before: Values = {}
    after: Values = {}

    def anonymous(self, uid: str, alias: str) -> "AuditLine":
        """What stays of it once this person is erased: what was done and when. A note may name them."""
        by_them = self.by == uid
        return replace(
            self,
            by=alias if by_them else self.by,
            email=None if by_them else self.email,
            target=alias if self.target == uid else self.target,
            note=ERASED,
        )

    def check_repeats(self, first: "AuditLine") -> None:
        """Raises Conflict if this asks for anything else than `first`, which had the same id."""
        if [self.action, self.target, self.asked, self.note] != [first.action, first.target, first.asked, first.note]:
            said = f"The request {self.request} was another one: {first.action} of {first.target or 'everybody'}."
            raise Conflict("request-reused", f"{said} Nothing was changed. Choose a new id.")
