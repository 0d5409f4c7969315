"""Every commit that exists, made while its reply is lost: it leaves what it does undisturbed, and its maker has won."""

import ast
import inspect
from collections.abc import Callable, Iterator
from random import Random
from types import ModuleType
from typing import Any

import pytest

from shared import machine
from shared.gcp.store import database, slots
from tests.failures import (
    commit_cases,
    history_commit_cases,
    mail_commit_cases,
    payment_commit_cases,
    team_commit_cases,
)
from tests.failures.commit_cases import NOW, Act
from tests.support.records.factories import a_slot
from tests.support.records.store_modules import store_modules
from tests.support.stack.commit_proxy import Commits, Loss, proxying
from tests.support.stack.environment import SETTINGS, environment, forget_documents

CASES = (commit_cases, history_commit_cases, payment_commit_cases, mail_commit_cases, team_commit_cases)
COMMITS = {case: by for cases in CASES for case, by in cases.COMMITS.items()}
DOCUMENTS = (
    "accounts", "billing", "lines", "shards", "periods", "usage", "meter", "workspaces", "snapshots", "sessions",
    "slots", "pool", "audit", "operator", "marks", "left_out", "payers", "stripe_events", "mails", "teams",
    "storage",
)  # fmt: skip


class SameIds(machine.RealMachine):
    """It draws the same ids each time."""

    def __init__(self) -> None:
        self._random = Random(1)  # noqa: S311  # nothing is kept secret

    def draw_letters(self, alphabet: str, count: int) -> str:
        return "".join(self._random.choices(alphabet, k=count))


@pytest.fixture(scope="module")
def commits(firestore_emulator: dict[str, str]) -> Iterator[Commits]:
    """A Firestore whose replies can be lost, and `shared.gcp` led to it."""
    commits = Commits(firestore_emulator["FIRESTORE_EMULATOR_HOST"])
    with (
        proxying(commits) as port,
        environment(SETTINGS | {"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{port}"}),
    ):
        yield commits


@pytest.mark.parametrize("case", COMMITS, ids=lambda case: case.__name__)
def test_a_commit_whose_reply_was_lost_is_made_once_and_is_won(
    commits: Commits,
    firestore_emulator: dict[str, str],
    case: Callable[[], Act],
) -> None:
    outcomes = []
    for disturbed in (False, True):
        forget_documents(firestore_emulator["FIRESTORE_EMULATOR_HOST"])
        with machine.replaced_by(SameIds()):
            act = case()
            if disturbed:
                with commits.losing() as lost:
                    answer = act()
                assert lost.seen, "nothing was committed"
            else:
                answer = act()
        outcomes.append((answer, everything()))
    assert outcomes[0] == outcomes[1]


def test_a_race_is_still_lost_when_an_attempt_failed_before(
    commits: Commits, firestore_emulator: dict[str, str]
) -> None:
    """Whoever was first has the slot; the other does not take the winner's commit for their own."""
    forget_documents(firestore_emulator["FIRESTORE_EMULATOR_HOST"])
    slots.commit_slot(None, a_slot("ws-1"))
    [before] = slots.all_slots()
    slots.commit_slot(before, before.record.claim("s-winner", NOW))
    with commits.losing(loss=Loss.REQUEST) as lost, pytest.raises(database.LostRace):
        slots.commit_slot(before, before.record.claim("s-loser", NOW))
    assert lost.seen
    [after] = slots.all_slots()
    assert after.record.session == "s-winner"


def test_every_commit_that_exists_is_in_the_table() -> None:
    proved = {(function.__module__, function.__name__) for covers in COMMITS.values() for function in covers}
    modules = store_modules()
    assert database in modules
    exist = {(module.__name__, name) for module in modules for name in committing(module)}
    assert exist | {(database.__name__, database.delete_all.__name__)} == proved


def everything() -> dict[str, Any]:
    """Every document there is, by its path."""
    found = [document for group in DOCUMENTS for document in database.database().collection_group(group).stream()]
    return {document.reference.path: document.to_dict() for document in found}


def committing(module: ModuleType) -> list[str]:
    """The functions of a module that make a `Commit`."""
    functions = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)]
    return [function.name for function in functions if "Commit" in names(function)]


def names(tree: ast.AST) -> set[str]:
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
