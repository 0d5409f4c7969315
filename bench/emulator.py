"""A Firestore emulator that has just started, made ready to be measured."""

from google.api_core.exceptions import DeadlineExceeded

from shared.gcp.store.database import Commit, document
from shared.gcp.store.ids import new_id
from tests.support.stack.observe import until


def wake() -> None:
    """Makes the first commits, which may take longer than a function would wait. Only later ones are measured."""
    until(_commits, "the emulator commits")


def _commits() -> bool:
    try:
        Commit().create(document("bench", new_id("d-")), {}).run()
    except DeadlineExceeded:
        return False
    return True
