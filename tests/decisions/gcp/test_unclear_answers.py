"""An answer of Firebase Auth's that tells nothing of a person is no answer, and nobody is gone because of it."""

from collections.abc import Callable
from typing import Any

import pytest
from firebase_admin import auth, exceptions
from google.auth.exceptions import TransportError

from shared.errors import TryAgain
from shared.gcp import identity

FAULTS: list[Exception] = [
    exceptions.InvalidArgumentError("QUOTA_EXCEEDED"),
    exceptions.ResourceExhaustedError("too many"),
    exceptions.UnknownError("502"),
    exceptions.UnavailableError("503"),
    TransportError("no credentials"),
]


def failing(fault: Exception) -> Callable[..., Any]:
    def fail(*_given: Any, **_named: Any) -> Any:
        raise fault

    return fail


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_who_can_not_be_asked_about_is_not_gone(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    monkeypatch.setattr(identity, "firebase_app", lambda: None)
    monkeypatch.setattr(auth, "get_user", failing(fault))
    with pytest.raises(TryAgain):
        identity.person("u-1")


def test_who_is_not_known_is_gone_and_an_address_may_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "firebase_app", lambda: None)
    monkeypatch.setattr(auth, "get_user", failing(auth.UserNotFoundError("nobody")))
    monkeypatch.setattr(auth, "get_user_by_email", failing(exceptions.InvalidArgumentError("INVALID_EMAIL")))
    assert (identity.person("u-1"), identity.person_by_email("a@b")) == (None, None)
