"""People of the Auth emulator and their accounts, for tests of what becomes of both when somebody leaves."""

from datetime import datetime

from firebase_admin import auth

from shared.accounts.account import Account
from shared.flows.sign_ins import account_of
from shared.gcp.identity import Member, _firebase, person
from shared.gcp.store.accounts import ensure_account


def sign_up(uid: str, email: str | None = None) -> None:
    """Firebase Auth knows them from now on."""
    auth.create_user(uid=uid, email=email or f"{uid}@example.com", email_verified=True, app=_firebase())


def leave(uid: str) -> None:
    """Firebase Auth knows them no more, and no event tells of it."""
    auth.delete_user(uid, app=_firebase())


def disable(uid: str) -> None:
    auth.update_user(uid, disabled=True, app=_firebase())


def member(uid: str, now: datetime, email: str | None = None) -> Member:
    """With a sign-in of now."""
    address = email or f"{uid}@example.com"
    return Member(uid, address, uid.title(), email_verified=True, issued=now, signed_in=now)


def come(uid: str, now: datetime, email: str | None = None) -> Account:
    """They sign up and visit the page; their account."""
    if person(uid) is None:
        sign_up(uid, email)
    return account_of(member(uid, now, email), now)


def an_account(uid: str, now: datetime) -> Account:
    """An account, whether Firebase Auth knows anybody or not."""
    return ensure_account(uid, email=f"{uid}@example.com", name=uid.title(), now=now)
