"""A stack without containers, for what members are told of what was saved, used and paid: what a container would say is
said by the tests (tests/functions/saving.py)."""

import pytest

from tests.functions.saving import KEPT_SNAPSHOTS, SWEEP_SECONDS
from tests.support.shared_by_group import SHARED
from tests.support.stack.running import Running, running

EMULATORS = ("firestore", "auth", "storage", "tasks", "stripe", "mailbox", "front")
PEOPLE_CALL = ("login", "usage", "snapshots", "account", "billing")
OTHERS = ("heartbeat", "export", "meter", "erase", "mail", "payment_events", "payer")
SETTINGS = {
    "FIRST_PLAN": "free",
    "CHECKPOINT_SECONDS": "0.01",  # a test makes one save after the other, and no container does in its time
    "KEPT_SNAPSHOTS": str(KEPT_SNAPSHOTS),
    "SWEEP_SECONDS": str(SWEEP_SECONDS),
}


@pytest.fixture(scope="module")
def bare_stack(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """The same one for all modules of the group, so people of two tests have two names."""
    parts = ("--only", *EMULATORS, *PEOPLE_CALL, *OTHERS)
    return pytestconfig.stash[SHARED](
        "bare_stack", lambda: running(tmp_path_factory.mktemp("bare_stack"), *parts, **SETTINGS)
    )
