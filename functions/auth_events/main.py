"""Firebase Auth created or deleted a person: make their account ready, or erase it.

An event is a hint. It may come late, twice or from a stranger, so Firebase Auth is asked what is true now.
"""

from datetime import datetime

import functions_framework
from cloudevents.http import CloudEvent

from shared import endpoint, logs
from shared.account import may_be_a_uid
from shared.gcp import tasks
from shared.gcp.identity import person
from shared.gcp.store.accounts import close_account, ensure_account
from shared.gcp.store.sessions import begin_end
from shared.session import EndReason
from shared.settings import settings

CREATED = "google.firebase.auth.user.v1.created"
DELETED = "google.firebase.auth.user.v1.deleted"

functions_framework.errorhandler(Exception)(endpoint.unreadable)


@functions_framework.cloud_event
@endpoint.event
def auth_events(event: CloudEvent, now: datetime) -> None:
    uid = str(event.get("subject") or "").removeprefix("users/")
    if not may_be_a_uid(uid):
        logs.warning("event-ignored", type=event["type"])
        return
    known = person(uid)
    if event["type"] == DELETED and not known:
        _delete(uid, now)
    elif event["type"] == CREATED and known:
        ensure_account(uid, email=known.email, name=known.name, plan=settings().first_plan, now=now)
        logs.info("account-created", uid=uid)
    else:
        logs.warning("event-ignored", uid=uid, type=event["type"])


def _delete(uid: str, now: datetime) -> None:
    """Close the workspace, then end its session; `erase` erases the state once the session has ended."""
    workspace = close_account(uid, now)
    if workspace and workspace.session:
        begin_end(workspace.session, EndReason.DELETED, now)
        tasks.look_at_session(workspace.session, now, again="deleted")
    if workspace and workspace.erase_due:
        tasks.erase_workspace(workspace.wid, workspace.erase_due)
    logs.info("account-deleted", uid=uid)
