"""Erase what one closed workspace has left behind: one step in each delivery, and everything once more a day later.

The record's `erase_due` decides when to erase; the task is a reminder. Before an attempt begins, `erase_due` is set to
the time of the next attempt. So the next attempt comes even if this one dies, and each one comes later.
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


class EraseAnswer(Struct):
    """What was done."""

    workspace: str
    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="erase"), Erase, task=True)
def erase(_caller: str, body: Erase, now: datetime) -> EraseAnswer:
    """Erase a part of what a closed workspace has left."""
    workspace = find_workspace(body.workspace)
    if workspace is None or workspace.erase_due is None:
        return EraseAnswer(body.workspace, "nothing to erase")
    if workspace.session is not None and _is_open(workspace.session, now):
        return _again(amend_workspace(workspace.wid, lambda each: each.erase_after_session(now)), "a session is open")
    try:
        begun = amend_workspace(workspace.wid, lambda each: each.begin_erasing(now).named(new_id("e-")))
    except IllegalTransition:
        return EraseAnswer(workspace.wid, "not due yet")
    return _attempt(begun, now)


def _is_open(sid: str, now: datetime) -> bool:
    """Whether the session may still write. Begins the session's end if it has not begun."""
    session = begin_end(sid, EndReason.DELETED, now)
    if session is None or not session.open:
        return False
    tasks.schedule_reclaim_check(sid, session.draining or now, again="erase")
    return True


def _attempt(workspace: Workspace, now: datetime) -> EraseAnswer:
    try:
        erased = erasing.erase_some(workspace)
    except Exception as e:
        age = round((now - (workspace.closed_at or workspace.created)).total_seconds())
        fields = {"workspace": workspace.wid, "attempts": workspace.erase_attempts, "age_seconds": age}
        logs.error("erase-failed", **fields, reason=repr(e))
        return _again(workspace, "failed")
    logs.info("workspace-erased", workspace=workspace.wid, things=erased.things, whole=erased.whole)
    if erased.whole and workspace.erased_once:
        forget_account(workspace)
        return EraseAnswer(workspace.wid, "forgotten")
    if erased.whole:
        return _again(amend_workspace(workspace.wid, lambda each: each.erased(now)), "erased")
    return _again(amend_workspace(workspace.wid, lambda each: each.erased_in_part(now)), "erased in part")


def _again(workspace: Workspace, outcome: str) -> EraseAnswer:
    if workspace.erase_due is not None:
        tasks.erase_workspace(workspace.wid, workspace.erase_due)
    return EraseAnswer(workspace.wid, outcome)
