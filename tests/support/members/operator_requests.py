"""What operators ask of the service, and what comes of it, as tests of the real functions write it."""

import itertools
from typing import Any

import httpx

from shared.gcp.store.billing import billing_ref
from tests.support.members.person import Person
from tests.support.stack.environment import environment
from tests.support.stack.observe import document
from tests.support.stack.running import Running

_numbers = itertools.count(1)


def asked(**fields: Any) -> dict[str, Any]:
    """A request that never was."""
    return {"request": f"request-{next(_numbers):06}", "note": "ticket 7: they asked for it", **fields}


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    line: dict[str, Any] = answer.json()
    return line


def member(stack: Running, name: str, plan: str = "free") -> Person:
    """Somebody new each time, who has been here once."""
    person = Person(stack, f"{name}-{next(_numbers)}")
    person.me()
    with environment(stack.env):
        billing_ref(account(stack, person)["bid"]).update({"plan": plan})
    return person


def account(stack: Running, person: Person) -> dict[str, Any]:
    return document(stack, f"accounts/{person.uid}") or {}


def ended(stack: Running, sid: str) -> dict[str, Any] | None:
    session = document(stack, f"sessions/{sid}") or {}
    return session if session["state"] == "ended" else None
