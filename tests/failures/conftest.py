"""A stack whose functions reach Firestore, Auth, the storage and the Admin API through gates that a test can shut."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import functions
from local.ports import Ports, free_base
from tests.support.checkout import ROOT
from tests.support.shared_by_group import SHARED
from tests.support.stack.commit_proxy import Commits, proxying
from tests.support.stack.gate import Gate, gate
from tests.support.stack.running import QUICK, SHORT, Running, running


@dataclass(frozen=True)
class Shaky:
    """`stack` itself, as tests see it, has no gates. Containers are led through the storage's by the functions."""

    stack: Running
    commits: Commits
    """between Firestore's gate and Firestore"""
    gates: dict[str, Gate]
    """by the name of the part behind"""


@contextmanager
def shaky_running(folder: Path) -> Iterator[Shaky]:
    ports = Ports.of(free_base(), [function.name for function in functions.load(ROOT)])
    with ExitStack() as held:
        commits = Commits(f"127.0.0.1:{ports['firestore']}")
        behind = {name: ports[name] for name in ("auth", "storage", "run_admin")}
        behind["firestore"] = held.enter_context(proxying(commits))
        gates = {name: held.enter_context(gate(port)) for name, port in behind.items()}
        arguments = ["--port", str(ports.base), *QUICK]
        arguments += [f"--via={name}={gate.port}" for name, gate in gates.items()]
        stack = held.enter_context(running(folder, *arguments, **SHORT))
        yield Shaky(stack, commits, gates)


@pytest.fixture(scope="module")
def shaky_stack(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Shaky:
    """The same one for all modules."""
    return pytestconfig.stash[SHARED]("shaky_stack", lambda: shaky_running(tmp_path_factory.mktemp("shaky")))


@pytest.fixture
def shaky(shaky_stack: Shaky) -> Iterator[Shaky]:
    """With every gate open before and after."""
    yield shaky_stack
    for each in shaky_stack.gates.values():
        each.open()
