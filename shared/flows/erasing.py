"""Erase what a closed workspace and its member have left behind, in steps that each end soon.

PARTS names all that is erased, or made anonymous where bookkeeping needs it: docs/erasing.md has the whole list. When,
and how often it is tried, is the workspace's record to say.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from shared.gcp import buckets
from shared.gcp.identity import delete_person, person
from shared.gcp.store import accounts, anonymous
from shared.sessions.workspace import Workspace
from shared.time_budget import TimeBudget

PIECE = 400
"""Things that a part deletes at once: one commit may have 500 writes."""
STEP_SECONDS = 15.0
STEP_THINGS = 2000
"""A step ends after so many seconds or things; the next step erases what is left."""

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


def _billing(workspace: Workspace) -> int:
    return accounts.leave_billing(workspace.owner, _alias(workspace), datetime.now(UTC))


def _sign_in(workspace: Workspace) -> int:
    """In one call: nothing is left after it. Whoever was made later under the same uid is somebody else."""
    found = person(workspace.owner)
    if found and found.created < (workspace.closed_at or workspace.created):
        delete_person(found.uid)
    return 0


def _alias(workspace: Workspace) -> str:
    if workspace.alias is None:
        raise LookupError(f"workspace {workspace.wid} has no alias for what is kept")
    return workspace.alias


PARTS: tuple[Part, ...] = (_objects, _documents, _sessions, _lines, _audit, _billing, _sign_in)
"""Each erases a piece of one kind of thing, and says how much that was: 0 once none is left."""


class Erased(Struct, frozen=True):
    """What one step has done."""

    things: int
    whole: bool
    """Nothing is left."""


def erase_some(workspace: Workspace) -> Erased:
    """One step. A part that fails keeps no other from its turn, and is raised at the end: ExceptionGroup."""
    deadline, things, failed = TimeBudget(STEP_SECONDS), 0, list[Exception]()
    for part in PARTS:
        try:
            while found := part(workspace):
                things += found
                if deadline.is_over() or things >= STEP_THINGS:
                    break
        except Exception as e:
            failed.append(e)
    if failed:
        raise ExceptionGroup("not everything could be erased", failed)
    return Erased(things, whole=not (deadline.is_over() or things >= STEP_THINGS))
