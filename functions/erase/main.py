"""Erase what one closed workspace has left behind: a step in each delivery, and again a day later.

The record's `erase_due` is the truth about when; this task is a reminder. It is set to the time of the next attempt
before one begins, so that whatever becomes of an attempt, the next one comes, and later each time.
"""

from datetime import datetime
from functools import partial

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import endpoint
from shared.flows import erasing
from shared.gcp import tasks
from shared.gcp.identity import invoker
from shared.gcp.store.accounts import amend_workspace, find_workspace, forget_account
from shared.gcp.store.ids import new_id
from shared.gcp.store.sessions import begin_end
from shared.record import IllegalTransition
from shared.sessions.session import EndReason
from shared.sessions.workspace import Workspace, WorkspaceId


class Erase(Struct, forbid_unknown_fields=True):
    workspace: WorkspaceId


class Done(Struct):
    workspace: str
    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="erase"), Erase, task=True)
def erase(_caller: str, body: Erase, now: datetime) -> Done:
    workspace = find_workspace(body.workspace)
    if workspace is None or workspace.erase_due is None:
        return Done(body.workspace, "nothing to erase")
    if workspace.session is not None and _is_open(workspace.session, now):
        return _again(amend_workspace(workspace.wid, lambda found: found.erase_after_session(now)), "a session is open")
    try:
        begun = amend_workspace(workspace.wid, lambda found: found.begin_erasing(now).named(new_id("e-")))
    except IllegalTransition:
        return Done(workspace.wid, "not due yet")
    return _attempt(begun, now)


def _is_open(sid: str, now: datetime) -> bool:
    """Whether the session may still write. Its end is begun if nobody has."""
    session = begin_end(sid, EndReason.DELETED, now)
    if session is None or not session.open:
        return False
    tasks.schedule_reclaim_check(sid, session.draining or now, again="erase")
    return True


def _attempt(workspace: Workspace, now: datetime) -> Done:
    try:
        erased = erasing.erase_some(workspace)
    except Exception as e:
        age = round((now - (workspace.closed_at or workspace.created)).total_seconds())
        told = {"workspace": workspace.wid, "attempts": workspace.erase_attempts, "age_seconds": age}
        logs.error("not-erased", **told, why=repr(e))
        return _again(workspace, "failed")
    logs.info("erased", workspace=workspace.wid, things=erased.things, whole=erased.whole)
    if erased.whole and workspace.erased_once:
        forget_account(workspace)
        return Done(workspace.wid, "forgotten")
    if erased.whole:
        return _again(amend_workspace(workspace.wid, lambda found: found.erased(now)), "erased")
    return _again(amend_workspace(workspace.wid, lambda found: found.erased_in_part(now)), "erased in part")


def _again(workspace: Workspace, outcome: str) -> Done:
    if workspace.erase_due is not None:
        tasks.erase_workspace(workspace.wid, workspace.erase_due)
    return Done(workspace.wid, outcome)
