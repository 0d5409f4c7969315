"""Sessions that open and close, again and again, leave nothing behind."""

from collections import Counter
from pathlib import Path

import psutil
import pytest

from shared.accounts.operator_limits import MOST_OPENS, Limits
from shared.gcp.store.billing import SHARDS
from tests.soak.usage import Usage, usage
from tests.support.checkout import SOAK
from tests.support.members.operator_limits import limit
from tests.support.members.person import Person
from tests.support.stack.observe import documents, objects, until
from tests.support.stack.running import QUICK, SESSIONS, SHORT, Running, running

CYCLES = 200 if SOAK else 4
MEMBERS = 2
TO_SETTLE = 2
"""Cycles of each member before the first look: pools of threads and connections, and caches, fill once."""

MEGABYTES = 24
"""Fewer are no leak. Measured: a function takes 18 more within its first hundred and a half calls, and 0.6 in the 750
after them."""


@pytest.mark.soak
@pytest.mark.timeout(300 + 30 * CYCLES)
def test_cycles_return_everything_to_where_it_was(tmp_path: Path) -> None:
    pool = {"POOL_WARM": "2", "POOL_MAX": "3"}
    with running(tmp_path, *SESSIONS, "account", "erase", *QUICK, **SHORT | pool) as stack:
        limit(stack, Limits(opens_an_hour=MOST_OPENS))
        members = [Person(stack, f"regular-{number}") for number in range(MEMBERS)]
        for _ in range(TO_SETTLE):
            for member in members:
                cycle(member)
        before = at_rest(stack)
        for number in range(CYCLES):
            cycle(members[number % MEMBERS])
        until(lambda: nothing_left(before, at_rest(stack)), "everything is as it was")
        for member in members:
            member.delete_account()
        until(lambda: not objects(stack, ""), "the members' state is erased")


def cycle(member: Person) -> None:
    """Open, come in, leave, and wait until it is saved."""
    entry = member.open()
    assert member.enter(entry).status_code == 303
    assert member.post("release", {"session": entry["session"]}).status_code == 202
    until(lambda: member.me()["session"] is None, "the session ended")


def at_rest(stack: Running) -> Usage:
    """What is used when every slot is ready for the next member."""

    def look() -> Usage | None:
        states = sorted(slot["state"] for slot in documents(stack, "slots"))
        if states != ["cold", "warm", "warm"]:
            return None
        try:
            return usage(stack)
        except psutil.NoSuchProcess:
            return None

    return until(look, "every slot is ready again")


def nothing_left(before: Usage, now: Usage) -> bool:
    """Says what there is, for whoever reads why the test failed."""
    left = left_behind(before, now)
    print(left)
    return not left


def left_behind(before: Usage, now: Usage) -> dict[str, object]:
    """What there is more or less of than before. Of files open and memory, which waver, only what grows with cycles.

    Every session stays on record, to say why it ended, and so does its line in the ledger: a visit costs something,
    however short it is.
    """
    documents_kept = before.documents + Counter(sessions=CYCLES, lines=CYCLES)
    # a plan without a limit is counted in up to 16 shards for each member, by the session's id
    documents_kept["shards"] = max(now.documents["shards"], before.documents["shards"])
    open_files = {part: more for part, more in (now.open_files - before.open_files).items() if more >= min(CYCLES, 20)}
    changes: dict[str, object] = {
        "processes": now.processes - before.processes or before.processes - now.processes,
        "files": now.files - before.files,
        "objects": now.objects - before.objects,
        "shards": max(0, now.documents["shards"] - SHARDS * MEMBERS),
        "documents": now.documents - documents_kept or documents_kept - now.documents,
        "open files": open_files,
        "memory": {part: more for part, more in (now.memory - before.memory).items() if more >= MEGABYTES},
    }
    return {what: change for what, change in changes.items() if change}
