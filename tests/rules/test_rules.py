"""firestore.rules: no browser gets, lists, creates, updates or deletes anything, whoever it is of."""

from collections.abc import Callable, Iterable, Iterator

import httpx
import pytest

from tests.rules.browser import Browser, owner, signed_in, visitor

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
    "slots/ws-1": {"session": "s-1"},
    "usage/2026-11-23": {"owner": "alice", "uid": "alice"},
    "meter/reached": {"owner": "alice", "uid": "alice"},
    "operator/limits": {"owner": "alice"},
    "audit/a-request": {"target": "alice", "uid": "alice"},
    "elsewhere/alice": {"uid": "alice", "owner": "alice"},
}
"""All but bob's and carol's accounts have to do with alice. Carol is in alice's team: they share a billing account."""

COLLECTIONS = sorted({path.rpartition("/")[0] for path in DOCUMENTS})

OWN = {"workspaces": "owner", "sessions": "uid", "billing/b-1/lines": "uid"}
"""The field by which members might ask for what is theirs."""

CALLERS = ("alice", "bob", "carol", "stranger", "visitor")
"""A stranger is signed in but has no account; a visitor is not signed in."""

As = Callable[[str], Browser]


def each_caller(what: Iterable[str]) -> list[tuple[str, str]]:
    return [(one, caller) for one in what for caller in CALLERS]


@pytest.fixture(scope="module")
def as_(firestore_emulator: dict[str, str]) -> Iterator[As]:
    """The browser of each caller, on an emulator that holds DOCUMENTS."""
    host = firestore_emulator["FIRESTORE_EMULATOR_HOST"]
    with httpx.Client(base_url=f"http://{host}", timeout=60) as firestore:
        for path, fields in DOCUMENTS.items():
            assert owner(firestore).create(path, fields) == ALLOWED
            assert owner(firestore).get(path) == ALLOWED
        yield lambda caller: visitor(firestore) if caller == "visitor" else signed_in(firestore, caller)


@pytest.mark.parametrize(("path", "caller"), each_caller(DOCUMENTS))
def test_nobody_gets_a_document_not_even_their_own(as_: As, path: str, caller: str) -> None:
    assert as_(caller).get(path) == DENIED


@pytest.mark.parametrize(("collection", "caller"), each_caller(COLLECTIONS))
def test_nobody_lists_a_collection(as_: As, collection: str, caller: str) -> None:
    assert as_(caller).list(collection) == DENIED


@pytest.mark.parametrize(("collection", "caller"), each_caller(OWN))
def test_nobody_asks_for_what_is_theirs(as_: As, collection: str, caller: str) -> None:
    assert as_(caller).query(collection, OWN[collection], "alice") == DENIED


@pytest.mark.parametrize(("collection", "caller"), each_caller(["lines", "shards", "snapshots", "sessions"]))
def test_no_query_across_members(as_: As, collection: str, caller: str) -> None:
    field = {"lines": "sid", "shards": "ms", "snapshots": "manifest", "sessions": "wid"}[collection]
    assert as_(caller).query(collection, field, "anything", everywhere=True) == DENIED


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("path", ["workspaces/w-0", "sessions/s-0", "billing/b-0", "accounts/nobody", "slots/ws-0"])
def test_what_does_not_exist_looks_like_somebody_elses(as_: As, path: str, caller: str) -> None:
    assert as_(caller).get(path) == DENIED


@pytest.mark.parametrize(("path", "caller"), each_caller(DOCUMENTS))
def test_nobody_writes(as_: As, path: str, caller: str) -> None:
    browser, fields = as_(caller), DOCUMENTS[path]
    assert browser.create(f"{path}-new", fields) == DENIED
    assert browser.update(path, fields) == DENIED
    assert browser.delete(path) == DENIED


def test_a_member_without_an_account_makes_none(as_: As) -> None:
    assert as_("stranger").create("accounts/stranger", {"uid": "stranger", "bid": "b-1"}) == DENIED
