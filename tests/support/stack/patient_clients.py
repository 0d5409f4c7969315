"""Google's clients in this process, without the limits that a function has because its caller waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from shared.gcp import buckets, tasks
from shared.gcp.store import database
from tests.support.scheduling import GIVES_WAY_SECONDS


@contextmanager
def patient_clients() -> Iterator[None]:
    """Beside busy processes an emulator can take longer for one call than a function may wait."""
    patience = {"timeout": GIVES_WAY_SECONDS}
    with (
        patch.object(database, "PATIENCE_SECONDS", GIVES_WAY_SECONDS),
        patch.dict(database.CALL, patience, retry=database.CALL["retry"].with_timeout(GIVES_WAY_SECONDS)),
        patch.dict(buckets.CALL, patience, retry=buckets.CALL["retry"].with_timeout(GIVES_WAY_SECONDS)),
        patch.object(tasks, "CALL_SECONDS", GIVES_WAY_SECONDS),
    ):
        yield
