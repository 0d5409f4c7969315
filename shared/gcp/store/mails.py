"""The outbox. A mail is created with what it tells of, and sent by a task or, late, by a sweep."""

from collections.abc import Iterable
from datetime import datetime

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.database import Commit, LostRace, database, document, read, run_count, run_readable
from shared.mail.mail import Mail, MailState
from shared.record import Versioned

AT_ONCE = 100
"""Mails that one query finds."""


def mail_ref(name: str) -> firestore.DocumentReference:
    return document("mails", name)


def read_mail(name: str) -> Versioned[Mail] | None:
    return read(mail_ref(name), Mail)


def add_mail(commit: Commit, mail: Mail) -> None:
    """Adds a new mail to the commit of what it tells of. One that exists already makes the commit fail: the record of
    what it tells of says whether it was told."""
    commit.create(mail_ref(mail.id), mail)


def create_mail(mail: Mail) -> bool:
    """Puts the mail into the outbox. Returns False if it is there, or was: what it tells was told before."""
    try:
        Commit().create(mail_ref(mail.id), mail).run()
    except LostRace:
        return False
    return True


def commit_mail(before: Versioned[Mail], after: Mail) -> None:
    """Raises LostRace."""
    Commit().change(mail_ref(after.id), before, after).run()


def due_mails(now: datetime) -> list[Mail]:
    """Up to AT_ONCE mails that should have been sent by now."""
    found = database().collection("mails").where(filter=FieldFilter("due", "<=", now)).limit(AT_ONCE)
    return [mail.record for mail in run_readable(found, Mail)[0]]


def count_mails(state: MailState) -> int:
    """Of those that are kept."""
    return run_count(database().collection("mails").where(filter=FieldFilter("state", "==", state)))


def expired_mails(now: datetime) -> list[Versioned[Mail]]:
    """Up to AT_ONCE mails whose documents are to be deleted."""
    found = database().collection("mails").where(filter=FieldFilter("forget", "<=", now)).limit(AT_ONCE)
    return run_readable(found, Mail)[0]


def mails_to(uid: str) -> list[Versioned[Mail]]:
    """Up to AT_ONCE mails to a member, sent or not."""
    found = database().collection("mails").where(filter=FieldFilter("uid", "==", uid)).limit(AT_ONCE)
    return run_readable(found, Mail)[0]


def delete_mails(mails: Iterable[Versioned[Mail]]) -> int:
    """Returns how many were deleted. One that is being sent meanwhile is left for the next time."""
    count = 0
    for mail in mails:
        try:
            Commit().delete(mail_ref(mail.record.id), mail).run()
        except LostRace:
            continue
        count += 1
    return count
