"""Firebase Auth created or deleted a person: make their account ready, or note that they are gone.

An event is a hint. It may come late, twice, never, or from a stranger, so Firebase Auth is asked what is true now, and
nothing depends on one: `account` deletes, and `meter` finds who is gone. Nor does one answer erase anybody: it counts
as the first of the two that `meter` wants before it closes an account.
"""

from datetime import datetime

import functions_framework
from cloudevents.http import CloudEvent

from shared import endpoint, logs
from shared.accounts.account import may_be_a_uid
from shared.flows.sign_ins import note_missing_and_drain, with_mark
from shared.gcp import tasks
from shared.gcp.identity import person
from shared.gcp.store.accounts import ensure_account
from shared.request_rates import check_rate
from shared.settings import settings

CREATED = ("google.firebase.auth.user.v1.created", "google.firebase.auth.user.v2.created")
DELETED = ("google.firebase.auth.user.v1.deleted", "google.firebase.auth.user.v2.deleted")
"""Of both generations; both name the person in the subject."""

EVENTS = "auth events"
"""What is counted in shared/request_rates.py."""

functions_framework.errorhandler(Exception)(endpoint.unreadable)


@functions_framework.cloud_event
@endpoint.event
def auth_events(event: CloudEvent, now: datetime) -> None:
    uid = str(event.get("subject") or "").removeprefix("users/")
    if not may_be_a_uid(uid):
        logs.warning("event-ignored", type=event["type"])
        return
    # one that is dropped is missed by nobody: an account is made on the first visit, and `meter` finds who is gone
    check_rate(EVENTS, "everybody")
    known = person(uid)
    if event["type"] in DELETED and not known:
        _miss(uid, now)
    elif event["type"] in CREATED and known:
        account = ensure_account(uid, email=known.email, name=known.name, plan=settings().first_plan, now=now)
        with_mark(account, known.email if known.email_verified else None, now)
        logs.info("account-created", uid=uid)
    else:
        logs.warning("event-ignored", uid=uid, type=event["type"])


def _miss(uid: str, now: datetime) -> None:
    """End the session; `meter` closes the account if they still are missing an hour later."""
    workspace = note_missing_and_drain(uid, now)
    if workspace is None:
        logs.info("event-ignored", uid=uid, why="there is no such account")
    elif workspace.session:
        tasks.schedule_reclaim_check(workspace.session, now, again="missing")
