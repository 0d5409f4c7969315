"""What a member is told of what was saved and what was left out, asked as their page asks."""

from pathlib import Path
from typing import Any

import httpx

from shared.gcp.store.billing import billing_ref
from tests.support.members.person import Person
from tests.support.records.layers import File, unpacked
from tests.support.stack.environment import environment
from tests.support.stack.google_clients import deliver
from tests.support.stack.observe import document, until
from tests.support.stack.running import Running

MB = 10**6


def signed_in(bare_stack: Running, name: str) -> Person:
    """They have an account, on Free."""
    person = Person(bare_stack, name)
    person.me()
    return person


def clip(path: str, megabytes: int) -> dict[str, Any]:
    """A file that a session leaves out, as a container tells of it."""
    return {"path": path, "bytes": megabytes * MB, "kind": "file", "kept": True}


def history(person: Person) -> list[dict[str, Any]]:
    """All of its pages."""
    found, after = list[dict[str, Any]](), ""
    while True:
        answer = person.get(f"snapshots{after}")
        assert answer.status_code == 200, answer.text
        found += answer.json()["snapshots"]
        if answer.json()["next"] is None:
            return found
        after = f"?after={answer.json()['next']}"


def left_out(person: Person) -> list[dict[str, Any]]:
    """The packages of the first page."""
    answer = person.get("snapshots")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["left_out"]
    return found


def downloaded(person: Person, folder: Path, snapshot: str | None = None) -> dict[str, File]:
    def ready() -> httpx.Response | None:
        answer = person.post("snapshots/download", {"snapshot": snapshot})
        assert answer.status_code in (200, 202), answer.text
        return answer if answer.status_code == 200 else None

    return unpacked(
        httpx.get(until(ready, "the home is put together").json()["url"]).raise_for_status().content, folder
    )


def head(bare_stack: Running, person: Person) -> dict[str, Any]:
    account = document(bare_stack, f"accounts/{person.uid}") or {}
    found: dict[str, Any] = (document(bare_stack, f"workspaces/{account['wid']}") or {})["head"]
    return found


def on_plan(bare_stack: Running, person: Person, plan: str) -> None:
    """As an operator sets it."""
    account = document(bare_stack, f"accounts/{person.uid}") or {}
    with environment(bare_stack.env):
        billing_ref(account["bid"]).update({"plan": plan})


def tidy(bare_stack: Running) -> dict[str, Any]:
    """A run of `meter`; its answer."""
    answer = deliver(bare_stack, "meter", {})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done
