"""What the tests of one group share: entered for the first that needs it, left after the group's last test. A stack
that nobody uses any more would go on to cost a twentieth of a core.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

import pytest

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

    @pytest.hookimpl(trylast=True)  # after the fixtures that use what is shared
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        if is_tried_again(item):
            return
        if nextitem is None or self._group(nextitem) != self._group(item):
            self._leave()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """A run that is interrupted tears down no last test."""
        self._leave()

    def _leave(self) -> None:
        self._values.clear()
        self._held.close()


def is_tried_again(item: pytest.Item) -> bool:
    """Whether pytest-rerunfailures keeps the fixtures of modules for a second try. It has no public name for that."""
    return bool(getattr(item, "_finalizers_suspended", False))


SHARED = pytest.StashKey[SharedByGroup]()
"""Where the configuration of a run has it."""
