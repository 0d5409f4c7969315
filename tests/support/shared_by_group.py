"""What the tests of one group share: entered for the first that needs it, left after the group's last test. A stack
that nobody uses any more would go on to cost a twentieth of a core.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

import pytest
from pytest_rerunfailures import get_reruns_count  # type: ignore[import-untyped]

from tests.support.scheduling import group_of

T = TypeVar("T")


class SharedByGroup:
    """A plugin of every process of pytest. `group`: the name of a test's group."""

    def __init__(self, group: Callable[[pytest.Item], str] = group_of) -> None:
        self._group = group
        self._held = ExitStack()
        self._values: dict[str, Any] = {}

    def __call__(self, name: str, manager: Callable[[], AbstractContextManager[T]]) -> T:
        """What `manager` gives, entered unless the group has it by this name already."""
        if name not in self._values:
            self._values[name] = self._held.enter_context(manager())
        value: T = self._values[name]
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when != "teardown":
            item.stash[FAILED] = report.failed
        return report

    @pytest.hookimpl(trylast=True)  # after the fixtures that use what is shared
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        if item.stash[FAILED] and getattr(item, "execution_count", 1) <= (get_reruns_count(item) or 0):
            return  # there is a second try
        if nextitem is None or self._group(nextitem) != self._group(item):
            self._leave()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """A run that is interrupted tears down no last test."""
        self._leave()

    def _leave(self) -> None:
        self._values.clear()
        self._held.close()


FAILED = pytest.StashKey[bool]()
"""Whether a test's newest step failed."""
SHARED = pytest.StashKey[SharedByGroup]()
"""Where the configuration of a run has it."""
