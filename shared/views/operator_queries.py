"""What operators ask to see, as it is sent."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from shared.accounts.audit import RequestId
from shared.accounts.members import MemberSort
from shared.errors import bad_request
from shared.sessions.session import SessionId
from shared.slots.slot import SlotName, SlotState
from shared.views.operator_requests import Email, Uid, checked_uid

ROWS = 50
"""Rows on one page, unless the operator asks for another number."""

Limit = Annotated[int, Meta(ge=1, le=100)]
Cursor = Annotated[str, Meta(max_length=700, pattern=r"^[A-Za-z0-9_-]+\Z")]
"""As `shared.cursors.place_text` writes it: an address and a uid take 540 characters."""

BeginsWith = Annotated[str, Meta(min_length=1, max_length=100)]
"""Short enough for one line of a request, in whatever script."""


class OverviewQuery(Struct, forbid_unknown_fields=True):
    """No fields."""


class AccountQuery(Struct, forbid_unknown_fields=True):
    """The account, by one of the two."""

    uid: Uid | None = None
    email: Email | None = None

    def check(self) -> None:
        """Raises Refused."""
        if (self.uid is None) == (self.email is None):
            raise bad_request("Give either uid or email.")
        if self.uid is not None:
            checked_uid(self.uid)


class AuditQuery(Struct, forbid_unknown_fields=True):
    target: Uid | None = None
    """Only what was done to this account."""
    before: RequestId | None = None
    """The request id of the last line of the previous page."""
    limit: Limit = ROWS


class DaysQuery(Struct, forbid_unknown_fields=True):
    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]
    """Such as 2026-11."""


class MembersQuery(Struct, forbid_unknown_fields=True):
    sort: MemberSort = MemberSort.CREATED
    descending: bool = False
    email: BeginsWith | None = None
    """Only addresses that begin with this, in the order of addresses."""
    after: Cursor | None = None
    """The `next` of the previous page."""
    limit: Limit = ROWS

    def order(self) -> MemberSort:
        """What the members are sorted by. Raises Refused."""
        if self.email is not None and self.sort not in (MemberSort.EMAIL, MemberSort.CREATED):
            raise bad_request("email: Addresses are searched in the order of addresses only. Leave out sort.")
        return MemberSort.EMAIL if self.email is not None else self.sort


class SlotsQuery(Struct, forbid_unknown_fields=True):
    state: SlotState | None = None
    """Only slots in this state."""
    after: SlotName | None = None
    """The `next` of the previous page."""
    limit: Limit = ROWS


class PayersOf(StrEnum):
    RETRYING = "retrying"
    """A payment has failed, and is tried again."""
    UNPAID = "unpaid"
    """The plan ended because a payment is missing."""
    DISAGREEING = "disagreeing"
    """The payment provider and Ondol disagree."""
    UNASKED = "unasked"
    """The payment provider could not be asked for more than a day."""


class PayersQuery(Struct, forbid_unknown_fields=True):
    of: PayersOf
    after: Cursor | None = None
    """The `next` of the previous page."""
    limit: Limit = ROWS


class SlotQuery(Struct, forbid_unknown_fields=True):
    slot: SlotName


class SessionsQuery(Struct, forbid_unknown_fields=True):
    """The sessions of one member, newest first; without `uid` all that are open."""

    uid: Uid | None = None
    after: Cursor | None = None
    """The `next` of the previous page."""
    limit: Limit = ROWS


class SessionQuery(Struct, forbid_unknown_fields=True):
    session: SessionId
