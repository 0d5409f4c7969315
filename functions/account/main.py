"""The member's own account: delete it; sign out in this browser, or everywhere."""

from datetime import datetime, timedelta

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import endpoint, routes
from shared.errors import Refused
from shared.flows.sign_ins import check_person, close_and_drain
from shared.gcp import tasks
from shared.gcp.identity import Member, delete_person, end_sign_ins, member, person
from shared.gcp.store.accounts import find_account, read_workspace
from shared.gcp.store.sessions import sign_out_browser, sign_out_everywhere
from shared.sessions.session import BrowserId

FRESH = timedelta(minutes=5)
"""A sign-in that is older than this deletes no account."""
SKEW = timedelta(seconds=5)
"""By how much Firebase Auth's clock and ours may differ."""


class Delete(Struct, forbid_unknown_fields=True):
    pass


class SignOut(Struct, forbid_unknown_fields=True):
    """Sign out in `browser`, the id that the page made at the sign-in; with `everywhere`, in all browsers."""

    browser: BrowserId | None = None
    everywhere: bool = False


class Done(Struct):
    done: bool = True


@endpoint(member, Delete)
def delete(caller: Member, _body: Delete, now: datetime) -> Done:
    """Close the account, end its session, delete the person in Firebase Auth. A request that was not answered is sent
    again: what is done already stays done. No step needs an event.

    The account is closed first: whoever signs up anew after this finds what was used of the period.
    """
    if caller.signed_in is None or not -SKEW <= now - caller.signed_in <= FRESH:
        said = "You signed in too long ago. Nothing was deleted. Sign in again, and delete within five minutes."
        raise Refused("sign-in-again", said)
    account = find_account(caller.uid)
    if account:
        account.check_sign_in(caller.issued)
    # whom it does not know any more has asked before, and did not hear the answer
    if found := person(caller.uid):
        check_person(found, caller)
    workspace = close_and_drain(caller.uid, now)
    delete_person(caller.uid)
    if workspace and workspace.session:
        tasks.schedule_reclaim_check(workspace.session, now, again="deleted")
    if workspace and workspace.erase_due:
        tasks.erase_workspace(workspace.wid, workspace.erase_due)
    logs.info("account-deleted", uid=caller.uid, found_by="member")
    return Done()


@endpoint(member, SignOut)
def sign_out(caller: Member, body: SignOut, now: datetime) -> Done:
    """End sign-ins in Firebase Auth first: if a later step fails, the same sign-in may ask again."""
    account = find_account(caller.uid)
    if account is None or not account.wid:
        return Done()
    account.check_sign_in(caller.issued)
    if body.everywhere:
        end_sign_ins(caller.uid)
        # ID tokens tell whole seconds: those of this very second are ended too
        since = now.replace(microsecond=0) + timedelta(seconds=1)
        sid = sign_out_everywhere(caller.uid, since, now)
        if sid:
            tasks.schedule_reclaim_check(sid, now, again="signed-out")
        logs.info("signed-out", uid=caller.uid, everywhere=True, session=sid)
        return Done()
    session = read_workspace(account.wid).record.session
    if session and body.browser:
        sign_out_browser(session, body.browser, now)
    return Done()


account = functions_framework.http(routes({"delete": delete, "sign-out": sign_out}, "account"))
