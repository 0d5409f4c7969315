"""A mail in the outbox: what it tells whom, and whether it was sent.

A mail is a document first, written in the same commit as what it tells of. The task that sends it only makes prompt
what the document says, so a mail is neither forgotten nor sent for something that did not happen.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.accounts.account import Locale
from shared.record import IllegalTransition

ATTEMPT_FOR = timedelta(minutes=2)
"""An attempt that has said nothing for so long has died. A mail server has a minute to answer."""
GIVE_UP_AFTER = timedelta(days=2)
"""After this time a mail is not tried again: it would tell of something that is over."""
KEPT_FOR = timedelta(days=7)
"""How long a mail that was sent or given up is kept, for an operator who is asked what became of it."""


class MailKind(StrEnum):
    """What a mail is about. Each kind has its words in both languages, and its own facts (FACTS)."""

    PAYMENT_FAILED = "payment-failed"
    """A payment has failed, and the provider tries again."""
    PLAN_ENDED = "plan-ended"
    """A paid plan has ended, and what exceeds the present one is kept for a time."""
    KEPT_ENDS = "kept-ends"
    """What a lost plan had kept is deleted soon."""
    ACCOUNT_ERASED = "account-erased"
    """The member has deleted their account."""
    LEFT_OUT = "left-out"
    """A session has ended, and no snapshot has something of the member's own."""
    INVITATION = "invitation"
    """An owner invites the reader to a team. It brings the link."""
    REMOVED = "removed"
    """An owner has removed the member from a team."""
    TEAM_DELETED = "team-deleted"
    """The member's team was deleted, by somebody else."""
    TIME_NEARLY_USED = "time-nearly-used"
    """The plan's time of this month is nearly used."""


FACTS: Mapping[MailKind, frozenset[str]] = {
    MailKind.PAYMENT_FAILED: frozenset({"plan", "until"}),
    MailKind.PLAN_ENDED: frozenset({"plan", "now", "until"}),
    MailKind.KEPT_ENDS: frozenset({"plan", "now", "until"}),
    MailKind.ACCOUNT_ERASED: frozenset(),
    MailKind.LEFT_OUT: frozenset({"count", "bytes", "kept", "until"}),
    MailKind.INVITATION: frozenset({"team", "by", "role", "until", "token"}),
    MailKind.REMOVED: frozenset({"team"}),
    MailKind.TEAM_DELETED: frozenset({"team", "seat"}),
    MailKind.TIME_NEARLY_USED: frozenset({"plan", "left", "renews", "team", "pays"}),
}
"""What each kind of mail has to be given. `plan` and `now` are names of the plan table, `until` is a moment in ISO
8601, or empty if there is none; `count` is a whole number, `bytes` and `kept` are whole numbers of bytes; `team` and
`by` are names that people chose, and `token` is that of an invitation's link; `seat` is empty for who only paid; `left`
is a whole number of seconds, `renews` a moment, and `pays` is empty for who can't choose another plan. They are written
out in the reader's language when the mail is composed."""


OPTIONAL = (MailKind.TIME_NEARLY_USED,)
"""What a member can have stopped: by the link in it, and in the settings (`Account.mails_about_time`). All others tell
of something that was done, or is about to be."""


class MailState(StrEnum):
    PENDING = "pending"
    """To be sent, perhaps being sent."""
    SENT = "sent"
    """The mail server has taken it."""
    REFUSED = "refused"
    """The mail server will never take it: there is no such address, or it takes nothing from Ondol."""
    GIVEN_UP = "given-up"
    """No attempt succeeded in time."""


OVER = (MailState.SENT, MailState.REFUSED, MailState.GIVEN_UP)


class Reader(Struct, frozen=True, kw_only=True):
    """To whom a mail is written: a member by `uid`, or an `address` that Firebase Auth can't be asked for."""

    uid: str | None = None
    address: str | None = None
    language: Locale
    zone: str = "UTC"


class Mail(Struct, frozen=True, kw_only=True):
    """`mails/{id}`: one mail."""

    id: str
    """Names what it tells of, so that telling it twice makes one mail."""
    kind: MailKind
    uid: str | None
    """The member to whom it is written, at the address that Firebase Auth knows when it is sent. The mail is erased
    with the account. None of a mail to `address`."""
    address: str | None = None
    """The verified address of a reader who is no member; None once the mail is over."""
    language: Locale
    zone: str = "UTC"
    """The time zone in which the reader's days begin."""
    facts: dict[str, str] = {}
    """Values of FACTS. Of a mail to `address` they go with it: one of them may be a link's token."""
    created: datetime
    state: MailState = MailState.PENDING
    attempts: int = 0
    begun: datetime | None = None
    """When the latest attempt began; None while none is under way."""
    due: datetime | None
    """When it is to be sent, if no task does so before; None once it is over."""
    forget: datetime
    """When the document is deleted."""
    reason: str | None = None
    """What the mail server said when it refused, or last failed."""

    @classmethod
    def new(cls, name: str, kind: MailKind, reader: "Reader", facts: Mapping[str, str], now: datetime) -> "Mail":
        """`name` distinguishes what it tells of from everything else of its kind, and is the same however often it is
        told. Raises ValueError if the facts are not those of the kind."""
        if (reader.uid is None) == (reader.address is None):
            raise ValueError("a mail goes to a member or to an address")
        if facts.keys() != FACTS[kind]:
            raise ValueError(f"a mail of kind {kind} needs {sorted(FACTS[kind])}, and was given {sorted(facts)}")
        return cls(
            id=f"{kind}-{name}",
            kind=kind,
            uid=reader.uid,
            address=reader.address,
            language=reader.language,
            zone=reader.zone,
            facts=dict(facts),
            created=now,
            due=now,
            forget=now + GIVE_UP_AFTER + KEPT_FOR,
        )

    def begin(self, now: datetime) -> "Mail":
        """The mail while an attempt is made. Raises IllegalTransition if it is over, or while another attempt is."""
        if self.state in OVER:
            raise IllegalTransition(f"mail {self.id} is {self.state}")
        if self.begun is not None and now < self.begun + ATTEMPT_FOR:
            raise IllegalTransition(f"mail {self.id} is being sent")
        return replace(self, begun=now, attempts=self.attempts + 1, due=now + ATTEMPT_FOR)

    def sent(self, now: datetime) -> "Mail":
        return self._over(MailState.SENT, None, now)

    def refused(self, reason: str, now: datetime) -> "Mail":
        return self._over(MailState.REFUSED, reason, now)

    def failed(self, reason: str, now: datetime) -> "Mail":
        """The mail after an attempt that a later one may make good: tried again after twice the time each time."""
        pause = timedelta(minutes=1) * 2 ** min(self.attempts, 9)
        if now + pause >= self.created + GIVE_UP_AFTER:
            return self._over(MailState.GIVEN_UP, reason, now)
        return replace(self, begun=None, due=now + pause, reason=reason)

    def _over(self, state: MailState, reason: str | None, now: datetime) -> "Mail":
        over = replace(self, state=state, begun=None, due=None, reason=reason, forget=now + KEPT_FOR)
        return over if self.address is None else replace(over, address=None, facts={})
