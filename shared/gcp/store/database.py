"""The Firestore client, the conversion between records and documents, and the guarded commit."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TypeVar, cast

import msgspec
from google.api_core import exceptions
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore

from shared import logs, traces
from shared.gcp import operation_counts
from shared.gcp.store import clock
from shared.gcp.store.firestore_client import Client
from shared.record import Versioned
from shared.settings import settings

R = TypeVar("R")

ATTEMPT_SECONDS = 5.0
PATIENCE_SECONDS = 8.0
"""How long one call may take with its retries. A function must answer while its caller still waits, even if Firestore
does not answer. The SDK's own limits are one to five minutes."""
SUMS_AT_ONCE = 8


def _retry(on_error: Callable[[Exception], None] | None = None) -> Retry:
    return Retry(
        predicate=if_exception_type(exceptions.ServiceUnavailable, exceptions.InternalServerError),
        initial=0.1,
        maximum=1.0,
        timeout=PATIENCE_SECONDS,
        on_error=on_error,
    )


CALL: dict[str, Any] = {"retry": _retry(), "timeout": ATTEMPT_SECONDS}


PAGE = 500
"""Documents in one call of a paged query."""


class Unreadable(Exception):
    """A document is not a valid record of its kind, perhaps written by hand or by a later version."""


class LostRace(Exception):
    """A guard did not hold. Read again: the change may be outdated, or may be this request's own earlier attempt."""


@lru_cache(maxsize=1)
def database() -> firestore.Client:
    return Client(project=settings().project)


def document(collection: str, name: str) -> firestore.DocumentReference:
    return database().collection(collection).document(name)


def read(reference: firestore.DocumentReference, kind: type[R]) -> Versioned[R] | None:
    """One record; None if there is no document."""
    operation_counts.count(reads=1)
    return _decode(reference.get(**CALL), kind)


def compare_clock() -> None:
    """Reads a document, which need not exist, for Firestore's time. Raises Corrected if this machine's clock is
    wrong."""
    operation_counts.count(reads=1)
    clock.learn(_read_time(document("meter", "reached").get(**CALL)))


def read_all(wanted: Sequence[tuple[firestore.DocumentReference, type[Any]]]) -> list[Versioned[Any] | None]:
    """Several records of any kinds in one round trip, in the order of `wanted`."""
    operation_counts.count(reads=len(wanted))
    snapshots = database().get_all([reference for reference, _ in wanted], **CALL)
    by_path = {snapshot.reference.path: snapshot for snapshot in snapshots}
    return [_decode(by_path[reference.path], kind) for reference, kind in wanted]


def run(query: Any, kind: type[R]) -> list[Versioned[R]]:
    """All records that a query finds. Raises Unreadable."""
    records = [record for snapshot in query.stream(**CALL) if (record := _decode(snapshot, kind)) is not None]
    operation_counts.count(reads=max(1, len(records)))
    return records


def run_readable(query: Any, kind: type[R]) -> tuple[list[Versioned[R]], list[str]]:
    """All readable records that a query finds, and the names of the unreadable documents, which are logged. For callers
    that work through documents of different members, where one must not stop the others."""
    records, unreadable, count = list[Versioned[R]](), list[str](), 0
    for snapshot in query.stream(**CALL):
        count += 1
        if (record := _decode_or_log(snapshot, kind)) is not None:
            records.append(record)
        else:
            unreadable.append(snapshot.id)
    operation_counts.count(reads=max(1, count))
    return records, unreadable


def run_count(query: Any) -> int:
    """How many documents a query would find. Firestore bills one read for each thousand of them."""
    [[result]] = query.count().get(**CALL)
    operation_counts.count(reads=max(1, math.ceil(result.value / 1000)))
    return int(result.value)


def run_sum(query: Any, field: str) -> int:
    """The sum of a field over the documents that a query would find. Billed as `run_count`."""
    [results] = query.sum(field, alias="sum").count(alias="count").get(**CALL)
    values = {result.alias: result.value for result in results}
    operation_counts.count(reads=max(1, math.ceil(values["count"] / 1000)))
    return int(values["sum"])


def run_sums(queries: Sequence[Any], field: str) -> list[int]:
    """The sum of a field for each of the queries, some at once."""
    with ThreadPoolExecutor(max_workers=SUMS_AT_ONCE) as pool:
        asked = [pool.submit(traces.bound(partial(run_sum, query, field))) for query in queries]
        return [sum_.result() for sum_ in asked]


def run_paged(
    query: Any,
    kind: type[R],
    most: int | None = None,
    *,
    readable: bool = False,
    odd: Callable[[dict[str, Any]], None] | None = None,
    page: int | None = None,
) -> Iterator[Versioned[R]]:
    """All records that a query finds, or `most` of them, in calls of `page` documents (default PAGE), because each call
    has a time limit. The next call is made when its first document is needed.

    Raises Unreadable. With `readable`, unreadable documents are left out and logged, and `odd` is called with their
    fields.
    """
    decode = _record_or_log if readable else _record
    size, count = page or PAGE, 0
    while most is None or count < most:
        wanted = size if most is None else min(size, most - count)
        snapshots = list(query.limit(wanted).stream(**CALL))
        operation_counts.count(reads=max(1, len(snapshots)))
        count += len(snapshots)
        for snapshot in snapshots:  # before the first yield: the caller may work for long on one document
            clock.learn(_read_time(snapshot))
        for snapshot in snapshots:  # one by one: an unreadable document must not stop those before it
            if (record := decode(snapshot, kind)) is not None:
                yield record
            elif odd is not None and snapshot.exists:
                odd(snapshot.to_dict())
        if len(snapshots) < wanted:
            break
        query = query.start_after(snapshots[-1])


class Commit:
    """One guarded commit: all of its writes, or none.

    A changed record is guarded by the version that was read, a new record by its absence. Each write is a whole record,
    so that a document is always the result of one transition.
    """

    def __init__(self) -> None:
        self.batch = database().batch()
        self._guarded: list[tuple[firestore.DocumentReference, dict[str, Any] | None]] = []

    def create(self, reference: firestore.DocumentReference, record: Any) -> "Commit":
        fields = encode(record)
        self.batch.create(reference, fields)
        self._guarded.append((reference, fields))
        return self

    def change(self, reference: firestore.DocumentReference, read: Versioned[R], record: R) -> "Commit":
        guard, fields = database().write_option(last_update_time=read.version), encode(record)
        self.batch.update(reference, fields, option=guard)
        self._guarded.append((reference, fields))
        return self

    def count(self, reference: firestore.DocumentReference, counts: dict[str, int], **of: str) -> "Commit":
        """Raises counters of a document that may not exist, which says what it counts `of`. The commit's other writes
        guard this one."""
        self.batch.set(reference, {**of, **{field: firestore.Increment(n) for field, n in counts.items()}}, merge=True)
        return self

    def replace(self, reference: firestore.DocumentReference, record: Any) -> "Commit":
        """Writes an existing record as a whole. The commit's other writes guard this one."""
        self.batch.update(reference, encode(record))
        return self

    def put(self, reference: firestore.DocumentReference, record: Any) -> "Commit":
        """Writes a record as a whole, which may not exist. The commit's other writes guard this one."""
        self.batch.set(reference, encode(record))
        return self

    def drop(self, reference: firestore.DocumentReference) -> "Commit":
        """Deletes a document that may be gone already. The commit's other writes guard this one."""
        self.batch.delete(reference)
        return self

    def delete(self, reference: firestore.DocumentReference, read: Versioned[Any]) -> "Commit":
        self.batch.delete(reference, option=database().write_option(last_update_time=read.version))
        self._guarded.append((reference, None))
        return self

    def run(self) -> None:
        """Raises LostRace if a guard did not hold.

        An attempt may succeed although its reply is lost. The retry then fails because of its own work. So after a
        retry the first document is compared with what this commit would have written.
        """
        failed: list[Exception] = []
        operation_counts.count(writes=len(self.batch))
        try:
            self.batch.commit(**CALL | {"retry": _retry(failed.append)})
        except (
            exceptions.FailedPrecondition,
            exceptions.Conflict,  # includes AlreadyExists and Aborted
            exceptions.NotFound,
        ) as e:
            if not (failed and self.is_made()):
                raise LostRace(str(e)) from e

    def is_made(self) -> bool:
        """Whether this commit was made. The first record of every commit contains an id or a time of its writer,
        wherever that matters."""
        reference, fields = self._guarded[0]
        operation_counts.count(reads=1)
        return bool(plain(reference.get(**CALL).to_dict()) == fields)


def encode(record: Any) -> dict[str, Any]:
    """The fields as Firestore gives them back: it has lists only."""
    fields: dict[str, Any] = plain(msgspec.to_builtins(record, builtin_types=(datetime,)))
    return fields


def _read_time(snapshot: Any) -> datetime:
    """The time of the read. Results of a collection group query have a protobuf timestamp instead of a datetime."""
    read_at = snapshot.read_time
    return read_at if isinstance(read_at, datetime) else cast("datetime", read_at.ToDatetime(tzinfo=UTC))


def _decode(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    """Raises Corrected if Firestore's time shows that this machine's clock is wrong."""
    clock.learn(_read_time(snapshot))
    return _record(snapshot, kind)


def _record(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    if not snapshot.exists:
        return None
    try:
        record = msgspec.convert(plain(snapshot.to_dict()), type=kind)
    except msgspec.ValidationError as e:
        raise Unreadable(f"{snapshot.reference.path}: {e}") from e
    return Versioned(record, snapshot.update_time)


def _decode_or_log(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    clock.learn(_read_time(snapshot))
    return _record_or_log(snapshot, kind)


def _record_or_log(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    try:
        return _record(snapshot, kind)
    except Unreadable as e:
        logs.error("record-unreadable", reason=str(e))
        return None


def plain(value: Any) -> Any:
    """A value with ordinary datetimes, because msgspec does not accept Firestore's own datetime class."""
    if isinstance(value, DatetimeWithNanoseconds):
        return datetime.fromtimestamp(value.timestamp(), UTC).replace(microsecond=value.microsecond)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def delete_all(references: Iterable[firestore.DocumentReference]) -> int:
    """Deletes documents without guards, in batches. Returns how many."""
    count = 0
    batch = database().batch()
    for reference in references:
        batch.delete(reference)
        operation_counts.count(writes=1)
        count += 1
        if count % 400 == 0:
            batch.commit(**CALL)
            batch = database().batch()
    batch.commit(**CALL)
    return count
