"""The Firestore client, records to documents and back, and the guarded commit that every change of state is made by."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from google.api_core import exceptions
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore

from shared import logs
from shared.gcp import operation_counts
from shared.gcp.store import clock
from shared.record import Versioned

R = TypeVar("R")

ATTEMPT_SECONDS = 5.0
PATIENCE_SECONDS = 8.0
"""How long one call may take with its retries. A function must answer while its caller still waits, also when
Firestore does not; the SDK's own patience is one to five minutes."""


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
"""Documents that one call of a paged query brings."""


class Unreadable(Exception):
    """A document is no record of its kind: somebody wrote it by hand, or a later version did."""


class LostRace(Exception):
    """A guard did not hold. Read again: the change may be out of date, or may be one's own, made before."""


@lru_cache(maxsize=1)
def database() -> firestore.Client:
    return firestore.Client()


def document(collection: str, name: str) -> firestore.DocumentReference:
    return database().collection(collection).document(name)


def read(reference: firestore.DocumentReference, kind: type[R]) -> Versioned[R] | None:
    """One record, or None if there is none."""
    operation_counts.count(reads=1)
    return _decode(reference.get(**CALL), kind)


def look_at_the_time() -> None:
    """Read a document that need not be there, for Firestore's time. Raises Corrected if this machine's is wrong."""
    operation_counts.count(reads=1)
    clock.learn(_read_time(document("meter", "reached").get(**CALL)))


def read_all(wanted: Sequence[tuple[firestore.DocumentReference, type[Any]]]) -> list[Versioned[Any] | None]:
    """Several records of any kinds in one round trip, in the order wanted."""
    operation_counts.count(reads=len(wanted))
    found = {snapshot.reference.path: snapshot for snapshot in database().get_all([ref for ref, _ in wanted], **CALL)}
    return [_decode(found[reference.path], kind) for reference, kind in wanted]


def run(query: Any, kind: type[R]) -> list[Versioned[R]]:
    """Everything that a query finds. Raises Unreadable."""
    found = [record for snapshot in query.stream(**CALL) if (record := _decode(snapshot, kind)) is not None]
    operation_counts.count(reads=max(1, len(found)))
    return found


def run_readable(query: Any, kind: type[R]) -> tuple[list[Versioned[R]], list[str]]:
    """Everything that a query finds and that can be read, and the names of what can't be, which is told: for whoever
    works through documents of different people, of whom nobody is to wait for another's."""
    found, unreadable, count = list[Versioned[R]](), list[str](), 0
    for snapshot in query.stream(**CALL):
        count += 1
        if (record := _decode_or_tell(snapshot, kind)) is not None:
            found.append(record)
        else:
            unreadable.append(snapshot.id)
    operation_counts.count(reads=max(1, count))
    return found, unreadable


def run_count(query: Any) -> int:
    """How many documents a query would find. Firestore bills a read for each thousand that it counts."""
    [[found]] = query.count().get(**CALL)
    operation_counts.count(reads=max(1, math.ceil(found.value / 1000)))
    return int(found.value)


def run_paged(
    query: Any,
    kind: type[R],
    most: int | None = None,
    *,
    readable: bool = False,
    odd: Callable[[dict[str, Any]], None] | None = None,
    page: int | None = None,
) -> Iterator[Versioned[R]]:
    """Everything that a query finds, or `most` of it, in calls of `page` documents (PAGE): each must end within the
    time that a call is given. The next one is made when its first document is asked for.

    Raises Unreadable; or with `readable` leaves out what can't be read, tells it, and calls `odd` with its fields.
    """
    decode = _record_or_tell if readable else _record
    size, count = page or PAGE, 0
    while most is None or count < most:
        wanted = size if most is None else min(size, most - count)
        found = list(query.limit(wanted).stream(**CALL))
        operation_counts.count(reads=max(1, len(found)))
        count += len(found)
        for snapshot in found:  # now: whoever asks for the documents may work for long on one
            clock.learn(_read_time(snapshot))
        for snapshot in found:  # one by one: one that can't be read keeps none before it from its turn
            if (record := decode(snapshot, kind)) is not None:
                yield record
            elif odd is not None and snapshot.exists:
                odd(snapshot.to_dict())
        if len(found) < wanted:
            break
        query = query.start_after(found[-1])


class Commit:
    """One guarded commit: all of its writes, or none.

    Every changed record is guarded by the version that was read, every new one by its absence. Writes are whole
    records, so that a document always is what some transition made of it.
    """

    def __init__(self) -> None:
        self._batch = database().batch()
        self._guarded: list[tuple[firestore.DocumentReference, dict[str, Any] | None]] = []

    def create(self, reference: firestore.DocumentReference, record: Any) -> "Commit":
        fields = encode(record)
        self._batch.create(reference, fields)
        self._guarded.append((reference, fields))
        return self

    def change(self, reference: firestore.DocumentReference, read: Versioned[R], record: R) -> "Commit":
        guard, fields = database().write_option(last_update_time=read.version), encode(record)
        self._batch.update(reference, fields, option=guard)
        self._guarded.append((reference, fields))
        return self

    def count(self, reference: firestore.DocumentReference, counts: dict[str, int]) -> "Commit":
        """Raise counters of a document that may not be there yet. It is guarded by the commit's other writes."""
        self._batch.set(reference, {field: firestore.Increment(n) for field, n in counts.items()}, merge=True)
        return self

    def replace(self, reference: firestore.DocumentReference, record: Any) -> "Commit":
        """Write a record that exists whole. It is guarded by the commit's other writes."""
        self._batch.update(reference, encode(record))
        return self

    def drop(self, reference: firestore.DocumentReference) -> "Commit":
        """Delete a document that may be gone already. It is guarded by the commit's other writes."""
        self._batch.delete(reference)
        return self

    def delete(self, reference: firestore.DocumentReference, read: Versioned[Any]) -> "Commit":
        self._batch.delete(reference, option=database().write_option(last_update_time=read.version))
        self._guarded.append((reference, None))
        return self

    def run(self) -> None:
        """Raises LostRace if a guard did not hold.

        An attempt that failed may have been made all the same, its reply lost; the next then finds its own work in the
        way. So after one the first document is looked at: whoever finds there what they wrote has won.
        """
        failed: list[Exception] = []
        operation_counts.count(writes=len(self._batch))
        try:
            self._batch.commit(**CALL | {"retry": _retry(failed.append)})
        except (
            exceptions.FailedPrecondition,
            exceptions.Conflict,  # AlreadyExists and Aborted are kinds of it
            exceptions.NotFound,
        ) as e:
            if not (failed and self._is_made()):
                raise LostRace(str(e)) from e

    def _is_made(self) -> bool:
        """The first record of a commit carries an id or a time of its writer's, wherever it matters who that was."""
        reference, fields = self._guarded[0]
        operation_counts.count(reads=1)
        return bool(_plain(reference.get(**CALL).to_dict()) == fields)


def encode(record: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime,))
    return fields


def _read_time(snapshot: Any) -> datetime:
    """What a query over a collection group finds carries the protocol's own message instead of a datetime."""
    read_at = snapshot.read_time
    return read_at if isinstance(read_at, datetime) else cast("datetime", read_at.ToDatetime(tzinfo=UTC))


def _decode(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    """Raises Corrected if Firestore's time shows that this machine's is wrong."""
    clock.learn(_read_time(snapshot))
    return _record(snapshot, kind)


def _record(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    if not snapshot.exists:
        return None
    try:
        record = msgspec.convert(_plain(snapshot.to_dict()), type=kind)
    except msgspec.ValidationError as e:
        raise Unreadable(f"{snapshot.reference.path}: {e}") from e
    return Versioned(record, snapshot.update_time)


def _decode_or_tell(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    clock.learn(_read_time(snapshot))
    return _record_or_tell(snapshot, kind)


def _record_or_tell(snapshot: Any, kind: type[R]) -> Versioned[R] | None:
    try:
        return _record(snapshot, kind)
    except Unreadable as e:
        logs.error("unreadable", why=str(e))
        return None


def _plain(value: Any) -> Any:
    """Firestore's own datetime class, which msgspec does not take for one, made an ordinary datetime."""
    if isinstance(value, DatetimeWithNanoseconds):
        return datetime.fromtimestamp(value.timestamp(), UTC).replace(microsecond=value.microsecond)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def delete_all(references: Iterable[firestore.DocumentReference]) -> int:
    """Delete documents that nobody guards, in batches; how many."""
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
