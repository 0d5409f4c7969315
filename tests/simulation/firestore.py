"""A Firestore in memory, as far as `shared.gcp.store` uses its client: batches with preconditions, reads, queries.

Thousands of schedules in a minute need one that answers in microseconds. It is believed only because test_firestore.py
does the same random commits to it and to Google's emulator, and compares what both say. What it does not know it
refuses, and never guesses.

Fields are never changed in place, neither here nor by the store, which makes them anew for each write and reads them
into records: so nothing is copied.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

Fields = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """When a document was written last: a number that only rises."""

    number: int


@dataclass
class Stored:
    fields: Fields
    version: Version


@dataclass(frozen=True)
class Change:
    """What a commit made of one document; None where there is none."""

    path: str
    before: Fields | None
    after: Fields | None

    def __str__(self) -> str:
        """What is other than it was."""
        if self.after is None:
            return f"{self.path} is deleted"
        before = self.before or {}
        return f"{self.path} { ({key: value for key, value in self.after.items() if before.get(key, self) != value}) }"


class Client:
    """`documents` by their path. `on_read` is called before each read, and `on_commit` around each commit, which it is
    given to be made: what they raise, the caller gets."""

    def __init__(self) -> None:
        self.documents: dict[str, Stored] = {}
        self.on_read: Callable[[str], None] = lambda _what: None
        self.on_commit: Callable[[Callable[[], Sequence[Change]]], None] = _just_make
        self.on_look: Callable[[str, Fields | None], None] = lambda _path, _fields: None
        """Told of each document as it is read."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._numbers = itertools.count(1)

    def collection(self, path: str) -> "Collection":
        return Collection(self, path)

    def collection_group(self, name: str) -> "Query":
        return Query(self, f"*/{name}")

    def batch(self) -> "Batch":
        return Batch(self)

    def write_option(self, *, last_update_time: Version) -> Version:
        return last_update_time

    def get_all(self, references: Iterable["Reference"], **_: Any) -> Iterator["Snapshot"]:
        wanted = list(references)
        self.on_read(wanted[0].path if wanted else "nothing")
        return iter([self.look(reference) for reference in wanted])

    def look(self, reference: "Reference") -> "Snapshot":
        stored = self.documents.get(reference.path)
        self.on_look(reference.path, stored.fields if stored else None)
        return Snapshot(reference, stored, self.clock())

    def next_version(self) -> Version:
        return Version(next(self._numbers))


def _just_make(make: Callable[[], Sequence[Change]]) -> None:
    make()


@dataclass(frozen=True)
class Reference:
    client: Client = field(repr=False, compare=False)
    path: str

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    def get(self, **_: Any) -> "Snapshot":
        self.client.on_read(self.path)
        return self.client.look(self)

    def collection(self, name: str) -> "Collection":
        return Collection(self.client, f"{self.path}/{name}")

    def collections(self, **_: Any) -> list["Collection"]:
        depth = self.path.count("/") + 1
        below = (path for path in self.client.documents if path.startswith(f"{self.path}/"))
        names = sorted({path.split("/")[depth] for path in below})
        return [self.collection(name) for name in names]


class Snapshot:
    def __init__(self, reference: Reference, stored: Stored | None, read_time: datetime) -> None:
        self.read_time = read_time
        self.reference = reference
        self.id = reference.id
        self.exists = stored is not None
        self.update_time = stored.version if stored else None
        self._fields = stored.fields if stored else None

    def to_dict(self) -> Fields | None:
        return self._fields


@dataclass(frozen=True)
class Write:
    """`kind`: create, update, merge, put or delete. `guard`: the version that must be there."""

    kind: str
    path: str
    fields: Fields | None = None
    guard: Version | None = None


class Batch:
    def __init__(self, client: Client) -> None:
        self._client = client
        self.writes: list[Write] = []

    def __len__(self) -> int:
        return len(self.writes)

    def create(self, reference: Reference, fields: Fields) -> None:
        self.writes.append(Write("create", reference.path, fields))

    def update(self, reference: Reference, fields: Fields, option: Version | None = None) -> None:
        self.writes.append(Write("update", reference.path, fields, option))

    def set(self, reference: Reference, fields: Fields, merge: bool = False) -> None:
        self.writes.append(Write("merge" if merge else "put", reference.path, fields))

    def delete(self, reference: Reference, option: Version | None = None) -> None:
        self.writes.append(Write("delete", reference.path, None, option))

    def commit(self, retry: Callable[[Any], Any] | None = None, **_: Any) -> None:
        """All of it, or an exception and nothing. It is tried again as the SDK's client does: by the same object."""
        attempt = retry(self._attempt) if retry else self._attempt
        attempt()

    def _attempt(self) -> None:
        self._client.on_commit(self._make)

    def _make(self) -> list[Change]:
        documents = self._client.documents
        for write in self.writes:
            _check(write, documents.get(write.path))
        version, changes = self._client.next_version(), []
        for write in self.writes:
            stored = documents.get(write.path)
            before = stored.fields if stored else None
            if write.kind == "delete":
                if documents.pop(write.path, None):
                    changes.append(Change(write.path, before, None))
                continue
            fields = _merged(before or {}, write)
            if before != fields:  # a write that changes nothing leaves the time as it was
                documents[write.path] = Stored(fields, version)
                changes.append(Change(write.path, before, fields))
        return changes


def _check(write: Write, stored: Stored | None) -> None:
    if write.kind == "create" and stored is not None:
        raise exceptions.AlreadyExists(write.path)
    if write.kind == "update" and stored is None:
        raise exceptions.NotFound(write.path)
    if write.guard is not None and (stored is None or stored.version != write.guard):
        raise exceptions.FailedPrecondition(write.path)


def _merged(before: Fields, write: Write) -> Fields:
    given = write.fields or {}
    if write.kind in ("create", "put"):
        return given
    if write.kind == "update":
        return {**before, **given}
    return _merge(before, given)


def _merge(before: Fields, given: Fields) -> Fields:
    after = dict(before)
    for key, value in given.items():
        if isinstance(value, firestore.Increment):
            after[key] = before.get(key, 0) + value.value
        elif isinstance(value, dict):
            after[key] = _merge(before.get(key, {}), value)
        else:
            after[key] = value
    return after


class Query:
    """Documents of one collection that pass all filters, in order. A comparison with what is not there, or of another
    type, is false."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._collection = collection
        self._filters: list[FieldFilter] = []
        self._by, self._descending = "__name__", False
        self._most: int | None = None
        self._start: tuple[Any, bool] | None = None
        self._end: Any = None

    def _with(self, **changes: Any) -> "Query":
        other = Query.__new__(Query)
        vars(other).update(vars(self))
        vars(other).update({f"_{name}": value for name, value in changes.items()})
        return other

    def where(self, *, filter: FieldFilter) -> "Query":
        """Without an order of its own a query goes by the field that it compares."""
        by = self._by if filter.op_string == "==" or self._by != "__name__" else filter.field_path
        return self._with(filters=[*self._filters, filter], by=by)

    def order_by(self, field_path: str, direction: str = firestore.Query.ASCENDING) -> "Query":
        if self._by not in ("__name__", field_path):
            raise NotImplementedError("a second order")
        return self._with(by=field_path, descending=direction == firestore.Query.DESCENDING)

    def limit(self, count: int) -> "Query":
        return self._with(most=count)

    def start_at(self, at: Fields) -> "Query":
        return self._with(start=(_bound(at[self._by]), True))

    def start_after(self, at: Fields) -> "Query":
        return self._with(start=(_bound(at[self._by]), False))

    def end_before(self, at: Fields) -> "Query":
        return self._with(end=_bound(at[self._by]))

    def stream(self, **_: Any) -> Iterator[Snapshot]:
        self._client.on_read(self._collection)
        references = [Reference(self._client, path) for path in self._paths()]
        rows = [(self._key(reference), reference) for reference in references]
        found = [row for row in rows if row[0] is not None and self._passes(row[1])]
        found.sort(key=lambda row: (row[0], row[1].path), reverse=self._descending)
        for _, reference in [row for row in found if self._is_between(row[0])][: self._most]:
            yield self._client.look(reference)

    def count(self, alias: str = "count") -> "Aggregation":
        return Aggregation(self).count(alias)

    def sum(self, field: str, alias: str) -> "Aggregation":
        return Aggregation(self).sum(field, alias)

    def _paths(self) -> list[str]:
        if self._collection.startswith("*/"):
            return [path for path in self._client.documents if path.split("/")[-2] == self._collection[2:]]
        before, size = f"{self._collection}/", len(self._collection) + 1
        return [path for path in self._client.documents if path.startswith(before) and "/" not in path[size:]]

    def _key(self, reference: Reference) -> Any:
        if self._by == "__name__":
            return reference.path
        return _at(self._client.documents[reference.path].fields, self._by)

    def _passes(self, reference: Reference) -> bool:
        fields = self._client.documents[reference.path].fields
        return all(_holds(_at(fields, one.field_path), one.op_string, one.value) for one in self._filters)

    def _is_between(self, key: Any) -> bool:
        if self._start is not None:
            bound, is_included = self._start
            if key == bound:
                return is_included
            if (key < bound) != self._descending:
                return False
        return self._end is None or (key != self._end and (key < self._end) != self._descending)


@dataclass(frozen=True)
class Aggregated:
    alias: str
    value: int


@dataclass(frozen=True)
class Aggregation:
    """Sums over the documents that a query would find and that have every field that is summed; a field of None counts
    them."""

    query: Query
    fields: tuple[tuple[str, str | None], ...] = ()

    def count(self, alias: str) -> "Aggregation":
        return replace(self, fields=(*self.fields, (alias, None)))

    def sum(self, field: str, alias: str) -> "Aggregation":
        return replace(self, fields=(*self.fields, (alias, field)))

    def get(self, **_: Any) -> list[list[Aggregated]]:
        summed = [name for _, name in self.fields if name is not None]
        found = [snapshot.to_dict() or {} for snapshot in self.query.stream()]
        found = [fields for fields in found if all(_at(fields, name) is not None for name in summed)]
        return [[Aggregated(alias, _sum(found, name)) for alias, name in self.fields]]


def _sum(found: list[Fields], name: str | None) -> int:
    values = [1 if name is None else _at(fields, name) for fields in found]
    return sum(value for value in values if isinstance(value, int) and not isinstance(value, bool))


class Collection(Query):
    def __init__(self, client: Client, path: str) -> None:
        super().__init__(client, path)
        self._path = path

    def document(self, name: str) -> Reference:
        return Reference(self._client, f"{self._path}/{name}")

    def list_documents(self, **_: Any) -> list[Reference]:
        depth = self._path.count("/") + 1
        below = (path for path in self._client.documents if path.startswith(f"{self._path}/"))
        if any(path.count("/") > depth for path in below):
            raise NotImplementedError("documents that are missing and have others below them")
        return [snapshot.reference for snapshot in self.stream()]


def _bound(value: Any) -> Any:
    return value.path if isinstance(value, Reference) else value


def _at(fields: Fields, path: str) -> Any:
    found: Any = fields
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _holds(value: Any, operator: str, other: Any) -> bool:
    if operator == "not-in":
        return value is not None and value not in other
    if operator == "in":
        return value in other
    if value is None or not (isinstance(value, type(other)) or isinstance(other, type(value))):
        return False
    return bool({"==": value == other, "<=": value <= other, ">=": value >= other, "<": value < other}[operator])
