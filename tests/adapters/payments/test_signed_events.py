"""The webhook takes what Stripe has signed in the last five minutes, whole and as it was, and nothing else; and what it
refuses leaves no trace of its content."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.payment_events import main
from shared.gcp import tasks
from shared.gcp.store.database import database
from shared.payments.stripe_provider import TOLERANCE
from shared.settings import NO_KEY
from tests.adapters.payments.functions import Answered, call
from tests.support.stack.environment import environment

SECRET = "whsec_0123456789abcdef0123456789abcdef"  # of these tests
CANARY = "canary-of-a-stranger"
ON = {"STRIPE_KEY": "sk_test_nobody", "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_EMULATOR_HOST": "http://127.0.0.1:1"}


@pytest.fixture(autouse=True)
def asked(empty_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """About whom it is asked. Cloud Tasks is not there."""
    customers: list[str] = []
    monkeypatch.setattr(tasks, "ask_about_customer", customers.append)
    with environment(ON):
        yield customers


def an_event(number: int = 1, **more: Any) -> bytes:
    about = {"id": "in_1", "object": "invoice", "customer": "cus_1", "note": CANARY}
    event = {"id": f"evt_{number}", "object": "event", "type": "invoice.paid", "data": {"object": about}}
    return json.dumps(event | more).encode()


def signature(body: bytes, *, secret: str = SECRET, at: int | None = None) -> str:
    at = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def send(body: bytes, signed: str | None = None) -> Answered:
    return call("/payment-events", body, **({} if signed is None else {"Stripe-Signature": signed}))


def noted() -> list[str]:
    return [each.id for each in database().collection("stripe_events").stream()]


def test_what_stripe_signed_is_noted_and_asked_about(asked: list[str]) -> None:
    body = an_event()
    assert send(body, signature(body)) == (200, {"first": True})
    assert (noted(), asked) == (["evt_1"], ["cus_1"])


def test_a_replay_is_noted_once_and_only_asks_once_more(asked: list[str]) -> None:
    body = an_event()
    signed = signature(body)
    assert [send(body, signed).json["first"] for _ in range(3)] == [True, False, False]
    assert (noted(), {*asked}) == (["evt_1"], {"cus_1"})


def refused(body: bytes, signed: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    status, answer = send(body, signed)
    assert (status, answer["type"].rpartition("/")[2]) == (400, "bad-request")
    assert CANARY not in json.dumps(answer)
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["severity"], line["status"], line["authenticated"]) == ("INFO", 400, False)
    assert CANARY not in json.dumps(line) and "evt_1" not in json.dumps(line) and "cus_1" not in json.dumps(line)
    assert noted() == []


NOW = 1_796_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        CANARY,
        "t=,v1=",
        f"t={NOW}",
        f"t={NOW},v1=",
        f"t={NOW},v0=0",
        f"t={'9' * 5000},v1=0",
        f"t=-1,v1={'0' * 64}",
        f"t=nan,v1={'0' * 64}",
        "t=1,v1=\u00e9\u00e9",
        "v1=" + "0" * 64,
        ",".join(["v1=" + "0" * 64] * 100),
    ],
)
def test_a_signature_of_another_form_is_refused(
    wrong: str | None, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    refused(an_event(), wrong, capsys)
    assert asked == []


@pytest.mark.parametrize("secret", ["", NO_KEY, "whsec_", f"{SECRET}0", SECRET.upper(), "sk_test_nobody"])
def test_a_signature_by_another_secret_is_refused(
    secret: str, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    body = an_event()
    refused(body, signature(body, secret=secret), capsys)
    assert asked == []


def test_a_signature_of_another_body_is_refused(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    body = an_event()
    signed = signature(body)
    for other in (body + b" ", body[:-1], body.replace(b"cus_1", b"cus_2"), b"", b"{}", b"\xff\xfe" + body):
        refused(other, signed, capsys)
    assert asked == []


def test_an_old_signature_is_refused_however_right_it_was(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    body, now = an_event(), int(time.time())
    refused(body, signature(body, at=now - TOLERANCE - 5), capsys)
    # the time is signed too
    refused(body, signature(body, at=now - TOLERANCE - 5).replace(f"t={now - TOLERANCE - 5}", f"t={now}"), capsys)
    assert asked == []
    assert send(body, signature(body, at=now - TOLERANCE + 60)).status == 200


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b"{" * 100_000, b'{"id": 1}'])
def test_what_is_signed_and_is_no_event_changes_nothing(content: bytes, asked: list[str]) -> None:
    """Only Stripe can send it. It is answered as a failure, so that Stripe's dashboard shows it."""
    assert send(content, signature(content)).status in (400, 500)
    assert (noted(), asked) == ([], [])


def test_an_event_about_nobody_is_noted_and_nobody_is_asked_about(asked: list[str]) -> None:
    for number, about in enumerate(({"id": "in_1", "object": "invoice"}, {"id": "p", "object": "plan", "customer": 7})):
        body = an_event(number, data={"object": about})
        assert send(body, signature(body)).status == 200
    assert (len(noted()), asked) == (2, [])


def test_a_body_without_bounds_is_refused_before_it_is_looked_at(asked: list[str]) -> None:
    body = an_event(padding="x" * main.MOST_BYTES)
    assert send(body, signature(body)).status == 413
    assert call("/payment-events", b"", method="GET").status == 405
    assert (noted(), asked) == ([], [])


@pytest.mark.parametrize("off", [{"STRIPE_KEY": NO_KEY}, {"STRIPE_WEBHOOK_SECRET": NO_KEY}])
def test_without_keys_nothing_is_believed(off: dict[str, str], asked: list[str]) -> None:
    body = an_event()
    with environment(off):
        for secret in (SECRET, NO_KEY, ""):
            assert send(body, signature(body, secret=secret)).status in (400, 404)
    assert (noted(), asked) == ([], [])
