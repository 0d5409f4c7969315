"""The member's own account: delete it; sign out in this browser, or everywhere; which mails come, and the language."""

from datetime import datetime, timedelta

import functions_framework
from msgspec import Struct

from shared import logs
from shared.accounts.account import Account, Locale
from shared.endpoint import endpoint, routes
from shared.errors import Refused
from shared.flows.sign_ins import (
    InAnyStanding,
    SignedIn,
    check_person,
    close_and_drain,
    in_any_standing,
    may_change,
    may_look,
)
from shared.gcp import tasks
from shared.gcp.identity import Person, delete_person, end_sign_ins, person
from shared.gcp.store.accounts import choose_language, want_mails_about_time
from shared.gcp.store.ids import new_id
from shared.gcp.store.sessions import sign_out_everywhere, sign_out_here
from shared.gcp.store.teams import check_may_go
from shared.mail.mail import Mail, MailKind, Reader
from shared.sessions.session import BrowserId

FRESH = timedelta(minutes=5)
"""A member whose sign-in is older than this can't delete the account."""
SKEW = timedelta(seconds=5)
"""By how much the clock of Firebase Auth and the clock of a function may differ."""


class Delete(Struct, forbid_unknown_fields=True):
    """No fields: the account is the caller's."""


class SignOut(Struct, forbid_unknown_fields=True):
    """Where to sign out."""

    browser: BrowserId | None = None
    """The id that the page made at the sign-in."""
    everywhere: bool = False
    """Ends the sign-ins in all browsers."""


class NoFields(Struct, forbid_unknown_fields=True):
    """No fields: the account is the caller's."""


class Tell(Struct, forbid_unknown_fields=True):
    """What the caller wants to be told by mail."""

    about_time: bool
    """That the plan's time is nearly used."""


class Language(Struct, forbid_unknown_fields=True):
    """The language that the caller chose."""

    locale: Locale
    """Ondol writes mails in it, and the page speaks it wherever the caller signs in."""


class MailsAnswer(Struct):
    """What the caller is told by mail, besides what is done with the account."""

    about_time: bool
    """That the plan's time is nearly used."""


class AccountAnswer(Struct):
    """The request was carried out."""

    done: bool = True


@endpoint(in_any_standing, Delete, refuses={403: ("sign-in-again", "account-suspended"), 409: ("last-owner",)})
def delete_account(caller: InAnyStanding, _body: Delete, now: datetime) -> AccountAnswer:
    """Delete the account.

    Deletes everything in the account, and the sign-in itself. The member must have signed in within the last five
    minutes (`sign-in-again`). The session ends. The rest is erased soon after, see docs/erasing.md. A client that got
    no answer sends the request again: steps that were done are not done twice. The only owner of a team with other
    people hands it over or deletes it first (`last-owner`).
    """
    # No step waits for an event of Firebase Auth. The account is closed first, so that a person who signs up again
    # afterwards goes on with the time that was used.
    signed_in, uid = caller.member.signed_in, caller.member.uid
    if signed_in is None or not -SKEW <= now - signed_in <= FRESH:
        detail = "You signed in too long ago. Nothing was deleted. Sign in again, and delete within five minutes."
        raise Refused("sign-in-again", detail)
    # Firebase Auth does not know the person if an earlier request deleted the sign-in and its answer was lost.
    mail = None
    if person_now := person(uid):
        check_person(person_now, caller.member)
        mail = _mail(person_now, caller.account, now)
    if caller.account:
        check_may_go(caller.account)
    workspace = close_and_drain(uid, now, mail)
    delete_person(uid)
    if mail:
        tasks.send_mail(mail.id, now)
    if workspace and workspace.session:
        tasks.schedule_reclaim_check(workspace.session, now, again="deleted")
    if workspace and workspace.erase_due:
        tasks.erase_workspace(workspace.wid, workspace.erase_due)
    logs.info("account-deleted", uid=uid, found_by="member")
    return AccountAnswer()


@endpoint(in_any_standing, SignOut)
def sign_out(caller: InAnyStanding, body: SignOut, now: datetime) -> AccountAnswer:
    """Sign out.

    With `browser`: this browser's sign-in and every token renewed from it stop counting. What the browser and the
    sign-in may enter ends at the container's next heartbeat. The session goes on. With `everywhere`: every sign-in of
    the member ends, in all browsers, and the session is saved and ended.
    """
    account = caller.account
    if account is None or not account.wid:
        return AccountAnswer()
    if body.everywhere:
        # Firebase Auth comes first: if a later step fails, the same sign-in may still send the request again.
        end_sign_ins(account.uid)
        # An ID token carries its time in whole seconds, so tokens issued in the current second are ended too.
        since = now.replace(microsecond=0) + timedelta(seconds=1)
        sid = sign_out_everywhere(account.uid, since, now)
        if sid:
            tasks.schedule_reclaim_check(sid, now, again="signed-out")
        logs.info("signed-out", uid=account.uid, everywhere=True, session=sid)
        return AccountAnswer()
    sign_out_here(account.uid, caller.member.signed_in, body.browser, now)
    return AccountAnswer()


@endpoint(may_look, NoFields, method="GET")
def wanted_mails(caller: SignedIn, _query: NoFields, _now: datetime) -> MailsAnswer:
    """What the caller is told by mail."""
    return MailsAnswer(caller.account.mails_about_time)


@endpoint(may_change, Tell)
def tell(caller: SignedIn, body: Tell, _now: datetime) -> MailsAnswer:
    """Choose what to be told by mail.

    The link in such a mail turns it off too, without a sign-in.
    """
    want_mails_about_time(caller.account.uid, wanted=body.about_time, by="member")
    return MailsAnswer(body.about_time)


@endpoint(may_look, Language)
def speak(caller: SignedIn, body: Language, _now: datetime) -> AccountAnswer:
    """Choose the language.

    `login` says which one the account has. A suspended member may choose too: they are still written to.
    """
    choose_language(caller.account.uid, body.locale)
    return AccountAnswer()


def _mail(person_now: Person, account: Account | None, now: datetime) -> Mail | None:
    """Confirms it. The mail has the address in it, because Firebase Auth is about to forget it, and a random name, by
    which nothing leads to the member."""
    if not (account and person_now.email and person_now.email_verified):
        return None
    reader = Reader(address=person_now.email, language=account.locale or "en")
    return Mail.new(new_id(""), MailKind.ACCOUNT_ERASED, reader, {}, now)


account = functions_framework.http(
    routes(
        {"delete": delete_account, "language": speak, "mails": wanted_mails, "sign-out": sign_out, "tell": tell},
        "account",
    )
)
