"""Activity in an open workspace."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.failures.workspace import Workspace


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """Somebody looks at their own server every second, in a browser that tries again after any failure."""
    enough = threading.Event()

    def work() -> None:
        while not enough.wait(1):
            workspace.get("/proxy/9999/")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        enough.set()
        worker.join()
