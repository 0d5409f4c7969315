"""Every refusal of Ondol: one table of problems, and four kinds of errors, rendered as problem+json (RFC 9457).

Code raises one of the kinds, and only `shared.endpoint` makes an answer of it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from msgspec import Meta, Struct

PROBLEM_BASE = "https://ondol.dev/problems/"

TITLES = {
    "bad-request": "The request is not valid",
    "not-signed-in": "Sign in first",
    "forbidden": "You are not allowed to do this",
    "account-closed": "This account is closed",
    "account-suspended": "This account is suspended",
    "email-unverified": "The email address is not verified",
    "sign-in-again": "A new sign-in is needed for this",
    "not-found": "Not found",
    "allowance-exhausted": "The plan's time is used up",
    "subscribed": "There is a subscription already",
    "payments-off": "Nothing is sold here",
    "portal-missing": "Subscriptions can't be managed here",
    "checkout-open": "A checkout may still be open",
    "no-team": "You are in no team",
    "in-a-team": "You are in a team",
    "no-seat": "The team's plan has no seat for you",
    "no-seat-left": "The team's plan has no seat left",
    "team-full": "The team is full",
    "team-unpaid": "The team is not paid for",
    "team-too-soon": "A team was made today already",
    "last-owner": "A team needs an owner",
    "invitation-gone": "This invitation is not valid",
    "other-address": "This invitation is for another address",
    "in-the-team": "This person is in the team",
    "other-name": "This is not the team's name",
    "too-many-invitations": "Too many invitations today",
    "too-many-opens": "Too many sessions opened",
    "too-many-requests": "Too many requests",
    "sessions-closed": "New sessions are closed",
    "sessions-full": "The limit of open sessions is reached",
    "no-limit": "This plan has no limit",
    "request-reused": "This request id was used for a different request",
    "too-soon": "This was changed too recently",
    "pool-exhausted": "Every slot is in use",
    "session-draining": "The last session is still being saved",
    "session-open": "The workspace is open",
    "storage-full": "The plan's storage is full",
    "session-elsewhere": "This session is not open",
    "stale-epoch": "The session belongs to another container",
    "checkpoint-refused": "The checkpoint does not hold what it declares",
    "several-alike": "Several paths have this name",
    "in-the-way": "A file stands where a folder is needed",
    "too-large": "This is too large",
    "prices-wrong": "The operator's file of prices can't be read",
    "state-broken": "The last checkpoint can't be restored",
    "slot-unreachable": "The slot does not answer",
    "too-busy": "Too many changes at once",
    "unavailable": "A part of Ondol can't be reached",
    "internal": "Something went wrong on our side",
}


Refusals = Mapping[int, tuple[str, ...]]
"""Names of problems, which are keys of TITLES, by the status that each is answered with."""

Authenticate = TypeVar("Authenticate", bound=Callable[..., Any])


def refusing(refuses: Refusals) -> Callable[[Authenticate], Authenticate]:
    """Declare which problems an authenticator raises, beside an invalid token and too many requests."""

    def declare(authenticate: Authenticate) -> Authenticate:
        vars(authenticate)["refuses"] = refuses
        return authenticate

    return declare


class ProblemAnswer(Struct, frozen=True):
    """A refusal (RFC 9457)."""

    type: Annotated[str, Meta(pattern=f"^{PROBLEM_BASE}", extra_json_schema={"format": "uri"})]
    """Ends with the problem's name, which never changes."""
    title: str
    status: int
    detail: str
    """What happened, and what to do next, for a person."""


class Problem(Exception):
    """A refusal. `name` is a key of TITLES; `detail` tells a person what happened and what to do next."""

    status: ClassVar[int] = 500

    def __init__(self, name: str, detail: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail
        self.answer_status = status or self.status
        self.retry_after = retry_after

    def answer(self) -> ProblemAnswer:
        return ProblemAnswer(PROBLEM_BASE + self.name, TITLES[self.name], self.answer_status, self.detail)


class Refused(Problem):
    """The caller may not do this, and repeating the request does not help: 400, 401, 403, 422. With 429 it helps
    later."""

    status = 403


class Conflict(Problem):
    """The caller's information is outdated."""

    status = 409


class TryAgain(Problem):
    """The request may succeed in `retry_after` seconds. A task that raises this is delivered again."""

    status = 503

    def __init__(self, name: str, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(name, detail, retry_after=retry_after)


class Permanent(Problem):
    """An internal error that repeating does not solve. A task that raises this is not delivered again."""

    status = 500


def bad_request(detail: str) -> Refused:
    return Refused("bad-request", detail, status=400)


def not_signed_in(detail: str) -> Refused:
    return Refused("not-signed-in", detail, status=401)
