"""Erase what a closed workspace and its member have left behind, in short steps.

PARTS names everything that is erased, or made anonymous where bookkeeping needs it; docs/erasing.md has the whole list.
The workspace's record decides when to erase and how often to try.
"""

from collections.abc import Callable

from msgspec import Struct

from shared import machine
from shared.gcp import buckets, tasks
from shared.gcp.identity import delete_person, person
from shared.gcp.store import accounts, anonymous, mails, teams
from shared.gcp.store.subscriptions import hurry_payer
from shared.sessions.workspace import Workspace
from shared.time_budget import TimeBudget

PIECE = 400
"""Things that a part erases at once. One commit may have 500 writes."""
STEP_SECONDS = 15.0
STEP_THINGS = 2000
"""A step ends after so many seconds or things. The next step erases the rest."""

Part = Callable[[Workspace], int]


def _objects(workspace: Workspace) -> int:
    return buckets.erase_objects(workspace.wid, PIECE)


def _documents(workspace: Workspace) -> int:
    return accounts.erase_documents(workspace.wid, PIECE)


def _sessions(workspace: Workspace) -> int:
    return anonymous.anonymise_sessions(workspace.owner, _alias(workspace))


def _lines(workspace: Workspace) -> int:
    return anonymous.anonymise_lines(workspace.owner, _alias(workspace))


def _audit(workspace: Workspace) -> int:
    return anonymous.anonymise_audit(workspace.owner, _alias(workspace))


def _mails(workspace: Workspace) -> int:
    return mails.delete_mails(mails.mails_to(workspace.owner))


def _team(workspace: Workspace) -> int:
    """An invitation may have been accepted just before the account was closed."""
    account = accounts.find_account(workspace.owner)
    if account:
        teams.leave_for_good(account, machine.now())
    return 0


def _billing(workspace: Workspace) -> int:
    return accounts.leave_billing(workspace.owner, _alias(workspace), machine.now())


def _payer(workspace: Workspace) -> int:
    """Has `payer` end the subscriptions and forget the customer. It is another function's, which alone has the payment
    provider's key; that the payer is due stays in the record until it has been done."""
    account = accounts.find_account(workspace.owner)
    if account and account.bid and hurry_payer(account.bid, machine.now()):
        tasks.ask_about_billing(account.bid)
    return 0


def _sign_in(workspace: Workspace) -> int:
    """Deletes the sign-in, in one call. A person created later under the same uid is somebody else."""
    owner = person(workspace.owner)
    if owner and owner.created < (workspace.closed_at or workspace.created):
        delete_person(owner.uid)
    return 0


def _alias(workspace: Workspace) -> str:
    if workspace.alias is None:
        raise LookupError(f"workspace {workspace.wid} has no alias for what is kept")
    return workspace.alias


PARTS: tuple[Part, ...] = (_objects, _documents, _sessions, _lines, _audit, _mails, _team, _billing, _payer, _sign_in)
"""Each part erases some things of one kind, and returns how many; 0 when none is left."""


class Erased(Struct, frozen=True):
    """The result of one step."""

    things: int
    whole: bool
    """Nothing is left to erase."""


def erase_some(workspace: Workspace) -> Erased:
    """Runs one step. A part that fails stops no other part; all failures are raised together at the end as
    ExceptionGroup."""
    budget, things, failed = TimeBudget(STEP_SECONDS), 0, list[Exception]()
    for part in PARTS:
        try:
            while erased := part(workspace):
                things += erased
                if budget.is_over() or things >= STEP_THINGS:
                    break
        except Exception as e:
            failed.append(e)
    if failed:
        raise ExceptionGroup("not everything could be erased", failed)
    return Erased(things, whole=not (budget.is_over() or things >= STEP_THINGS))
