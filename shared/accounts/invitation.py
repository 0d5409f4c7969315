"""An invitation to a team: for one address, for a week, by a link whose token is stored only as its hash."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.address_marks import normalized

VALID_FOR = timedelta(days=7)
"""How long an invitation can be accepted."""
SECRET = 40
"""Letters of a token's secret part: over 200 bits."""

Address = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,253}\Z")]
Language = Literal["ko", "en"]
InvitationId = Annotated[str, Meta(pattern=r"^i-[a-z0-9]{20}\Z")]
Token = Annotated[str, Meta(pattern=r"^b-[a-z0-9]{20}\.[a-z0-9]{40}\Z")]
"""What the link carries: the team's id, and a secret that only the link has."""


class TeamRole(StrEnum):
    OWNER = "owner"
    """Manages the team, pays for it, and works on its time."""
    MEMBER = "member"
    """Works on the team's time."""
    PAYING_MEMBER = "paying-member"
    """Works on the team's time, and pays for it."""
    BILLING = "billing"
    """Pays for the team. Takes no seat, and works on the own account."""

    @property
    def takes_seat(self) -> bool:
        return self != TeamRole.BILLING

    @property
    def may_pay(self) -> bool:
        return self != TeamRole.MEMBER


class Invitation(Struct, frozen=True, kw_only=True):
    id: str
    token_sha256: str
    address: str
    role: TeamRole
    language: Language
    """The language of the mail that brings the link."""
    by: str
    """The uid of the owner who sent it last; empty once that person has left the team."""
    sent: datetime
    expires: datetime

    def is_open(self, now: datetime) -> bool:
        return now < self.expires

    def is_for(self, address: str) -> bool:
        return is_same(self.address, address)

    def has(self, token: str) -> bool:
        """Whether the link with this token is this invitation's newest."""
        return compare_digest(self.token_sha256, hash_of(token))

    def without_sender(self, uid: str) -> "Invitation":
        return replace(self, by="") if self.by == uid else self

    def sent_again(self, token: str, by: str, now: datetime) -> "Invitation":
        """The invitation with another link. The link before is not valid any more."""
        return replace(self, token_sha256=hash_of(token), by=by, sent=now, expires=now + VALID_FOR)


def invitation(
    name: str, token: str, address: str, role: TeamRole, language: Language, by: str, now: datetime
) -> Invitation:
    return Invitation(
        id=name,
        token_sha256=hash_of(token),
        address=address,
        role=role,
        language=language,
        by=by,
        sent=now,
        expires=now + VALID_FOR,
    )


def token_of(bid: str, secret: str) -> str:
    return f"{bid}.{secret}"


def team_in(token: str) -> str:
    """The id of the team that the token is for."""
    return token.partition(".")[0]


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def is_same(address: str, other: str) -> bool:
    """Whether mail services deliver both addresses to one mailbox."""
    return normalized(address) == normalized(other)


def masked(address: str) -> str:
    """The address for somebody who may be a stranger: the first letter, and the domain."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"
