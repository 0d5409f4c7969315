"""Firebase Auth created or deleted a person: make their account ready, or erase it.

An event is a hint. It may come late, twice or from a stranger, so Firebase Auth is asked what is true now.
"""

from datetime import UTC, datetime

import functions_framework
from cloudevents.http import CloudEvent

from shared import logs
from shared.gcp import tasks
from shared.gcp.identity import exists
from shared.gcp.store.accounts import close_account, ensure_account
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_session, read_session
from shared.session import EndReason, SessionState

CREATED = "google.firebase.auth.user.v1.created"
DELETED = "google.firebase.auth.user.v1.deleted"
LOOK_AGAIN_SECONDS = 60
ATTEMPTS = 5


@functions_framework.cloud_event
def auth_events(event: CloudEvent) -> None:
    uid = str(event["subject"]).removeprefix("users/")
    now = datetime.now(UTC)
    if event["type"] == DELETED and not exists(uid):
        _delete(uid, now)
    elif event["type"] == CREATED and exists(uid):
        ensure_account(uid, email=event.data.get("email"), name=event.data.get("displayName"), now=now)
        logs.info("account-created", uid=uid)
    else:
        logs.warning("event-ignored", uid=uid, type=event["type"])


def _delete(uid: str, now: datetime) -> None:
    """Close the workspace, then end its session; `pool` erases the state once the session has ended."""
    workspace = close_account(uid, now)
    if workspace and workspace.session:
        _drain(workspace.session, now)
        tasks.look_at_session(workspace.session, now, again="deleted")
    tasks.run_pool(now)
    logs.info("account-deleted", uid=uid)


def _drain(sid: str, now: datetime) -> None:
    for _ in range(ATTEMPTS):
        read = read_session(sid)
        if read is None or read.record.state in (SessionState.DRAINING, SessionState.ENDED):
            return
        try:
            commit_session(read, read.record.drain(EndReason.DELETED, now, look_again=LOOK_AGAIN_SECONDS))
        except LostRace:
            continue
        return
    raise LostRace(f"session {sid} changes too fast; the event will be delivered again")
