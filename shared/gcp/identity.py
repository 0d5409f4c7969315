"""Callers: a member with a Firebase ID token, or Cloud Tasks and Cloud Scheduler with an OIDC token."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any

import jwt
from google.auth.exceptions import TransportError
from msgspec import Struct

from shared.accounts.account import may_be_a_uid
from shared.accounts.roles import Role, role_of, with_role
from shared.errors import Refused, TryAgain, not_signed_in, refusing
from shared.gcp import emulators
from shared.gcp.own_credentials import own_credentials
from shared.gcp.store import clock
from shared.gcp.store.database import compare_clock
from shared.request_rates import check_rate
from shared.settings import settings

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
CLOCK_SKEW_SECONDS = 5
_making_app = Lock()
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
"""Errors of the verifier for tokens whose claims have wrong types, before it checks a signature."""
CALL_SECONDS = 10
PEOPLE_AT_ONCE = 100
"""The most people that one call to Firebase Auth looks up."""


class Call(Struct, frozen=True):
    """A request before authentication. `name` is the handler's name, by which requests are counted."""

    name: str
    token: str
    now: datetime
    parse: Callable[[], Any]
    """Parses the message. Raises Refused if the message is not valid. An authenticator that creates accounts calls this
    first, so that an invalid request creates none."""


class Member(Struct, frozen=True):
    """A person who has signed in, by their ID token."""

    uid: str
    email: str | None
    name: str | None
    email_verified: bool = False
    """Whether Firebase Auth has verified the address."""
    issued: datetime | None = None
    """When the ID token was issued."""
    signed_in: datetime | None = None
    """When the person last authenticated. Renewing an ID token does not change this."""


class RoleHolder(Struct, frozen=True):
    """A person who has signed in, and the role that Firebase Auth gives them now."""

    member: Member
    role: Role


class Person(Struct, frozen=True):
    """A person as Firebase Auth knows them now."""

    uid: str
    email: str | None
    name: str | None
    email_verified: bool
    disabled: bool
    created: datetime
    valid_since: datetime
    """ID tokens issued before this time are revoked."""


def member(call: Call) -> Member:
    """The bearer of a Firebase ID token. Raises Refused: not-signed-in or too-many-requests."""
    caller = _member(_claims(call.token))
    check_rate(call.name, caller.uid)
    return caller


@refusing({403: ("forbidden",)})
def operator(call: Call) -> Member:
    """The bearer, if they are an operator. Raises as `operator_or_auditor`."""
    return _with_role(call, (Role.OPERATOR,)).member


@refusing({403: ("forbidden",)})
def operator_or_auditor(call: Call) -> RoleHolder:
    """The bearer, if the token and Firebase Auth both say that they have a role. Raises as `member`.

    A token is valid for an hour. Somebody whose role or sign-ins were ended is refused at once.
    """
    return _with_role(call, tuple(Role))


def _with_role(call: Call, roles: Sequence[Role]) -> RoleHolder:
    claims = _claims(call.token)
    caller = _member(claims)
    user = find_user(uid=caller.uid) if role_of(claims) in roles else None
    role = _role_of(user) if user is not None else None
    if role is None or role not in roles:
        # the same words for everybody, so that the answer says nothing of the request
        raise Refused("forbidden", "Only an operator may do this.")
    if caller.issued is None or caller.issued < _person(user).valid_since:
        raise not_signed_in("This sign-in was ended. Sign in again.")
    check_rate(call.name, caller.uid)
    return RoleHolder(caller, role)


def _claims(token: str) -> dict[str, Any]:
    import firebase_admin
    from firebase_admin import auth

    app = firebase_app()
    try:
        claims: dict[str, Any] = auth.verify_id_token(token, app=app, clock_skew_seconds=CLOCK_SKEW_SECONDS)
    except auth.CertificateFetchError as e:
        raise TryAgain(
            "unavailable", "Sign-ins can't be checked right now. Try again in a moment.", retry_after=3
        ) from e
    except (*UNREADABLE, auth.InvalidIdTokenError, firebase_admin.exceptions.FirebaseError) as e:
        if _is_about_time(e):
            _check_clock()
        raise _no_sign_in() from e
    # The library compares with this machine's clock only, and accepts the emulator's tokens at any time.
    expires = _moment(claims.get("exp")) if emulators.auth_checks_credentials() else None
    if expires and expires + timedelta(seconds=CLOCK_SKEW_SECONDS) < clock.now():
        compare_clock()
        raise _no_sign_in()
    return claims


def _no_sign_in() -> Refused:
    return not_signed_in("The sign-in has expired or is not valid. Sign in again.")


def _is_about_time(error: Exception) -> bool:
    """Whether a token with a valid signature was refused for its time."""
    from firebase_admin import auth

    return isinstance(error, auth.ExpiredIdTokenError) or "Token used too early" in str(error)


def _check_clock() -> None:
    """A token was refused for its time, by this machine's clock. Raises TryAgain if this clock is wrong: another
    instance may know better, and no member should be signed out for that."""
    compare_clock()
    if clock.is_corrected():
        raise TryAgain("unavailable", "A clock of Ondol is being corrected. Try again in a moment.", retry_after=3)


def _member(claims: dict[str, Any]) -> Member:
    if not may_be_a_uid(claims["uid"]):
        raise not_signed_in("This kind of sign-in can't have an account here. Sign in another way.")
    if _is_typed(claims):
        raise not_signed_in("This address was typed by somebody, and not verified. Sign in by a link in an email.")
    return Member(
        claims["uid"],
        claims.get("email"),
        claims.get("name"),
        claims.get("email_verified") is True,
        _moment(claims.get("iat")),
        _moment(claims.get("auth_time")),
    )


def _is_typed(claims: dict[str, Any]) -> bool:
    """Whether nobody but the caller says that the address is theirs. Identity Platform has one provider, `password`,
    for links in emails and for passwords; a link verifies the address, a password does not."""
    firebase = claims.get("firebase")
    provider = firebase.get("sign_in_provider") if isinstance(firebase, dict) else None
    return provider == "password" and claims.get("email_verified") is not True


def _moment(claim: object) -> datetime | None:
    """The time of a claim in Unix seconds; None if it has none."""
    is_number = isinstance(claim, int | float) and not isinstance(claim, bool) and 0 <= claim < 1 << 32
    return datetime.fromtimestamp(claim, UTC) if is_number else None  # type: ignore[arg-type]


def person(uid: str) -> Person | None:
    """The person whom Firebase Auth knows by this uid now; None if there is none. An event about them is only a hint.
    Raises TryAgain."""
    user = find_user(uid=uid)
    return user and _person(user)


def person_by_email(email: str) -> Person | None:
    """The person whom Firebase Auth knows by this address now; None if there is none. Raises ValueError for an invalid
    address, and TryAgain."""
    user = find_user(email=email)
    return user and _person(user)


def people(uids: Sequence[str]) -> dict[str, Person]:
    """The people among up to PEOPLE_AT_ONCE `uids` whom Firebase Auth knows now, by uid. Raises TryAgain."""
    from firebase_admin import auth

    asked = [auth.UidIdentifier(uid) for uid in uids]
    if not asked:
        return {}
    users = _ask(lambda: auth.get_users(asked, app=firebase_app()).users)
    return {user.uid: _person(user) for user in users}


def delete_person(uid: str) -> None:
    """Deletes the person from Firebase Auth. A person who does not exist is no error. Raises TryAgain."""
    from firebase_admin import auth

    with suppress(auth.UserNotFoundError):
        _ask(lambda: auth.delete_user(uid, app=firebase_app()))


def end_sign_ins(uid: str) -> None:
    """Ends the person's sign-ins: no token is renewed from now on. Raises TryAgain."""
    from firebase_admin import auth

    with suppress(auth.UserNotFoundError):
        _ask(lambda: auth.revoke_refresh_tokens(uid, app=firebase_app()))


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


def current_role(uid: str) -> Role | None:
    """The role that Firebase Auth gives the person now. Raises TryAgain."""
    user = find_user(uid=uid)
    return None if user is None else _role_of(user)


def _role_of(user: Any) -> Role | None:
    return None if user.disabled else role_of(user.custom_claims or {})


def set_role(uid: str, role: Role | None) -> None:
    """Sets the claim that gives a person this role, and removes that of any other. No function of Ondol calls this.

    Raises LookupError if nobody has this uid, and TryAgain.
    """
    from firebase_admin import auth

    user = find_user(uid=uid)
    if user is None:
        raise LookupError(f"nobody has the uid {uid}")
    auth.set_custom_user_claims(uid, with_role(user.custom_claims or {}, role), app=firebase_app())


def principal() -> str | None:
    """The address of this process's credentials; None if they have none, or if Auth checks no credentials."""
    if not emulators.auth_checks_credentials():
        return None
    credentials = own_credentials()
    addresses = (getattr(credentials, name, None) for name in ("service_account_email", "account"))
    return next((name for name in addresses if name and "@" in name), None)


def find_user(*, uid: str | None = None, email: str | None = None) -> Any:
    """The user record in Firebase Auth; None if there is none. Raises TryAgain, and ValueError for an invalid
    address."""
    from firebase_admin import auth, exceptions

    def ask() -> Any:
        return (
            auth.get_user(uid, app=firebase_app())
            if email is None
            else auth.get_user_by_email(email, app=firebase_app())
        )

    try:
        return _ask(ask)
    except auth.UserNotFoundError:
        return None
    except exceptions.InvalidArgumentError as e:
        if email is not None:
            return None  # no such address
        # Firebase Auth answers like this for its quotas and settings too. An unknown person may be erased, so such an
        # answer must not count as unknown.
        raise _unavailable() from e


def _ask(call: Callable[[], Any]) -> Any:
    """Firebase Auth's answer. Raises TryAgain if there is none."""
    from firebase_admin import exceptions

    passing = (
        exceptions.UnavailableError,
        exceptions.DeadlineExceededError,
        exceptions.InternalError,
        exceptions.ResourceExhaustedError,
        exceptions.UnknownError,  # a status that Firebase Auth does not use, such as a proxy's 502
        TransportError,  # from the credentials, before Firebase Auth is reached
    )
    try:
        return call()
    except passing as e:
        raise _unavailable() from e


def _unavailable() -> TryAgain:
    return TryAgain("unavailable", "Firebase Auth can't be asked right now.", retry_after=3)


@lru_cache(maxsize=1)
def firebase_app():  # type: ignore[no-untyped-def]  # firebase_admin publishes no types
    """One for the process: the library refuses to make a second, also for requests that come at the same moment."""
    import firebase_admin

    with _making_app:
        try:
            return firebase_admin.get_app()
        except ValueError:  # there is none yet
            return firebase_admin.initialize_app(options={"projectId": settings().project, "httpTimeout": CALL_SECONDS})


@refusing({403: ("forbidden",)})
def invoker(call: Call, function: str) -> str:
    """The service account with which Cloud Tasks or Cloud Scheduler calls `function`. Raises Refused.

    Functions are deployed without IAM's invoker check, which would strip the token's signature. Issuer and audience do
    not suffice: a member's code can get a token of the slot's own account for any audience. So the account is checked.
    """
    expected = settings().invoker_service_account
    try:
        key = google_keys().get_signing_key_from_jwt(call.token)
        claims = jwt.decode(
            call.token,
            key,
            algorithms=["RS256"],
            audience=settings().function_url(function),
            # both times are checked below, against the corrected clock
            options={"require": ["exp", "iat", "aud", "iss", "email"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.PyJWKClientConnectionError as e:
        raise TryAgain("unavailable", "Google's signing keys can't be read right now.", retry_after=3) from e
    except (jwt.PyJWKClientError, jwt.InvalidTokenError, RecursionError) as e:
        raise not_signed_in("Only Ondol's own tasks may call this.") from e
    if not _is_current(claims):
        compare_clock()
        raise not_signed_in("Only Ondol's own tasks may call this.")
    if claims["iss"] not in ISSUERS or claims["email"] != expected or claims.get("email_verified") is not True:
        raise Refused("forbidden", "Only Ondol's own tasks may call this.")
    return expected


def _is_current(claims: dict[str, Any]) -> bool:
    """Whether the token is valid now, by the corrected clock."""
    issued, expires = _moment(claims["iat"]), _moment(claims["exp"])
    skew, now = timedelta(seconds=CLOCK_SKEW_SECONDS), clock.now()
    return issued is not None and expires is not None and issued - skew <= now < expires + skew


@lru_cache(maxsize=1)
def google_keys() -> jwt.PyJWKClient:
    return jwt.PyJWKClient(emulators.oidc_certs_url(), cache_jwk_set=True, lifespan=3600, timeout=5)
