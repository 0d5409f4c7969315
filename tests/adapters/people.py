"""People of the Auth emulator and their accounts, for tests of what becomes of both when somebody leaves."""

from datetime import UTC, datetime, timedelta

from firebase_admin import auth

from shared.accounts.account import Account
from shared.flows.sign_ins import marked_account_of
from shared.gcp.identity import Member, firebase_app, person
from shared.gcp.store.accounts import ensure_account
from tests.support.members.forged_tokens import unsigned
from tests.support.stack.environment import SETTINGS


def sign_up(uid: str, email: str | None = None) -> None:
    """Firebase Auth knows them from now on."""
    auth.create_user(uid=uid, email=email or f"{uid}@example.com", email_verified=True, app=firebase_app())


def leave(uid: str) -> None:
    """Firebase Auth knows them no more, and no event tells of it."""
    auth.delete_user(uid, app=firebase_app())


def disable(uid: str) -> None:
    auth.update_user(uid, disabled=True, app=firebase_app())


def member(uid: str, now: datetime, email: str | None = None) -> Member:
    """With a sign-in of now."""
    address = email or f"{uid}@example.com"
    return Member(uid, address, uid.title(), email_verified=True, issued=now, signed_in=now)


def come(uid: str, now: datetime, email: str | None = None) -> Account:
    """They sign up and visit the page; their account."""
    if person(uid) is None:
        sign_up(uid, email)
    return marked_account_of(member(uid, now, email), now)


def an_account(uid: str, now: datetime) -> Account:
    """An account, whether Firebase Auth knows anybody or not."""
    return ensure_account(uid, email=f"{uid}@example.com", name=uid.title(), now=now)


def operators_token(uid: str, now: datetime) -> str:
    """An ID token of somebody who is made an operator."""
    if person(uid) is None:
        sign_up(uid)
    auth.set_custom_user_claims(uid, {"admin": True}, app=firebase_app())
    return token_of(member(uid, now), admin=True)


def token_of(caller: Member, **role: bool) -> str:
    """An ID token of this sign-in, as the Auth emulator makes them: without a signature."""
    project = SETTINGS["GOOGLE_CLOUD_PROJECT"]
    issuer = {"iss": f"https://securetoken.google.com/{project}", "aud": project, "sub": caller.uid}
    who = {"email": caller.email, "name": caller.name, "email_verified": caller.email_verified}
    times = {"iat": caller.issued, "auth_time": caller.signed_in, "exp": datetime.now(UTC) + timedelta(hours=1)}
    claims = {name: int(at.timestamp()) for name, at in times.items() if at}
    return unsigned({"alg": "none", "typ": "JWT"}, {**issuer, **who, **claims, **role})
