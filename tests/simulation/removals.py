"""The guards that the simulation is there for, each of which can be taken away."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from shared import heartbeats
from shared.gcp.store import billing, sessions
from shared.gcp.store.database import Commit, encode
from shared.session import Session
from tests.simulation.functions import Loaded

Functions = Mapping[str, Loaded]
Removal = Callable[[Functions], AbstractContextManager[None]]
Pieces = Iterator[tuple[Any, str, Any]]


def _removal(pieces: Callable[[Functions], Pieces]) -> Removal:
    @contextmanager
    def removed(functions: Functions) -> Iterator[None]:
        with ExitStack() as stack:
            for module, name, value in pieces(functions):
                stack.enter_context(patch.object(module, name, value))
            yield

    return removed


@_removal
def the_epoch_check(_functions: Functions) -> Pieces:
    yield heartbeats, "_check_epoch", lambda *_given: None


@_removal
def the_first_hello_wins(functions: Functions) -> Pieces:
    real = heartbeats.accept_hello
    yield (
        functions["heartbeat"].module,
        "accept_hello",
        lambda session, hello, **given: real(replace(session, boot=None), hello, **given),
    )


@_removal
def the_sequence_of_beats(functions: Functions) -> Pieces:
    real = heartbeats.accept_beat
    yield (
        functions["heartbeat"].module,
        "accept_beat",
        lambda session, *given, **named: real(replace(session, seq=-1), *given, **named),
    )


@_removal
def the_precondition(_functions: Functions) -> Pieces:
    def change(self: Commit, reference: Any, _read: Any, record: Any) -> Commit:
        return self.replace(reference, record)

    yield Commit, "change", change
    yield Commit, "_is_made", lambda _self: False


@_removal
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


@_removal
def the_deadline(_functions: Functions) -> Pieces:
    yield heartbeats, "deadline", lambda *_given: None


@_removal
def the_session_precondition(_functions: Functions) -> Pieces:
    real = Commit.change

    def change(self: Commit, reference: Any, read: Any, record: Any) -> Commit:
        return self.replace(reference, record) if isinstance(record, Session) else real(self, reference, read, record)

    yield Commit, "change", change
    yield Commit, "_is_made", lambda _self: False


@contextmanager
def create_only_lines_and_the_precondition_before_them(functions: Functions) -> Iterator[None]:
    """One is the other's second lock: without the precondition alone, whoever comes second still can't write a line."""

    def add_lines(commit: Commit, bid: str, lines: Any) -> None:
        for line in lines:
            commit._batch.set(billing.line_ref(bid, line), encode(line), merge=True)

    with the_session_precondition(functions), patch.object(sessions, "add_lines", add_lines):
        yield
