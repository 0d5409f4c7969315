"""Who is calling: a member with a Firebase ID token, or Google's own services with an OIDC token."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from google.auth.exceptions import TransportError
from msgspec import Struct

from shared.accounts.account import may_be_a_uid
from shared.errors import Refused, TryAgain, not_signed_in
from shared.gcp import emulators
from shared.gcp.store import clock
from shared.gcp.store.database import look_at_the_time
from shared.settings import settings

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
CLOCK_SKEW_SECONDS = 5
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
"""What the verifier trips over, before any signature is checked, in a token whose claims have odd types."""
CALL_SECONDS = 10
PEOPLE_AT_ONCE = 100
"""People that Firebase Auth looks up in one call at most."""
OPERATOR = "admin"
"""The custom claim of an operator. Only who may administer the project's Firebase Auth can set one."""


class Member(Struct, frozen=True):
    """Somebody who signed in."""

    uid: str
    email: str | None
    name: str | None
    email_verified: bool = False
    """Whether Firebase Auth knows that the address is theirs."""
    issued: datetime | None = None
    """When the ID token was issued."""
    signed_in: datetime | None = None
    """When the person last showed who they are: an ID token is renewed without that."""


class Person(Struct, frozen=True):
    """Somebody as Firebase Auth has them now."""

    uid: str
    email: str | None
    name: str | None
    email_verified: bool
    disabled: bool
    created: datetime
    valid_since: datetime
    """ID tokens that were issued before this moment were revoked."""


def member(token: str) -> Member:
    """The bearer of a Firebase ID token. Raises Refused not-signed-in."""
    return _member(_claims(token))


def operator(token: str) -> Member:
    """The bearer, if they are an operator: the token says so, and Firebase Auth still does. Raises Refused.

    A token lives for an hour; an operator's rights end when they are taken back, and so do their sign-ins.
    """
    claims = _claims(token)
    caller = _member(claims)
    user = _user(uid=caller.uid) if claims.get(OPERATOR) is True else None
    if user is None or not _has_rights(user):
        raise Refused("forbidden", "Only an operator may do this.")
    if caller.issued is None or caller.issued < _person(user).valid_since:
        raise not_signed_in("This sign-in was ended. Sign in again.")
    return caller


def _claims(token: str) -> dict[str, Any]:
    import firebase_admin
    from firebase_admin import auth

    try:
        claims: dict[str, Any] = auth.verify_id_token(token, app=_firebase(), clock_skew_seconds=CLOCK_SKEW_SECONDS)
    except auth.CertificateFetchError as e:
        raise TryAgain(
            "unavailable", "Sign-ins can't be checked right now. Try again in a moment.", retry_after=3
        ) from e
    except (*UNREADABLE, auth.InvalidIdTokenError, firebase_admin.exceptions.FirebaseError) as e:
        if _is_about_time(e):
            _check_clock()
        raise _no_sign_in() from e
    # by the right time: the library asks this machine's clock alone, and its emulator's tokens do not expire
    expires = _moment(claims.get("exp")) if emulators.auth_checks_credentials() else None
    if expires and expires + timedelta(seconds=CLOCK_SKEW_SECONDS) < clock.now():
        look_at_the_time()
        raise _no_sign_in()
    return claims


def _no_sign_in() -> Refused:
    return not_signed_in("The sign-in has expired or is not valid. Sign in again.")


def _is_about_time(error: Exception) -> bool:
    """Whether a token was refused, its signature being right, for when it is from."""
    from firebase_admin import auth

    return isinstance(error, auth.ExpiredIdTokenError) or "Token used too early" in str(error)


def _check_clock() -> None:
    """A token was refused for its time, and the library asks this machine's clock. Raises TryAgain if that is wrong:
    another machine may know better, and nobody is to be signed out for it."""
    look_at_the_time()
    if clock.is_corrected():
        raise TryAgain("unavailable", "A part of Ondol does not know the time. Try again in a moment.", retry_after=3)


def _member(claims: dict[str, Any]) -> Member:
    if not may_be_a_uid(claims["uid"]):
        raise not_signed_in("This sign-in is of nobody who can have an account here.")
    return Member(
        claims["uid"],
        claims.get("email"),
        claims.get("name"),
        claims.get("email_verified") is True,
        _moment(claims.get("iat")),
        _moment(claims.get("auth_time")),
    )


def _moment(claim: object) -> datetime | None:
    """Unix seconds of a claim, if it has any."""
    is_number = isinstance(claim, int | float) and not isinstance(claim, bool) and 0 <= claim < 1 << 32
    return datetime.fromtimestamp(claim, UTC) if is_number else None  # type: ignore[arg-type]


def person(uid: str) -> Person | None:
    """Whom Firebase Auth knows by this uid now, if anybody. An event about them is only a hint. Raises TryAgain."""
    user = _user(uid=uid)
    return user and _person(user)


def person_by_email(email: str) -> Person | None:
    """Whom Firebase Auth knows by this address now, if anybody. Raises ValueError if it is none, and TryAgain."""
    user = _user(email=email)
    return user and _person(user)


def people(uids: Sequence[str]) -> dict[str, Person]:
    """The people, of up to PEOPLE_AT_ONCE `uids`, whom Firebase Auth knows now, by uid. Raises TryAgain."""
    from firebase_admin import auth

    asked = [auth.UidIdentifier(uid) for uid in uids]
    if not asked:
        return {}
    found = _ask(lambda: auth.get_users(asked, app=_firebase()).users)
    return {user.uid: _person(user) for user in found}


def delete_person(uid: str) -> None:
    """Have Firebase Auth forget the person; whoever is not known is forgotten already. Raises TryAgain."""
    from firebase_admin import auth

    with suppress(auth.UserNotFoundError):
        _ask(lambda: auth.delete_user(uid, app=_firebase()))


def end_sign_ins(uid: str) -> None:
    """End the person's sign-ins: none is renewed from now on. Raises TryAgain."""
    from firebase_admin import auth

    with suppress(auth.UserNotFoundError):
        _ask(lambda: auth.revoke_refresh_tokens(uid, app=_firebase()))


def _person(user: Any) -> Person:
    return Person(
        user.uid,
        user.email,
        user.display_name,
        user.email_verified is True,
        user.disabled is True,
        datetime.fromtimestamp((user.user_metadata.creation_timestamp or 0) / 1000, UTC),
        datetime.fromtimestamp(user.tokens_valid_after_timestamp / 1000, UTC),
    )


def is_operator(uid: str) -> bool:
    """Whether Firebase Auth has them as one now. Raises TryAgain."""
    user = _user(uid=uid)
    return user is not None and _has_rights(user)


def _has_rights(user: Any) -> bool:
    return not user.disabled and (user.custom_claims or {}).get(OPERATOR) is True


def set_operator(uid: str, *, to: bool) -> None:
    """Set the claim that makes somebody an operator, or take it back. No function of Ondol's calls this.

    Raises LookupError if nobody has this uid, and TryAgain.
    """
    from firebase_admin import auth

    user = _user(uid=uid)
    if user is None:
        raise LookupError(f"nobody has the uid {uid}")
    claims = {name: value for name, value in (user.custom_claims or {}).items() if name != OPERATOR}
    auth.set_custom_user_claims(uid, {**claims, OPERATOR: True} if to else claims, app=_firebase())


def principal() -> str | None:
    """Whose credentials this process has, as they say themselves; None if they don't, or nobody asks for any."""
    import google.auth

    if not emulators.auth_checks_credentials():
        return None
    credentials, _project = google.auth.default()
    told = (getattr(credentials, name, None) for name in ("service_account_email", "account"))
    return next((name for name in told if name and "@" in name), None)


def _user(*, uid: str | None = None, email: str | None = None) -> Any:
    """As Firebase Auth has them; None if it does not. Raises TryAgain, and ValueError for an address that is none."""
    from firebase_admin import auth, exceptions

    def ask() -> Any:
        return auth.get_user(uid, app=_firebase()) if email is None else auth.get_user_by_email(email, app=_firebase())

    try:
        return _ask(ask)
    except auth.UserNotFoundError:
        return None
    except exceptions.InvalidArgumentError as e:
        if email is not None:
            return None  # no such address
        # it says so of its quotas and of its own settings too, and who is not known may be erased
        raise _unavailable() from e


def _ask(call: Callable[[], Any]) -> Any:
    """What Firebase Auth answers. Raises TryAgain if it does not."""
    from firebase_admin import exceptions

    passing = (
        exceptions.UnavailableError,
        exceptions.DeadlineExceededError,
        exceptions.InternalError,
        exceptions.ResourceExhaustedError,
        exceptions.UnknownError,  # a status that is nobody's, such as a proxy's 502
        TransportError,  # of the credentials, before Firebase Auth is reached
    )
    try:
        return call()
    except passing as e:
        raise _unavailable() from e


def _unavailable() -> TryAgain:
    return TryAgain("unavailable", "Firebase Auth can't be asked right now.", retry_after=3)


@lru_cache(maxsize=1)
def _firebase():  # type: ignore[no-untyped-def]  # firebase_admin publishes no types
    import firebase_admin

    return firebase_admin.initialize_app(options={"projectId": settings().project, "httpTimeout": CALL_SECONDS})


def invoker(token: str, function: str) -> str:
    """The service account that calls `function` for Cloud Tasks or Cloud Scheduler. Raises Refused.

    The token is whole: functions are deployed without IAM's check of invokers, which would take its signature away.
    Issuer and audience are not enough: a member's code can have Google sign a token of the slot's own account for any
    audience. So the account itself is checked.
    """
    expected = settings().invoker_service_account
    try:
        key = _certs().get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=settings().function_url(function),
            # of both times below, by the right time
            options={"require": ["exp", "iat", "aud", "iss", "email"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.PyJWKClientConnectionError as e:
        raise TryAgain("unavailable", "Google's signing keys can't be read right now.", retry_after=3) from e
    except (jwt.PyJWKClientError, jwt.InvalidTokenError, RecursionError) as e:
        raise not_signed_in("Only Ondol's own tasks may call this.") from e
    if not _is_current(claims):
        look_at_the_time()
        raise not_signed_in("Only Ondol's own tasks may call this.")
    if claims["iss"] not in ISSUERS or claims["email"] != expected or claims.get("email_verified") is not True:
        raise Refused("forbidden", "Only Ondol's own tasks may call this.")
    return expected


def _is_current(claims: dict[str, Any]) -> bool:
    """By the right time, as far as it is known."""
    issued, expires = _moment(claims["iat"]), _moment(claims["exp"])
    skew, now = timedelta(seconds=CLOCK_SKEW_SECONDS), clock.now()
    return issued is not None and expires is not None and issued - skew <= now < expires + skew


@lru_cache(maxsize=1)
def _certs() -> jwt.PyJWKClient:
    return jwt.PyJWKClient(emulators.oidc_certs_url(), cache_jwk_set=True, lifespan=3600, timeout=5)
