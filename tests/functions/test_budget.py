"""The month's budget is spent, as Pub/Sub tells it: new sessions are closed once, and stay open once opened again."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.accounts.operator_limits import Limits
from tests.support.members.operator_limits import limit
from tests.support.members.person import Person, problem
from tests.support.stack.google_clients import deliver
from tests.support.stack.observe import document, documents
from tests.support.stack.running import Running


@pytest.fixture(autouse=True)
def unlimited_again(stack: Running) -> Iterator[None]:
    yield
    limit(stack, Limits())


def tell(stack: Running, *, cost: float, budget: float = 200.0) -> httpx.Response:
    """One message of the budget's topic, in a body as Pub/Sub pushes it."""
    news = {
        "costAmount": cost,
        "budgetAmount": budget,
        "costIntervalStart": "2026-11-01T07:00:00Z",
        "currencyCode": "USD",
    }
    return deliver(stack, "budget", pushed(json.dumps(news).encode()))


def is_open(stack: Running) -> bool:
    limits = document(stack, "operator/limits")
    return limits is None or limits["new_sessions"]


def pushed(data: bytes) -> dict[str, Any]:
    message = {"data": base64.b64encode(data).decode(), "messageId": "1", "attributes": {"budgetId": "b"}}
    return {"message": message, "subscription": "projects/demo-ondol/subscriptions/budget"}


def test_a_spent_budget_closes_new_sessions_once_and_no_open_one(stack: Running) -> None:
    inside, outside = Person(stack, "in-before-the-budget"), Person(stack, "after-the-budget")
    session = inside.open()["session"]
    assert tell(stack, cost=199.5).json() == {"outcome": "within the budget"}
    assert tell(stack, cost=201).json() == {"outcome": "new sessions are closed"}
    assert tell(stack, cost=202).json() == {"outcome": "new sessions are closed"}, "it is said at each delivery"
    refused = outside.post("allocate", {})
    assert (refused.status_code, problem(refused)) == (503, "sessions-closed")
    assert inside.post("allocate", {}).json()["session"] == session

    [line] = [line for line in documents(stack, "audit") if line["by"] == "budget"]
    assert (line["request"], line["after"]["new_sessions"]) == ("budget-2026-11-200", False)

    limit(stack, Limits())
    assert tell(stack, cost=230).json() == {"outcome": "an operator has opened new sessions again"}
    assert is_open(stack), "an operator opened them again"
    assert tell(stack, cost=301, budget=300).json() == {"outcome": "new sessions are closed"}
    inside.post("release", {"session": session})


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 5000, b'{"costAmount": 1e400}'])
def test_what_is_no_news_of_a_budget_is_not_brought_again_and_closes_nothing(stack: Running, data: bytes) -> None:
    assert deliver(stack, "budget", pushed(data)).status_code == 200
    assert is_open(stack)


def test_nobody_but_the_invoker_brings_news(stack: Running) -> None:
    assert httpx.post(stack.at("budget"), json=pushed(b"{}")).status_code == 401
