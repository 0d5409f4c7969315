"""What a group's tests share begins with the first that needs it, and ends with the group and not with the run."""

from pathlib import Path

from tests.runner.pytest_in import pytest_in

CONFTEST = """
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.shared_by_group import SHARED, SharedByGroup

LINES = Path(__file__).with_name("lines")

def pytest_configure(config):
    config.stash[SHARED] = SharedByGroup(lambda item: item.path.name[:6])
    config.pluginmanager.register(config.stash[SHARED])

def note(line):
    with LINES.open("a") as lines:
        lines.write(f"{line}\\n")

@contextmanager
def manager():
    note("begins")
    yield "shared"
    note("ends")

@pytest.fixture(scope="module")
def shared(pytestconfig):
    yield pytestconfig.stash[SHARED]("one", manager)
    note("is used no more")

@pytest.fixture(autouse=True)
def each(request):
    note(request.node.name)
"""
FAILS_ONCE = """
import pytest

tries = []

@pytest.mark.flaky(reruns=1)
def test_d(shared):
    tries.append(shared)
    assert len(tries) == 2
"""


def lines(folder: Path, *arguments: str) -> list[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_a1.py").write_text("def test_without(): pass\ndef test_a1(shared): assert shared == 'shared'")
    (folder / "test_a2.py").write_text("def test_a2(shared): assert shared == 'shared'")
    (folder / "test_b1.py").write_text("def test_b(): pass")
    (folder / "test_c1.py").write_text("def test_c(shared): raise KeyboardInterrupt")
    (folder / "test_d1.py").write_text(FAILS_ONCE)
    pytest_in(folder, *arguments)
    return (folder / "lines").read_text().splitlines()


def test_it_is_there_once_for_the_modules_of_a_group_and_gone_after_them(tmp_path: Path) -> None:
    used = ["test_a1", "is used no more", "test_a2", "is used no more"]
    assert lines(tmp_path, "test_a1.py", "test_a2.py", "test_b1.py") == [
        "test_without",
        "begins",
        *used,
        "ends",
        "test_b",
    ]


def test_it_ends_with_a_run_that_is_interrupted(tmp_path: Path) -> None:
    assert lines(tmp_path, "test_c1.py")[-1] == "ends"


def test_it_is_there_for_a_second_try_of_the_groups_last_test(tmp_path: Path) -> None:
    again = ["test_d", "test_d", "is used no more", "ends"]
    assert lines(tmp_path, "test_d1.py", "test_b1.py") == ["begins", *again, "test_b"]
