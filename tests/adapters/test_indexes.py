"""firestore.indexes.json holds exactly what the queries need that the store makes: the emulator answers without any.

Firestore's own rules: each field has an index in either direction, and a query is served by these if it only compares
for equality, or only by one field that it also sorts by, ties by name in the same direction. Everything else takes a
composite index, and a query of a collection group takes one with that scope, also of a single field.
"""

import ast
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from google.cloud.firestore_v1.aggregation import AggregationQuery
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.query import Query
from google.cloud.firestore_v1.types import StructuredQuery

from shared.accounts.account import Account, AccountState
from shared.accounts.audit import Action, AuditLine
from shared.gcp.store import (
    accounts,
    anonymous,
    database,
    ledger,
    left_out,
    marks,
    operators,
    sessions,
    slots,
    snapshots,
    usage,
)
from shared.record import Versioned
from shared.slots.slot import SlotState
from tests.environment import SETTINGS, environment
from tests.factories import a_head, a_session
from tests.running import ROOT
from tests.store_modules import store_modules

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACCOUNT = Account(
    uid="u-1", bid="b-1", wid="w-1", state=AccountState.ACTIVE, email=None, name=None, locale=None, created=NOW
)
LINE = AuditLine(request="r-1", at=NOW, by="u-1", email=None, action=next(iter(Action)), target=None, asked={}, note="")

QUERIES: dict[Callable[..., Any], list[Callable[[], Any]]] = {
    accounts.to_erase: [lambda: accounts.to_erase(NOW)],
    accounts.turn: [lambda: accounts.turn("", 5), lambda: accounts.turn("u-1", 5)],
    marks.marked_accounts: [lambda: marks.marked_accounts("m")],
    marks.forget_marks: [lambda: marks.forget_marks(NOW)],
    anonymous._change: [
        lambda: anonymous.anonymise_sessions("u-1", "gone"),
        lambda: anonymous.anonymise_lines("u-1", "gone"),
        lambda: anonymous.anonymise_audit("u-1", "gone"),
    ],
    slots.all_slots: [slots.all_slots],
    slots.readable_slots: [slots.readable_slots],
    slots.candidates: [slots.candidates],
    slots._from: [lambda: slots._from("ws-1", SlotState.WARM, 3)],
    slots.count_claimed: [slots.count_claimed],
    sessions.overdue: [lambda: sessions.overdue(NOW, timedelta(0))],
    sessions.in_use: [sessions.in_use],
    usage.read_lines: [
        lambda: usage.read_lines("b-1", "u-1", "2026-11", 5),
        lambda: usage.read_lines("b-1", "u-1", "2026-11", 5, ("2026-11", NOW)),
    ],
    ledger.unwritten: [lambda: ledger.unwritten(NOW, [])],
    ledger.unchecked: [lambda: ledger.unchecked(NOW)],
    ledger.lines_of_day: [lambda: ledger.lines_of_day(date(2026, 11, 23))],
    ledger.to_close: [lambda: ledger.to_close(NOW)],
    ledger.first_line: [ledger.first_line],
    ledger.read_days: [lambda: ledger.read_days("2026-11")],
    ledger._lines: [
        lambda: ledger.lines_of_session(a_session()),
        lambda: ledger.lines_of_period("b-1", "2026-11"),
    ],
    left_out.all_packages: [lambda: left_out.all_packages("w-1")],
    snapshots.all_snapshots: [lambda: snapshots.all_snapshots("w-1")],
    snapshots.page_of_snapshots: [
        lambda: snapshots.page_of_snapshots("w-1", None, 5),
        lambda: snapshots.page_of_snapshots("w-1", NOW, 5),
    ],
    snapshots.older_snapshots: [lambda: snapshots.older_snapshots("w-1", a_head(), 5)],
    snapshots.all_heads: [snapshots.all_heads],
    snapshots.to_tidy: [lambda: snapshots.to_tidy(NOW)],
    operators.audit_lines: [lambda: operators.audit_lines(None, 5), lambda: operators.audit_lines(LINE, 5)],
}
"""Every function that makes a query, with calls that make all of its forms."""


class Index(NamedTuple):
    group: str
    scope: str
    fields: tuple[tuple[str, str], ...]


class Needed(NamedTuple):
    composite: frozenset[Index]
    single: frozenset[Index]
    """Beyond those that every field has by itself."""


@pytest.fixture(scope="module")
def asked() -> Iterator[list[StructuredQuery]]:
    """What the functions of the table ask Firestore, which answers nothing here."""
    seen = list[StructuredQuery]()

    def stream(query: Query, **_: Any) -> Iterator[Any]:
        seen.append(query._to_protobuf())
        return iter(())

    def counted(query: AggregationQuery, **_: Any) -> list[Any]:
        seen.append(query._nested_query._to_protobuf())
        raise Counted

    with pytest.MonkeyPatch.context() as patch, environment(SETTINGS | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}):
        patch.setattr(Query, "stream", stream)
        patch.setattr(anonymous, "read", lambda *_: Versioned(ACCOUNT, NOW))
        patch.setattr(AggregationQuery, "get", counted)
        for call in [call for calls in QUERIES.values() for call in calls]:
            before = len(seen)
            try:
                found = call()
                if isinstance(found, Iterator):
                    list(found)
            except Counted:
                pass
            assert len(seen) > before, "it asked nothing"
        yield seen


class Counted(Exception):
    pass


def test_the_file_holds_the_indexes_that_are_needed_and_no_other(asked: list[StructuredQuery]) -> None:
    needed = [indexes_for(query) for query in asked]
    composite = frozenset().union(*(one.composite for one in needed))
    single = frozenset().union(*(one.single for one in needed))
    file = json.loads((ROOT / "firestore.indexes.json").read_text())
    held = {
        Index(one["collectionGroup"], one["queryScope"], tuple((f["fieldPath"], f["order"]) for f in one["fields"]))
        for one in file["indexes"]
    }
    assert held == composite
    overridden = {
        Index(one["collectionGroup"], kind["queryScope"], ((one["fieldPath"], kind["order"]),))
        for one in file["fieldOverrides"]
        for kind in one["indexes"]
    }
    # an override replaces the two that the field has by itself, so it names them too
    own = {
        Index(one.group, "COLLECTION", ((one.fields[0][0], order),))
        for one in single
        for order in ("ASCENDING", "DESCENDING")
    }
    assert overridden == single | own


def test_every_function_that_makes_a_query_is_in_the_table() -> None:
    exist = {(module.__name__, name) for module in store_modules() if module is not database for name in asking(module)}
    assert exist == {(function.__module__, function.__name__) for function in QUERIES}


ASKING = {"run", "run_paged", "run_count", "run_readable", "stream"}


def asking(module: Any) -> list[str]:
    functions = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)]
    return [function.name for function in functions if ASKING & called(function)]


def called(tree: ast.AST) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    plain = {function.id for function in calls if isinstance(function, ast.Name)}
    return plain | {
        function.attr for function in calls if isinstance(function, ast.Attribute) and function.attr == "stream"
    }


EQUALITY = (StructuredQuery.FieldFilter.Operator.EQUAL, StructuredQuery.FieldFilter.Operator.IN)
DIRECTION = {
    StructuredQuery.Direction.ASCENDING: "ASCENDING",
    StructuredQuery.Direction.DESCENDING: "DESCENDING",
    StructuredQuery.Direction.DIRECTION_UNSPECIFIED: "ASCENDING",
}


def indexes_for(query: StructuredQuery) -> Needed:
    """By Firestore's rules, from the query alone."""
    [source] = query.from_
    scope = "COLLECTION_GROUP" if source.all_descendants else "COLLECTION"
    equal, compared = filters(query)
    orders = [(order.field.field_path, DIRECTION[order.direction]) for order in query.order_by]
    last = orders[-1][1] if orders else "ASCENDING"
    orders += [(field, last) for field in compared if field not in dict(orders)]
    named = dict(orders).get("__name__", orders[-1][1] if orders else "ASCENDING")
    sorts = [(field, direction) for field, direction in orders if field != "__name__" and field not in equal]
    by_itself = sorts[-1][1] if sorts else "ASCENDING"
    fields = [*((field, "ASCENDING") for field in sorted(equal)), *sorts]
    is_simple = named == by_itself and (not sorts or (len(sorts) == 1 and not equal))
    if not is_simple:
        fields += [("__name__", named)] if named != by_itself else []
        return Needed(frozenset([Index(source.collection_id, scope, tuple(fields))]), frozenset())
    if scope == "COLLECTION":
        return Needed(frozenset(), frozenset())
    return Needed(frozenset(), frozenset(Index(source.collection_id, scope, (field,)) for field in fields))


def filters(query: StructuredQuery) -> tuple[set[str], list[str]]:
    """The fields that are compared for equality, and those that are compared otherwise."""
    parts = query.where.composite_filter.filters if query.where.composite_filter.filters else [query.where]
    found = [part.field_filter for part in parts if part.field_filter.field.field_path]
    equal = {one.field.field_path for one in found if one.op in EQUALITY}
    return equal, list(dict.fromkeys(one.field.field_path for one in found if one.op not in EQUALITY))


def a_query(*orders: tuple[str, str], equal: tuple[str, ...] = (), above: tuple[str, ...] = ()) -> StructuredQuery:
    with environment(SETTINGS | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}):
        made: Any = database.database().collection("c")
        for field, op in [*((field, "==") for field in equal), *((field, ">") for field in above)]:
            made = made.where(filter=FieldFilter(field, op, 1))
        for field, direction in orders:
            made = made.order_by(field, direction=direction)
        return Query._to_protobuf(made if isinstance(made, Query) else made._query())


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (a_query(equal=("a", "b")), None),
        (a_query(above=("a",)), None),
        (a_query(("a", "DESCENDING"), above=("a",)), None),
        (a_query(("a", "DESCENDING"), ("__name__", "DESCENDING")), None),
        (a_query(("__name__", "ASCENDING"), equal=("a",)), None),
        (a_query(("__name__", "DESCENDING"), equal=("a",)), (("a", "ASCENDING"), ("__name__", "DESCENDING"))),
        (a_query(("a", "ASCENDING"), ("__name__", "DESCENDING")), (("a", "ASCENDING"), ("__name__", "DESCENDING"))),
        (a_query(("b", "DESCENDING"), equal=("a",)), (("a", "ASCENDING"), ("b", "DESCENDING"))),
        (a_query(equal=("a",), above=("b",)), (("a", "ASCENDING"), ("b", "ASCENDING"))),
        (a_query(("b", "ASCENDING"), above=("a",)), (("b", "ASCENDING"), ("a", "ASCENDING"))),
    ],
)
def test_the_rules(query: StructuredQuery, fields: tuple[tuple[str, str], ...] | None) -> None:
    wanted = frozenset([Index("c", "COLLECTION", fields)]) if fields else frozenset()
    assert indexes_for(query).composite == wanted
