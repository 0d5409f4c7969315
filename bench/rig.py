"""What the parts of the benchmark share: the number of samples, a folder, and one stack."""

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.stack.running import Running, running

WARM = 5
POOL = {"POOL_WARM": str(WARM), "POOL_MAX": "8"}


class Rig:
    """Use as a context manager: everything that a part started ends with the context."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        """`folder` is an empty folder for state and logs. `quick`: so few samples that the run only shows that the
        benchmark works.
        """
        self.folder = folder
        self.quick = quick
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def times(self, full: int) -> int:
        """The number of samples where a full run takes `full`."""
        return min(full, 2) if self.quick else full

    @cached_property
    def stack(self) -> Running:
        """All of Ondol with WARM warm slots, from the first part that asks for it to the end of the run."""
        return self._running.enter_context(running(self.folder / "stack", "--writes-per-minute", "600", **POOL))
