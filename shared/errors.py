"""Every way in which Ondol says no: one table of problems, five kinds of error, rendered as RFC 9457 problem+json.

Raise the kind; `shared.endpoint` is the one place that turns it into an answer.
"""

from typing import ClassVar

PROBLEM_BASE = "https://ondol.dev/problems/"

TITLES = {
    "bad-request": "The request can't be understood",
    "not-signed-in": "Sign in first",
    "forbidden": "This caller may not do that",
    "account-closed": "This account is closed",
    "account-suspended": "This account is suspended",
    "email-unverified": "The email address is not verified",
    "sign-in-again": "A new sign-in is needed for this",
    "not-found": "There is no such thing",
    "allowance-exhausted": "The plan's time is used up",
    "too-many-opens": "Too many sessions opened",
    "too-many-requests": "Too many requests",
    "sessions-closed": "New sessions are closed",
    "sessions-full": "As many sessions are open as may be",
    "no-limit": "There is no limit to raise",
    "request-reused": "That request was another one",
    "too-soon": "It was changed not long ago",
    "pool-exhausted": "Every slot is in use",
    "session-draining": "The last session is still being saved",
    "session-open": "The workspace is open",
    "storage-full": "The plan has no room for all of it",
    "session-elsewhere": "That session is not open",
    "stale-epoch": "The session belongs to another container",
    "checkpoint-refused": "The checkpoint does not hold what it declares",
    "several-alike": "Several paths have that name",
    "too-large": "There is too much of it",
    "state-broken": "The last checkpoint can't be restored",
    "slot-unreachable": "The slot does not answer",
    "too-busy": "Too many changes at once",
    "unavailable": "A part of Ondol can't be reached",
    "internal": "Something went wrong on our side",
}


class Problem(Exception):
    """A refusal. `name` is a key of TITLES; `detail` tells a person what happened and what to do next."""

    status: ClassVar[int] = 500

    def __init__(self, name: str, detail: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail
        self.answer_status = status or self.status
        self.retry_after = retry_after

    def to_json(self) -> dict[str, str | int]:
        return {
            "type": PROBLEM_BASE + self.name,
            "title": TITLES[self.name],
            "status": self.answer_status,
            "detail": self.detail,
        }


class Refused(Problem):
    """The caller may not, whatever it tries again: 400, 401, 403, 422; or not yet: 429."""

    status = 403


class Conflict(Problem):
    """What the caller knows is out of date."""

    status = 409


class TryAgain(Problem):
    """It may work in `retry_after` seconds. A task that raises it is delivered again."""

    status = 503

    def __init__(self, name: str, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(name, detail, retry_after=retry_after)


class Permanent(Problem):
    """Ondol's own fault; trying again will not help. A task that raises it is not delivered again."""

    status = 500


def bad_request(detail: str) -> Refused:
    return Refused("bad-request", detail, status=400)


def not_signed_in(detail: str) -> Refused:
    return Refused("not-signed-in", detail, status=401)
