"""Every test with a long form has the mark by which `make soak` finds it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.scheduling import TESTS
from tests.support.soak_marks import check_soak_mark

TEST = """
from tests.support.checkout import SOAK
from tests.home.lengths import MANY, long_form, short_form
from tests.home.lengths import MANY as MOST

ROUNDS = 100 if SOAK else 2
EXAMPLES = long_form(8)

@fixture
def rounds():
    return ROUNDS

def test_by_itself():
    assert SOAK

def test_by_a_constant():
    assert ROUNDS

@EXAMPLES
def test_by_a_decorator():
    pass

def test_by_a_fixture(rounds):
    assert rounds

@long_form(8)
def test_by_another_file():
    pass

def test_by_another_name():
    assert MOST

@short_form(8)
def test_of_one_length():
    assert other()

def other():
    return test_of_one_length
"""
LENGTHS = """
from tests.support.checkout import SOAK

MANY = 3 if SOAK else 1

def long_form(count):
    return count * MANY

def short_form(count):
    return count
"""
WITH_A_LONG_FORM = (
    *("test_by_itself", "test_by_a_constant", "test_by_a_decorator", "test_by_a_fixture"),
    *("test_by_another_file", "test_by_another_name"),
)


@pytest.fixture
def test_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tests/home"
    folder.mkdir(parents=True)
    (folder / "lengths.py").write_text(LENGTHS)
    (folder / "test_it.py").write_text(TEST)
    monkeypatch.setattr("tests.support.scheduling.TESTS", tmp_path / "tests")
    return folder / "test_it.py"


def item(path: Path, name: str, mark: str = "") -> Any:
    return SimpleNamespace(nodeid=name, path=path, originalname=name, get_closest_marker={mark: True}.get)


@pytest.mark.parametrize("name", WITH_A_LONG_FORM)
def test_a_long_form_that_the_soak_does_not_find_stops_the_run(test_file: Path, name: str) -> None:
    root = test_file.parents[2]
    with pytest.raises(pytest.UsageError, match=f"{name} has a long form"):
        check_soak_mark(item(test_file, name), root)
    check_soak_mark(item(test_file, name, mark="soak"), root)


def test_a_test_of_one_length_needs_no_mark(test_file: Path) -> None:
    check_soak_mark(item(test_file, "test_of_one_length"), test_file.parents[2])


def test_tests_of_the_runner_have_no_long_form() -> None:
    check_soak_mark(item(TESTS / "runner/test_second_tries.py", "test_in_the_soak_none_tries_again"))
