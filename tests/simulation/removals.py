"""The guards that the simulation is there for, each of which can be taken away."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from shared.billing import account
from shared.billing.periods import over_everywhere
from shared.gcp.store import billing, ledger, sessions
from shared.gcp.store.database import Commit, encode
from shared.sessions import charging, heartbeats
from shared.sessions.session import Session
from tests.simulation.functions import Loaded

Functions = Mapping[str, Loaded]
Removal = Callable[[Functions], AbstractContextManager[None]]
Pieces = Iterator[tuple[Any, str, Any]]


def removal(pieces: Callable[[Functions], Pieces]) -> Removal:
    @contextmanager
    def removed(functions: Functions) -> Iterator[None]:
        with ExitStack() as stack:
            for module, name, value in pieces(functions):
                stack.enter_context(patch.object(module, name, value))
            yield

    return removed


@removal
def the_epoch_check(_functions: Functions) -> Pieces:
    yield heartbeats, "check_epoch", lambda *_given: None


@removal
def the_first_hello_wins(functions: Functions) -> Pieces:
    real = heartbeats.accept_hello
    yield (
        functions["heartbeat"].module,
        "accept_hello",
        lambda session, hello, **given: real(replace(session, boot=None), hello, **given),
    )


@removal
def the_sequence_of_beats(functions: Functions) -> Pieces:
    real = heartbeats.accept_beat
    yield (
        functions["heartbeat"].module,
        "accept_beat",
        lambda session, *given, **named: real(replace(session, seq=-1), *given, **named),
    )


@removal
def the_precondition(_functions: Functions) -> Pieces:
    def change(self: Commit, reference: Any, _read: Any, record: Any) -> Commit:
        return self.replace(reference, record)

    yield Commit, "change", change
    yield Commit, "is_made", lambda _self: False


@removal
def one_commit_for_counter_and_session(functions: Functions) -> Pieces:
    def commit_beat(before: Any, payer: Any, accepted: Any) -> None:
        after = accepted.session
        counted = Commit()
        billing.add_charge(counted, payer, accepted.billing, after.sid, accepted.added)
        if accepted.added:
            counted.run()
        commit = Commit().change(sessions.session_ref(after.sid), before, after)
        billing.add_lines(commit, after.bid, accepted.lines)
        commit.run()

    yield functions["heartbeat"].module, "commit_beat", commit_beat


@removal
def the_deadline(_functions: Functions) -> Pieces:
    yield heartbeats, "deadline", lambda *_given: None


@removal
def the_budget_of_forgiven_time(_functions: Functions) -> Pieces:
    yield charging, "forgive", lambda billing, *_given: billing


@removal
def the_sooner_look(functions: Functions) -> Pieces:
    """A heartbeat that learns of a sooner end asks for no task."""
    yield functions["heartbeat"].module, "SOONER", timedelta(days=1)


@removal
def the_session_precondition(_functions: Functions) -> Pieces:
    real = Commit.change

    def change(self: Commit, reference: Any, read: Any, record: Any) -> Commit:
        return self.replace(reference, record) if isinstance(record, Session) else real(self, reference, read, record)

    yield Commit, "change", change
    yield Commit, "is_made", lambda _self: False


@removal
def the_time_until_a_period_is_over_everywhere(functions: Functions) -> Pieces:
    """It is closed in its second day."""
    for module in (account, functions["meter"].module):
        yield module, "over_everywhere", lambda period: over_everywhere(period) - timedelta(hours=36)


@removal
def the_lines_of_who_is_silent(functions: Functions) -> Pieces:
    yield functions["meter"].module, "write_missing_line", lambda *_given: True


@removal
def the_end_of_a_day_before_it_is_rolled_up(functions: Functions) -> Pieces:
    yield functions["meter"].module, "DAY_GRACE", -timedelta(days=1)


@removal
def create_only_lines(_functions: Functions) -> Pieces:
    def add_lines(commit: Commit, bid: str, lines: Any) -> None:
        for line in lines:
            commit.batch.set(billing.line_ref(bid, line), encode(line), merge=True)

    for module in (sessions, ledger):
        yield module, "add_lines", add_lines
