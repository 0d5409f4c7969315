"""firestore.rules: no browser gets, lists, creates, updates or deletes anything, whoever it is of."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from itertools import product

import httpx
import pytest

from shared.accounts.roles import CLAIMS
from tests.rules.browser import Browser, owner, signed_in, visitor
from tests.support.checkout import ROOT
from tests.support.records.store_modules import store_modules

ALLOWED, DENIED = 200, 403

DOCUMENTS = {
    "accounts/alice": {"uid": "alice", "bid": "b-1", "wid": "w-1"},
    "accounts/bob": {"uid": "bob", "bid": "b-2", "wid": "w-2"},
    "accounts/carol": {"uid": "carol", "bid": "b-1", "wid": "w-3"},
    "billing/b-1": {"owner": "alice"},
    "billing/b-1/lines/s-1-1": {"sid": "s-1", "uid": "alice"},
    "billing/b-1/shards/2026-11-0": {"ms": "1"},
    "billing/b-1/periods/2026-11": {"owner": "alice", "plan": "free"},
    "billing/b-1/elsewhere/alice": {"uid": "alice", "owner": "alice", "sid": "s-1"},
    "workspaces/w-1": {"owner": "alice"},
    "workspaces/w-1/snapshots/1-b-1": {"manifest": "m"},
    "sessions/s-1": {"uid": "alice", "wid": "w-1", "bid": "b-1"},
    "workspaces/w-1/left_out/s-1": {"sid": "s-1"},
    "marks/m-1": {"owner": "alice", "uid": "alice"},
    "payers/b-1": {"bid": "b-1"},
    "stripe_events/evt_1": {"customer": "cus_1"},
    "teams/b-1": {"name": "Ours"},
    "billing/b-1/storage/w-1": {"uid": "u-1"},
    "mails/payment-failed-b-1": {"uid": "alice"},
    "pool/rollout": {"owner": "alice", "uid": "alice"},
    "pool/opens": {"owner": "alice", "uid": "alice"},
    "pool/kept": {"owner": "alice", "uid": "alice"},
    "slots/ws-1": {"session": "s-1"},
    "usage/2026-11-23": {"owner": "alice", "uid": "alice"},
    "meter/reached": {"owner": "alice", "uid": "alice"},
    "operator/limits": {"owner": "alice"},
    "audit/a-request": {"target": "alice", "uid": "alice"},
    "elsewhere/alice": {"uid": "alice", "owner": "alice"},
}
"""All but bob's and carol's accounts have to do with alice. Carol is in alice's team: they share a billing account."""

COLLECTIONS = sorted({path.rpartition("/")[0] for path in DOCUMENTS})

MADE_UP = "elsewhere"
"""A collection that no code has, where a new one would be."""

OF_THE_PROJECT = {"slots", "pool"}
"""What describes services of one project."""

CALLERS = ("alice", "bob", "carol", "stranger", "visitor", *CLAIMS)
"""A stranger is signed in but has no account; a visitor is not signed in. Whoever has a role is called as it is."""

As = Callable[[str], Browser]
Operation = Callable[[Browser, str], int]
"""What a browser asks about a document, by its path. Answers the HTTP status."""


def collection_of(path: str) -> str:
    return path.rpartition("/")[0]


def group_of(path: str) -> str:
    """The last name of its collection: `lines`."""
    return collection_of(path).rpartition("/")[2]


def own(path: str) -> tuple[str, str]:
    """A field of the document and its value: what a member would ask for their own documents by."""
    fields = DOCUMENTS[path]
    field = next((name for name in ("uid", "owner") if name in fields), next(iter(fields)))
    return field, fields[field]


OPERATIONS: dict[str, Operation] = {
    "get": lambda browser, path: browser.get(path),
    "get many": lambda browser, path: browser.get_many(path),
    "get what is not there": lambda browser, path: browser.get(f"{path}-none"),
    "list": lambda browser, path: browser.list(collection_of(path)),
    "query one's own": lambda browser, path: browser.query(collection_of(path), *own(path)),
    "query everywhere": lambda browser, path: browser.query(group_of(path), *own(path), everywhere=True),
    "count": lambda browser, path: browser.count(collection_of(path)),
    "count everywhere": lambda browser, path: browser.count(group_of(path), everywhere=True),
    "create": lambda browser, path: browser.create(f"{path}-new", DOCUMENTS[path]),
    "update": lambda browser, path: browser.update(path, DOCUMENTS[path]),
    "write over": lambda browser, path: browser.commit(path, DOCUMENTS[path]),
    "write anew": lambda browser, path: browser.commit(f"{path}-new", DOCUMENTS[path]),
    "delete": lambda browser, path: browser.delete(path),
}


@pytest.fixture(scope="module")
def firestore(firestore_emulator: dict[str, str]) -> Iterator[httpx.Client]:
    """An emulator that holds DOCUMENTS."""
    host = firestore_emulator["FIRESTORE_EMULATOR_HOST"]
    with httpx.Client(base_url=f"http://{host}", timeout=60) as client:
        for path, fields in DOCUMENTS.items():
            assert owner(client).create(path, fields) == ALLOWED
        yield client


@pytest.fixture(scope="module")
def as_(firestore: httpx.Client) -> As:
    """The browser of each caller."""

    def of(caller: str) -> Browser:
        if caller == "visitor":
            return visitor(firestore)
        claims = {claim: True for role, claim in CLAIMS.items() if role == caller}
        return signed_in(firestore, caller, **claims)

    return of


@pytest.mark.parametrize(("operation", "caller"), list(product(OPERATIONS, CALLERS)))
def test_no_browser_may_do_anything(as_: As, operation: str, caller: str) -> None:
    browser = as_(caller)
    answers = {path: OPERATIONS[operation](browser, path) for path in DOCUMENTS}
    assert answers == dict.fromkeys(DOCUMENTS, DENIED)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each not in ("delete", "get what is not there")])
def test_whom_the_rules_do_not_bind_may_do_each(firestore: httpx.Client, operation: str) -> None:
    """So it is the rules that deny it, and not the way of asking."""
    assert OPERATIONS[operation](owner(firestore), "accounts/bob") == ALLOWED


def test_a_member_without_an_account_makes_none(as_: As) -> None:
    assert as_("stranger").create("accounts/stranger", {"uid": "stranger", "bid": "b-1"}) == DENIED


def test_every_collection_of_the_code_is_among_them() -> None:
    used = set().union(*(named_in(ast.parse(inspect.getsource(module))) for module in store_modules()))
    assert {collection.rpartition("/")[2] for collection in COLLECTIONS} - {MADE_UP} == used


def test_who_moves_to_another_region_is_told_to_copy_every_collection_but_those_of_slots() -> None:
    [move] = re.findall(r"/move .*--collection-ids=(\S+)", (ROOT / "docs/operating.md").read_text())
    known = {collection.rpartition("/")[2] for collection in COLLECTIONS}
    assert set(move.split(",")) == known - {MADE_UP} - OF_THE_PROJECT


def named_in(tree: ast.AST) -> set[str]:
    """The collections that a module names where it asks for one, or for a document in one."""
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            # `document(collection, name)` is the store's own; `.document(name)` of the client takes no collection
            if name in ("collection", "collection_group") or (name == "document" and len(node.args) == 2):
                found.add(text_of(node.args[0]).rpartition("/")[2])
    return found - {""}


def text_of(node: ast.AST) -> str:
    """The text of a literal, of an f-string its end; empty for a variable."""
    if isinstance(node, ast.JoinedStr):
        return text_of(node.values[-1])
    return str(node.value) if isinstance(node, ast.Constant) else ""
