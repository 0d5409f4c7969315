"""firestore.indexes.json holds exactly what the queries need that the store makes: the emulator answers without any.

Firestore's own rules: each field has an index in either direction, and a query is served by these if it only compares
for equality, or only by one field that it also sorts by, ties by name in the same direction. Everything else takes a
composite index, and a query of a collection group takes one with that scope, also of a single field.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from google.cloud.firestore_v1.aggregation import AggregationQuery
from google.cloud.firestore_v1.base_aggregation import SumAggregation
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.query import Query
from google.cloud.firestore_v1.types import StructuredQuery

from shared.accounts.account import Account, AccountState
from shared.accounts.audit import Action, AuditLine
from shared.accounts.members import MemberSort
from shared.billing.subscription import Reason
from shared.cursors import Place
from shared.gcp.store import (
    accounts,
    anonymous,
    billing,
    claims,
    database,
    ledger,
    left_out,
    mails,
    marks,
    members,
    operators,
    payers,
    sessions,
    slots,
    snapshots,
    subscriptions,
    team_storage,
    teams,
    usage,
)
from shared.mail.mail import MailState
from shared.record import Versioned
from shared.sessions.session import SessionState
from shared.slots.slot import SlotState
from shared.snapshots.checkpoint import Snapshot
from shared.snapshots.left_out import Package
from tests.support.checkout import ROOT
from tests.support.records.factories import a_head, a_session
from tests.support.records.store_modules import store_modules
from tests.support.stack.environment import SETTINGS, environment

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACCOUNT = Account(
    uid="u-1", bid="b-1", wid="w-1", state=AccountState.ACTIVE, email=None, name=None, locale=None, created=NOW
)
LINE = AuditLine(request="r-1", at=NOW, by="u-1", email=None, action=next(iter(Action)), target=None, asked={}, note="")

STORE = str(Path(database.__file__).parent)

VALUES: dict[MemberSort, str | int] = {
    MemberSort.EMAIL: "ada@example.com",
    MemberSort.CREATED: 1,
    MemberSort.OPENED: 1,
    MemberSort.STORAGE: 1,
}


def members_page(sort: MemberSort) -> None:
    """Both directions, behind a place."""
    for descending in (False, True):
        prefix = "ada" if sort == MemberSort.EMAIL else ""
        place = Place(VALUES[sort], "some")
        members.list_members(sort, prefix=prefix, after=place, descending=descending, limit=5)


QUERIES: dict[Callable[..., Any], list[Callable[[], Any]]] = {
    accounts.to_erase: [lambda: accounts.to_erase(NOW)],
    accounts.turn: [lambda: accounts.turn("", 5), lambda: accounts.turn("u-1", 5)],
    claims.count_refused: [lambda: claims.count_refused(NOW)],
    marks.marked_accounts: [lambda: marks.marked_accounts("m")],
    marks.forget_marks: [lambda: marks.forget_marks(NOW)],
    anonymous.change_found: [
        lambda: anonymous.anonymise_sessions("u-1", "gone"),
        lambda: anonymous.anonymise_lines("u-1", "gone"),
        lambda: anonymous.anonymise_audit("u-1", "gone"),
    ],
    slots.all_slots: [slots.all_slots],
    slots.readable_slots: [slots.readable_slots],
    slots.candidates: [slots.candidates],
    slots.slots_from: [lambda: slots.slots_from("ws-1", SlotState.WARM, 3)],
    slots.unsettled_slots: [slots.unsettled_slots],
    slots.cold_slots: [lambda: slots.cold_slots(3)],
    slots.count_slots: [slots.count_slots],
    slots.count_in: [slots.count_claimed, slots.count_warm],
    slots.most_attempts: [slots.most_attempts],
    slots.slots_page: [
        lambda: slots.slots_page(None, None, 5),
        lambda: slots.slots_page(SlotState.WARM, "ws-1", 5),
    ],
    sessions.overdue: [lambda: sessions.overdue(NOW, timedelta(0))],
    sessions.sessions_in_use: [sessions.sessions_in_use],
    sessions.count_sessions: [lambda: sessions.count_sessions(SessionState.ACTIVE)],
    sessions.open_sessions: [lambda: sessions.open_sessions(None, 5), lambda: sessions.open_sessions("s-1", 5)],
    sessions.sessions_of: [lambda: sessions.sessions_of("u-1", None, 5), lambda: sessions.sessions_of("u-1", NOW, 5)],
    sessions.newest_sessions: [lambda: sessions.newest_sessions(NOW, 5)],
    sessions.opened_between: [lambda: sessions.opened_between(NOW, NOW, 5)],
    sessions.newest_cold: [lambda: sessions.newest_cold(5)],
    members.accounts_page: [lambda: members_page(MemberSort.EMAIL), lambda: members_page(MemberSort.CREATED)],
    members.workspaces_page: [lambda: members_page(MemberSort.OPENED), lambda: members_page(MemberSort.STORAGE)],
    usage.read_lines: [
        lambda: usage.read_lines("b-1", "u-1", "2026-11", 5),
        lambda: usage.read_lines("b-1", "u-1", "2026-11", 5, ("2026-11", NOW)),
    ],
    usage.used_by: [lambda: usage.used_by("b-1", ["u-1"], "2026-11")],
    team_storage.all_stored_in: [lambda: team_storage.all_stored_in("b-1")],
    team_storage.stored_in: [lambda: team_storage.stored_in("b-1")],
    teams.due_teams: [lambda: teams.due_teams(NOW)],
    ledger.unwritten: [lambda: ledger.unwritten(NOW, [])],
    ledger.unchecked: [lambda: ledger.unchecked(NOW)],
    ledger.lines_of_day: [lambda: ledger.lines_of_day(date(2026, 11, 23))],
    ledger.to_close: [lambda: ledger.to_close(NOW)],
    ledger.first_line: [ledger.first_line],
    ledger.read_days: [lambda: ledger.read_days("2026-11")],
    ledger.plans_of_lines: [lambda: list(ledger.plans_of_lines())],
    ledger.sum_of_lines: [lambda: ledger.sum_of_lines(NOW, "free", background=True)],
    ledger.count_opened: [lambda: ledger.count_opened(NOW, "free")],
    ledger.stored_bytes: [ledger.stored_bytes],
    ledger.lines_with: [
        lambda: ledger.lines_of_session(a_session()),
        lambda: ledger.lines_of_period("b-1", "2026-11"),
    ],
    left_out.all_packages: [lambda: left_out.all_packages("w-1")],
    left_out.find_package: [lambda: left_out.find_package("w-1", "1-boot-1")],
    snapshots.all_snapshots: [lambda: snapshots.all_snapshots("w-1")],
    snapshots.page_of: [
        lambda: snapshots.page_of(Snapshot, "w-1", None, 5),
        lambda: snapshots.page_of(Snapshot, "w-1", NOW, 5),
        lambda: snapshots.page_of(Package, "w-1", None, 5),
        lambda: snapshots.page_of(Package, "w-1", NOW, 5),
    ],
    snapshots.older_snapshots: [lambda: snapshots.older_snapshots("w-1", a_head(), 5)],
    snapshots.all_heads: [snapshots.all_heads],
    snapshots.to_tidy: [lambda: snapshots.to_tidy(NOW)],
    mails.count_mails: [lambda: mails.count_mails(MailState.PENDING)],
    mails.due_mails: [lambda: mails.due_mails(NOW)],
    mails.expired_mails: [lambda: mails.expired_mails(NOW)],
    mails.mails_to: [lambda: mails.mails_to("u-1")],
    payers.count_accounts: [lambda: payers.count_accounts("pro")],
    payers.count_payers: [
        lambda: payers.count_payers(Reason.UNPAID),
        lambda: payers.count_payers(Reason.PAID, "pro"),
    ],
    payers.count_disagreeing: [payers.count_disagreeing],
    payers.count_unasked: [lambda: payers.count_unasked(NOW)],
    payers.page_of: [
        lambda: payers.payers_by_reason(Reason.PAID, None, 5),
        lambda: payers.payers_by_reason(Reason.PAID, Place(None, "b-1"), 5),
        lambda: payers.disagreeing_payers(None, 5),
        lambda: payers.disagreeing_payers(Place(1, "b-1"), 5),
        lambda: payers.unasked_payers(NOW, None, 5),
        lambda: payers.unasked_payers(NOW, Place(1, "b-1"), 5),
    ],
    billing.most_in: [lambda: billing.most_in("used", "2026-11", 5)],
    billing.most_without_limit: [lambda: billing.most_without_limit("2026-11", 5)],
    subscriptions.find_payer: [lambda: subscriptions.find_payer("cus_1")],
    subscriptions.due_payers: [lambda: subscriptions.due_payers(NOW)],
    subscriptions.all_payers: [subscriptions.all_payers],
    subscriptions.forget_events: [lambda: subscriptions.forget_events(NOW)],
    operators.audit_lines: [
        lambda: operators.audit_lines(None, 5),
        lambda: operators.audit_lines(LINE, 5),
        lambda: operators.audit_lines(LINE, 5, "u-1"),
    ],
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


class Asked(NamedTuple):
    queries: list[tuple[StructuredQuery, tuple[str, ...]]]
    """Each with the fields that it sums."""
    lines: set[tuple[str, int]]
    """The lines of the store that ran, each with its file."""


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    """What the functions of the table ask Firestore, which answers nothing here."""
    seen, lines = list[tuple[StructuredQuery, tuple[str, ...]]](), set[tuple[str, int]]()

    def trace(frame: FrameType, event: str, _value: Any) -> Any:
        if not frame.f_code.co_filename.startswith(STORE):
            return None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    def stream(query: Query, **_: Any) -> Iterator[Any]:
        seen.append((sent(query), ()))
        return iter(())

    def counted(query: AggregationQuery, **_: Any) -> list[Any]:
        seen.append((sent(query), summed(query)))
        raise Counted

    with pytest.MonkeyPatch.context() as patch, environment(SETTINGS | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}):
        patch.setattr(Query, "stream", stream)
        patch.setattr(anonymous, "read", lambda *_: Versioned(ACCOUNT, NOW))
        patch.setattr(AggregationQuery, "get", counted)
        for call in [call for calls in QUERIES.values() for call in calls]:
            before, tracer = len(seen), sys.gettrace()
            sys.settrace(trace)
            try:
                found = call()
                if isinstance(found, Iterator):
                    list(found)
            except Counted:
                pass
            finally:
                sys.settrace(tracer)
            assert len(seen) > before, "it asked nothing"
        yield Asked(seen, lines)


def sent(made: Any) -> StructuredQuery:
    """What Google's client sends for a query, a collection or the query that is counted: it tells that nowhere else."""
    if isinstance(made, AggregationQuery):
        made = made._nested_query  # noqa: SLF001
    query = made if isinstance(made, Query) else made._query()  # noqa: SLF001
    return query._to_protobuf()  # noqa: SLF001


def summed(made: AggregationQuery) -> tuple[str, ...]:
    return tuple(each.field_ref for each in made._aggregations if isinstance(each, SumAggregation))  # noqa: SLF001


class Counted(Exception):
    pass


def test_the_file_holds_the_indexes_that_are_needed_and_no_other(asked: Asked) -> None:
    needed = [indexes_for(query, sums) for query, sums in asked.queries]
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


def test_every_part_of_every_query_was_made(asked: Asked) -> None:
    """A form of a query that no call of the table makes would need an index that nobody counted."""
    parts = [part for module in store_modules() if module is not database for part in shaping(module)]
    made = {file: {line for each, line in asked.lines if each == file} for file, _first, _last in parts}
    missed = [(file, first) for file, first, last in parts if not made[file] & {*range(first, last + 1)}]
    assert missed == []
    assert len(parts) > 20


def test_no_query_is_made_outside_the_store() -> None:
    files = [path for folder in ("shared", "functions", "deploy") for path in (ROOT / folder).rglob("*.py")]
    others = [path for path in files if not str(path).startswith(STORE)]
    assert [str(path) for path in others if re.search(r"FieldFilter|\.collection(_group)?\(", path.read_text())] == []
    assert len(others) > 100


SHAPING = {"where", "order_by", "start_after", "start_at", "end_at", "end_before", "collection_group"}


def shaping(module: Any) -> Iterator[tuple[str, int, int]]:
    """The statements that give a query its form, each with its file, its first and its last line."""
    file = inspect.getfile(module)
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr) and any(
            isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in SHAPING
            for each in ast.walk(node)
        ):
            yield file, node.lineno, node.end_lineno or node.lineno


ASKING = {"run", "run_paged", "run_count", "run_sum", "run_sums", "run_readable", "stream"}


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


def indexes_for(query: StructuredQuery, sums: tuple[str, ...] = ()) -> Needed:
    """By Firestore's rules, from the query alone. A field that is summed is in the index of what it is summed over."""
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
    if not is_simple or (fields and sums):
        fields += [("__name__", named)] if named != by_itself else []
        fields += [(field, "ASCENDING") for field in sums]
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
        return sent(made)


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
