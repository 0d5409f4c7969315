"""The Firestore in memory does what Google's emulator does with the same commits, as far as the store can see it."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.firestore import Client

NAMES = ("a", "b", "c")
KINDS = ("create", "update", "guarded", "stale", "count", "put", "delete", "guarded delete")
writes = st.tuples(st.sampled_from(KINDS), st.sampled_from(NAMES), st.integers(0, 2))
commits = st.lists(st.lists(writes, min_size=1, max_size=3, unique_by=lambda write: write[1]), max_size=12)
REFUSED = (exceptions.FailedPrecondition, exceptions.Conflict, exceptions.NotFound)


@pytest.fixture(scope="module")
def emulator(firestore_emulator: dict[str, str]) -> Iterator[firestore.Client]:
    with patch.dict("os.environ", firestore_emulator | {"GOOGLE_CLOUD_PROJECT": "demo-ondol"}):
        yield firestore.Client()


@settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(commits)
def test_the_same_commits_are_made_and_refused(
    emulator: firestore.Client, commits: list[list[tuple[str, str, int]]]
) -> None:
    collection = f"c-{uuid4().hex}"
    both = [_Played(client, collection) for client in (emulator, Client())]
    for commit in commits:
        made = [played.commit(commit) for played in both]
        assert made[0] == made[1]
        assert both[0].documents() == both[1].documents()
        assert both[0].moved() == both[1].moved()
    for most in (1, 2, 5):
        assert both[0].found(most) == both[1].found(most)
    assert both[0].counted() == both[1].counted()


class _Played:
    """One of the two, and which versions were read first of each document."""

    def __init__(self, client: Any, collection: str) -> None:
        self._client = client
        self._documents = client.collection(collection)
        self._group = client.collection_group(collection)
        self._first: dict[str, Any] = {}
        self._before = self._now = self._read()

    def commit(self, writes: list[tuple[str, str, int]]) -> bool:
        batch = self._client.batch()
        for kind, name, number in writes:
            self._add(batch, kind, name, number)
        try:
            batch.commit()
        except REFUSED:
            made = False
        else:
            made = True
        self._before, self._now = self._now, self._read()
        return made

    def _read(self) -> dict[str, Any]:
        """All documents by one request: each request to the emulator takes a thread and some milliseconds."""
        references = [self._documents.document(name) for name in NAMES]
        return {snapshot.id: snapshot for snapshot in self._client.get_all(references)}

    def _add(self, batch: Any, kind: str, name: str, number: int) -> None:
        reference = self._documents.document(name)
        now = self._now[name]
        if now.exists:
            self._first.setdefault(name, now.update_time)
        fields = {"n": number, "in": {"k": number}}
        guard = {"guarded": now.update_time, "guarded delete": now.update_time, "stale": self._first.get(name)}.get(
            kind
        )
        option = self._client.write_option(last_update_time=guard) if guard is not None else None
        match kind:
            case "create":
                batch.create(reference, fields)
            case "update" | "guarded" | "stale":
                batch.update(reference, fields, option=option)
            case "count":
                batch.set(reference, {"in": {"k": firestore.Increment(number)}}, merge=True)
            case "put":
                batch.set(reference, {"n": number})
            case _:
                batch.delete(reference, option=option)

    def documents(self) -> dict[str, Any]:
        return {name: self._now[name].to_dict() for name in NAMES}

    def moved(self) -> dict[str, bool]:
        """Which documents have another version than before the last commit."""
        return {name: self._now[name].update_time != self._before[name].update_time for name in NAMES}

    def found(self, most: int) -> list[list[str]]:
        """By the kinds of queries that the store makes."""
        downwards = firestore.Query.DESCENDING
        middle = {"__name__": self._documents.document("b")}
        queries = [
            self._documents.where(filter=FieldFilter("n", "<=", 1)).order_by("n"),
            self._documents.where(filter=FieldFilter("n", "not-in", [1])).order_by("n", direction=downwards),
            self._documents.where(filter=FieldFilter("n", "==", 0))
            .order_by("__name__", direction=downwards)
            .start_at(middle),
            self._documents.where(filter=FieldFilter("in.k", "<=", 1)),
            self._documents.order_by("n", direction=downwards).start_after({"n": 1}),
            self._group.where(filter=FieldFilter("n", ">=", 1)).where(filter=FieldFilter("n", "<", 2)),
            self._group.order_by("n"),
        ]
        return [[snapshot.id for snapshot in query.limit(most).stream()] for query in queries]

    def counted(self) -> dict[str, int]:
        [[found]] = self._documents.where(filter=FieldFilter("n", "==", 0)).count().get()
        [sums] = self._documents.sum("in.k", alias="sum").count(alias="count").get()
        return {"zeros": int(found.value), **{each.alias: int(each.value) for each in sums}}
